"""Accounts, users and gateways are made once and stay as they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.model import DialSettings, Role
from cloudlink.port import UnknownId
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import known_as
from store.schema import gateways, users
from tests.cloudlink.conftest import PASSWORD

if TYPE_CHECKING:
    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from tests.cloudlink.conftest import People

CLERK = replace(
    known_as("Clerk", "clerk@example.com", "205", PASSWORD, Role.ACCOUNT_ADMIN),
    mobile="+33199000005",
    language_code="en-GB",
    time_zone="Europe/London",
)


async def test_an_account_and_its_user_are_as_described(database: Database, provisioning: Provisioning) -> None:
    dialing = DialSettings("GB", 4, "micollab:{number}", ("+44906", "118"))
    account = await provisioning.create_account(NewAccount("Main Office", "en-GB", "Europe/London", dialing=dialing))
    clerk = await provisioning.create_user(account.account_id, CLERK)

    cloudlink = EmbeddedCloudLink(database)
    assert await cloudlink.account(clerk.principal) == account
    assert await cloudlink.user(clerk.principal) == clerk
    assert (clerk.name, clerk.email, clerk.role, clerk.extension) == (
        "Clerk",
        "clerk@example.com",
        Role.ACCOUNT_ADMIN,
        "205",
    )
    assert await cloudlink.sign_in("clerk@example.com", PASSWORD, address="198.51.100.7") == [clerk]


async def test_ensuring_what_is_there_changes_nothing(provisioning: Provisioning, people: People) -> None:
    account_id = people.account.account_id
    same_name = NewAccount(people.account.name, "de-DE")
    same_email = known_as("Renamed", "DESK@example.com", "209", "another")

    assert await provisioning.ensure_account(same_name) == people.account
    assert await provisioning.ensure_user(account_id, same_email) == people.desk
    made = await provisioning.ensure_user(account_id, CLERK)
    assert await provisioning.ensure_user(account_id, CLERK) == made


@pytest.mark.parametrize("clash", [{"email": "Desk@Example.com"}, {"extension": "201"}], ids=["email", "extension"])
async def test_an_email_or_extension_is_given_once_in_an_account(
    provisioning: Provisioning, people: People, clash: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        await provisioning.create_user(people.account.account_id, replace(CLERK, **clash))
    assert (refused.value.reason, refused.value.field) == (Reason.IN_USE, *clash)
    await provisioning.create_user(people.account.account_id, CLERK)
    assert (await provisioning.create_user(people.other_account.account_id, replace(CLERK, extension="208"))).name


async def test_nothing_is_made_in_an_account_that_is_not_there(provisioning: Provisioning) -> None:
    for attempt in (provisioning.create_user("unknown", CLERK), provisioning.create_gateway("unknown")):
        with pytest.raises(UnknownId):
            await attempt


async def test_two_who_ensure_at_once_make_one(database: Database, provisioning: Provisioning, people: People) -> None:
    made = await asyncio.gather(*(provisioning.ensure_user(people.account.account_id, CLERK) for _ in range(3)))
    assert made[0] == made[1] == made[2]


async def test_neither_password_nor_key_is_stored_or_shown(
    database: Database, provisioning: Provisioning, people: People
) -> None:
    _, key = await provisioning.create_gateway(people.account.account_id)
    await provisioning.create_user(people.account.account_id, CLERK)
    stored = [str(row) for table in (users, gateways) for row in await database.read(select(table))]
    assert not [text for text in stored if key in text or PASSWORD in text]
    assert PASSWORD not in repr(CLERK)


async def test_a_gateways_key_is_not_issued_to_another_account(provisioning: Provisioning, people: People) -> None:
    gateway_id, _ = await provisioning.create_gateway(people.account.account_id)
    with pytest.raises(UnknownId):
        await provisioning.issue_gateway_key(people.other_account.account_id, gateway_id)
