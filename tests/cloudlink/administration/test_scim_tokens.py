"""Tokens of Entra Sync: shown once, several at a time, void at once, and nobody else's business."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.administration.scim_tokens import AccountScimTokens
from cloudlink.service.scim.tokens import Tokens
from store.schema import integrations, scim_tokens

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture
def service(database: Database, clock: SteppedClock) -> AccountScimTokens:
    return AccountScimTokens(database, clock)


@pytest.fixture
async def admin(people: People, database: Database, clock: SteppedClock) -> Actor:
    """Of an account that is synchronised."""
    row = {"account_id": people.account.account_id, "kind": "entraSync", "enabled": True, "configuration": {}}
    row |= {"created_on": clock(), "modified_on": clock()}
    await database.write(lambda connection: connection.execute(insert(integrations), row))
    return Actor.of_user(replace(people.desk, role=Role.ACCOUNT_ADMIN))


async def test_a_token_rotates_without_a_gap(
    service: AccountScimTokens, admin: Actor, database: Database, clock: SteppedClock
) -> None:
    account_id, opens = admin.account_id or "", Tokens(database, clock)
    old, old_secret = await service.create(admin, account_id, days=30)
    clock.advance(days=29)
    new, new_secret = await service.create(admin, account_id)

    assert await opens.open(account_id, old_secret)
    assert await opens.open(account_id, new_secret)
    assert [token.token_id for token in await service.all(admin, account_id)] == [new.token_id, old.token_id]

    await service.revoke(admin, account_id, old.token_id)
    assert await opens.open(account_id, old_secret) is None
    clock.advance(days=366)
    assert await opens.open(account_id, new_secret) is None


async def test_secrets_stand_nowhere(service: AccountScimTokens, admin: Actor, database: Database) -> None:
    _, secret = await service.create(admin, admin.account_id or "")
    stored = [tuple(row) for row in await database.scan(select(scim_tokens))]
    entries = (await AuditLog(database).entries(admin, admin.account_id or "")).items
    assert entries[0].action == "scim_token.created"
    assert secret not in repr((stored, entries))


async def test_there_are_bounds(service: AccountScimTokens, admin: Actor) -> None:
    for days in (0, 731):
        with pytest.raises(Refused) as refused:
            await service.create(admin, admin.account_id or "", days=days)
        assert refused.value.reason is Reason.UNKNOWN_VALUE
    # At once, since each sees those before it only where they are counted and written in one.
    made = await asyncio.gather(
        *(service.create(admin, admin.account_id or "") for _ in range(7)), return_exceptions=True
    )
    refusals = [each.reason for each in made if isinstance(each, Refused)]
    assert (len(made) - len(refusals), refusals) == (5, [Reason.STATE] * 2)


async def test_others_see_and_change_nothing(service: AccountScimTokens, admin: Actor, people: People) -> None:
    account_id = admin.account_id or ""
    token, _ = await service.create(admin, account_id)
    stranger = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    for question in (
        service.all(stranger, account_id),
        service.create(stranger, account_id),
        service.revoke(stranger, account_id, token.token_id),
        service.revoke(stranger, people.other_account.account_id, token.token_id),
    ):
        with pytest.raises(UnknownId):
            await question
    with pytest.raises(NotAllowed):
        await service.create(Actor.of_user(people.warehouse), account_id)
