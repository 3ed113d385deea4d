"""Who a person of Entra ID is here: found once by name inside the proved tenant, then known by object id alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update

from cloudlink.identity import EntraIdentity, NotLinked
from cloudlink.service.entra import EntraUsers
from store.schema import accounts, audit_log, domains, entra_links, integrations, tenants, users
from store.vault import Vault, new_key

if TYPE_CHECKING:
    from cloudlink.model import User
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

TENANT = "11111111-2222-4333-8444-555555555555"
VAULT = Vault([new_key()])
FOREIGN = "22222222-2222-4333-8444-555555555555"
OBJECT = "33333333-2222-4333-8444-555555555555"
SUCCESSOR = "44444444-2222-4333-8444-555555555555"


def person(
    login: str = "desk@example.com",
    *,
    tenant: str = TENANT,
    object_id: str = OBJECT,
    email: str | None = None,
    guest: bool = False,
) -> EntraIdentity:
    return EntraIdentity(tenant, object_id, login, email, guest=guest)


async def change(database: Database, statement: Any, *rows: dict[str, object]) -> None:
    await database.write(lambda connection: connection.execute(statement, list(rows) or None))


def integration(account_id: str, kind: str, clock: SteppedClock, **configuration: str) -> dict[str, object]:
    return {
        "account_id": account_id,
        "kind": kind,
        "enabled": True,
        "configuration": configuration,
        "created_on": clock(),
        "modified_on": clock(),
    }


@pytest.fixture
async def connected(database: Database, people: People, clock: SteppedClock) -> People:
    """The account has proved ``TENANT`` and signs in by it."""
    account_id = people.account.account_id
    await change(database, insert(tenants), {"tenant_id": TENANT, "account_id": account_id, "proved_on": clock()})
    await change(database, insert(integrations), integration(account_id, "entraSso", clock, tenantId=TENANT))
    await change(database, update(users).values(login_id=users.c.email, login_id_folded=users.c.email_folded))
    return people


@pytest.fixture
def entra(database: Database, clock: SteppedClock) -> EntraUsers:
    return EntraUsers(database, VAULT, clock)


async def rename(database: Database, user: User, **values: object) -> None:
    await change(database, update(users).where(users.c.principal_id == user.principal_id).values(**values))


async def test_the_first_time_finds_by_upn_and_registers(
    entra: EntraUsers, connected: People, database: Database, clock: SteppedClock
) -> None:
    assert await entra.user_of(person("Desk@Example.COM")) == connected.desk

    ((registered,),) = await database.scan(
        select(users.c.registered_on).where(users.c.principal_id == connected.desk.principal_id)
    )
    assert registered == clock()
    actions = await database.scan(select(audit_log.c.action).order_by(audit_log.c.id.desc()))
    assert actions[0][0] == "user.linked"


async def test_mail_is_asked_after_the_upn(entra: EntraUsers, connected: People, database: Database) -> None:
    assert await entra.user_of(person("d.front@example.net", email="desk@example.com")) == connected.desk


async def test_later_only_the_object_counts_whatever_the_names_become(
    entra: EntraUsers, connected: People, database: Database
) -> None:
    await entra.user_of(person())
    renamed = await entra.user_of(person("married@example.com"))
    assert renamed.principal_id == connected.desk.principal_id


async def test_a_reused_upn_finds_nobody(entra: EntraUsers, connected: People) -> None:
    await entra.user_of(person())
    with pytest.raises(NotLinked):
        await entra.user_of(person(object_id=SUCCESSOR))


async def test_a_foreign_tenant_may_write_what_it_likes(entra: EntraUsers, connected: People) -> None:
    for login in ("desk@example.com", "warehouse@example.com"):
        with pytest.raises(NotLinked, match="no account has connected"):
            await entra.user_of(person(login, tenant=FOREIGN, email=login))


async def test_a_guest_is_not_found_by_names_that_another_tenant_writes(entra: EntraUsers, connected: People) -> None:
    with pytest.raises(NotLinked, match="guest"):
        await entra.user_of(person(email="desk@example.com", guest=True))


async def test_a_tenant_finds_people_of_its_own_account_alone(entra: EntraUsers, connected: People) -> None:
    with pytest.raises(NotLinked, match="no user"):
        await entra.user_of(person("night@example.com"))


async def test_two_people_of_two_tenants_may_be_one_user(
    entra: EntraUsers, connected: People, database: Database, clock: SteppedClock
) -> None:
    second = {"tenant_id": FOREIGN, "account_id": connected.account.account_id, "proved_on": clock()}
    await change(database, insert(tenants), second)
    assert await entra.user_of(person()) == await entra.user_of(person(tenant=FOREIGN, object_id=SUCCESSOR))


async def test_with_sync_only_those_it_assigned_may_come(
    entra: EntraUsers, connected: People, database: Database, clock: SteppedClock
) -> None:
    sync = integration(connected.account.account_id, "entraSync", clock)
    await change(database, insert(integrations), sync)
    with pytest.raises(NotLinked, match="Sync"):
        await entra.user_of(person())
    assert list(await database.scan(select(entra_links))) == []

    await rename(database, connected.desk, synchronised=True)
    assert await entra.user_of(person()) == connected.desk


@pytest.mark.parametrize("linked_before", [False, True])
async def test_who_is_deactivated_does_not_come_in(
    entra: EntraUsers, connected: People, database: Database, *, linked_before: bool
) -> None:
    if linked_before:
        await entra.user_of(person())
    await rename(database, connected.desk, active=False)
    with pytest.raises(NotLinked, match="not active"):
        await entra.user_of(person())


async def test_nobody_comes_in_while_the_integration_or_the_account_is_off(
    entra: EntraUsers, connected: People, database: Database
) -> None:
    await entra.user_of(person())
    await change(database, update(integrations).values(enabled=False))
    with pytest.raises(NotLinked, match="off"):
        await entra.user_of(person())
    await change(database, update(integrations).values(enabled=True))
    await change(database, update(accounts).values(active=False))
    with pytest.raises(NotLinked):
        await entra.user_of(person())


async def test_two_clients_at_once_make_one_link(entra: EntraUsers, connected: People, database: Database) -> None:
    found = await asyncio.gather(*(entra.user_of(person()) for _ in range(5)))
    assert {user.principal_id for user in found} == {connected.desk.principal_id}
    assert len(list(await database.scan(select(entra_links)))) == 1


async def test_two_people_who_race_for_one_user_do_not_both_win(entra: EntraUsers, connected: People) -> None:
    rivals = (person(), person(object_id=SUCCESSOR))
    found = await asyncio.gather(*map(entra.user_of, rivals), return_exceptions=True)
    assert sorted(isinstance(each, NotLinked) for each in found) == [False, True]


async def test_nobody_is_linked_by_a_tenant_that_is_being_forgotten(
    entra: EntraUsers, connected: People, database: Database
) -> None:
    _, found = await asyncio.gather(change(database, delete(tenants)), entra.user_of(person()), return_exceptions=True)
    assert isinstance(found, NotLinked)
    assert list(await database.scan(select(entra_links))) == []


async def test_a_verified_domain_routes_and_an_unverified_one_does_not(
    entra: EntraUsers, connected: People, database: Database, clock: SteppedClock
) -> None:
    row: dict[str, object] = {
        "account_id": connected.account.account_id,
        "domain": "example.com",
        "verification": "v",
        "created_on": clock(),
    }
    await change(database, insert(domains), row)
    assert await entra.tenant_for_email("anybody@example.com") is None

    await change(database, update(domains).values(verified_domain="example.com", verified_on=clock()))
    assert await entra.tenant_for_email(" Anybody@EXAMPLE.com ") == TENANT
    for email in ("anybody@sub.example.com", "example.com@example.net", "", "@", "x@\ud800"):
        assert await entra.tenant_for_email(email) is None


async def test_passwords_are_for_accounts_that_allow_them(
    entra: EntraUsers, connected: People, database: Database
) -> None:
    assert await entra.password_allowed(connected.desk)
    await change(database, update(accounts).values(mitel_credentials=False))
    assert not await entra.password_allowed(connected.desk)
    # Without single sign-on there must be some way in.
    assert await entra.password_allowed(connected.stranger)


async def test_a_customers_own_application_is_told_with_its_secret(
    entra: EntraUsers, connected: People, database: Database
) -> None:
    assert await entra.own_application(TENANT) is None

    own = {"tenantId": TENANT, "clientId": OBJECT}
    await change(database, update(integrations).values(configuration=own, secret_encrypted=VAULT.encrypt("app secret")))
    application = await entra.own_application(TENANT)
    assert application is not None
    assert (application.client_id, application.secret) == (OBJECT, "app secret")
    assert "app secret" not in repr(application)
    assert await entra.own_application(FOREIGN) is None
    await change(database, update(accounts).values(active=False))
    assert await entra.own_application(TENANT) is None
