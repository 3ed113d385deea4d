"""When the server looks anew who somebody is: for each user as they come, and for all after hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cloudlink.service.provision import known_as
from store.schema import presence_syncs, tenants
from tests.presence.office import APPLICATION_ID, GRANTED, IN_A_CALL, SECRET

if TYPE_CHECKING:
    from datetime import timedelta

    from cloudlink.model import User
    from cloudlink.service.provision import Provisioning
    from tests.fakes.entra import Tenant
    from tests.presence.office import Office


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


async def new_user(office: Office, provisioning: Provisioning, extension: str) -> User:
    """Who is on the telephone already."""
    made = await provisioning.create_user(
        office.account_id, known_as(f"Person {extension}", f"{extension}@example.com", extension)
    )
    await office.line(made, state="connected")
    return made


async def until_all(office: Office) -> timedelta:
    """How long until all are matched anew."""
    ((at,),) = await office.database.scan(select(presence_syncs.c.match_at))
    left: timedelta = at - office.clock()
    return left


async def matched(office: Office) -> None:
    """Returns when who is there from the beginning is matched."""
    await office.line(office.people.desk, state="connected")
    await office.until(office.people.desk, IN_A_CALL)


async def test_a_new_user_is_shown_at_once(office: Office, provisioning: Provisioning) -> None:
    await office.switch()
    async with office.serving():
        await matched(office)
        office.tenant.add("301@example.com")
        await office.until(await new_user(office, provisioning, "301"), IN_A_CALL)
        assert (await until_all(office)).total_seconds() > 5 * 3600


async def test_who_came_while_it_was_off_is_shown_when_it_is_on_again(
    office: Office, provisioning: Provisioning
) -> None:
    await office.switch()
    async with office.serving():
        await matched(office)
        await office.switch(on=False)
        await office.until(office.people.desk, None)
        office.tenant.add("301@example.com")
        made = await new_user(office, provisioning, "301")
        await office.pass_(10)
        await office.switch()
        await office.until(made, IN_A_CALL)


async def test_in_another_tenant_everybody_is_looked_for_at_once(office: Office, other_tenant: Tenant) -> None:
    await office.switch()
    async with office.serving():
        await matched(office)
        await office.switch(on=False)
        await office.until(office.people.desk, None)

    for user in (office.people.desk, office.people.warehouse):
        other_tenant.add(user.email, name=user.name)
    other_tenant.register(APPLICATION_ID, secret=SECRET, granted=GRANTED)
    office.tenant = other_tenant
    await office.database.write(
        lambda connection: connection.execute(update(tenants).values(tenant_id=other_tenant.tenant_id))
    )
    await office.switch()
    async with office.serving():
        await office.until(office.people.desk, IN_A_CALL)


async def test_who_is_found_by_mail_alone_waits_ten_minutes_however_many_come_meanwhile(
    office: Office, provisioning: Provisioning
) -> None:
    await office.switch()
    async with office.serving():
        await matched(office)
        office.tenant.add("u301@example.com", mail="301@example.com")
        first = await new_user(office, provisioning, "301")
        await office.pass_(20)
        assert 0 < (await until_all(office)).total_seconds() <= 600
        for extension in ("302", "303"):
            await office.pass_(200)
            await new_user(office, provisioning, extension)
        assert (await until_all(office)).total_seconds() <= 200
        await office.tell_report()
        await office.pass_(200)
        await office.line(first, state="held")
        person = next(each for each in office.tenant.people if each.mail == first.email)
        await office.until_true(lambda: office.microsoft.presences.session(person, APPLICATION_ID) == IN_A_CALL)
