"""Who may come in: a secret of this account, while it is synchronised."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.port import UnknownId
from cloudlink.service.scim import tokens
from store.schema import accounts, integrations, scim_tokens
from tests.cloudlink.scim.conftest import GROUP, user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.cloudlink.scim.conftest import Answer, Client, Synchronise
    from tests.conftest import SteppedClock


async def _status(client: Client, **headers: str) -> int:
    return (await client("GET", "/Users?count=0", headers=headers)).status


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic {secret}", "{secret}", "Bearer {secret}x"]
)
async def test_anything_but_the_secret_is_refused_alike(scim: Client, authorization: str) -> None:
    assert await _status(scim) == 200
    answer = await scim("GET", "/Users", headers={"Authorization": authorization.format(secret=scim.secret)})
    _is_refused(answer)


def _revoke(account_id: str, token_id: str, connection: Connection) -> None:
    tokens.revoke_in(connection, account_id, token_id)


def _is_refused(answer: Answer) -> None:
    assert answer.status == 401
    assert answer.scim_type is None
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"].startswith("application/scim+json")


async def test_a_secret_opens_its_own_account_alone(scim: Client, people: People, synchronise: Synchronise) -> None:
    other = await synchronise(people.other_account.account_id)
    own_secret = {"Authorization": f"Bearer {scim.secret}"}
    to_another = await other("POST", "/Users", user(), headers=own_secret)
    scim.url = scim.url.replace(people.account.account_id, "00000000-0000-0000-0000-000000000000")
    to_nobody = await scim("POST", "/Users", user())
    for answer in (to_another, to_nobody):
        _is_refused(answer)
    assert to_another.body == to_nobody.body
    assert await _status(other) == 200


async def test_ids_of_another_account_are_unknown(scim: Client, people: People, synchronise: Synchronise) -> None:
    other = await synchronise(people.other_account.account_id)
    group = await other("POST", "/Groups", {"schemas": [], "displayName": "Theirs"})
    group_body = {"schemas": [GROUP], "displayName": "Mine"}
    for path, body in (
        (f"/Users/{people.stranger.principal_id}", user()),
        (f"/Groups/{group.body['id']}", group_body),
    ):
        before = (await other("GET", path)).body
        assert (await scim("GET", path)).status == 404
        assert (await scim("PUT", path, body)).status == 404
        assert (await scim.patch(path, {"op": "replace", "path": "displayName", "value": "Mine"})).status == 404
        assert (await scim("DELETE", path)).status == 404
        assert (await other("GET", path)).body == before
    assert await scim.found("/Users", f'userName eq "{people.stranger.email}"') == []
    theirs = {"schemas": [], "displayName": "Mine", "members": [{"value": people.stranger.principal_id}]}
    refused = await scim("POST", "/Groups", theirs)
    assert (refused.status, refused.scim_type) == (400, "invalidValue")
    assert await scim.found("/Groups", "displayName pr") == []


async def test_without_the_integration_or_in_an_inactive_account_no_secret_counts(
    database: Database, scim: Client, people: People
) -> None:
    account_id = people.account.account_id

    async def switch(table: Any, **values: bool) -> None:
        statement = update(table).where(table.c.account_id == account_id).values(**values)
        await database.write(lambda connection: connection.execute(statement))

    for table, name in ((integrations, "enabled"), (accounts, "active")):
        await switch(table, **{name: False})
        assert await _status(scim) == 401
        await switch(table, **{name: True})
        assert await _status(scim) == 200


async def test_a_secret_expires_is_rotated_and_revoked(
    database: Database, scim: Client, people: People, clock: SteppedClock
) -> None:
    account_id = people.account.account_id

    def create(connection: Connection) -> tuple[Any, str]:
        return tokens.create_in(connection, account_id, clock(), lifetime=timedelta(days=1))

    token, secret = await database.write(create)
    new = {"Authorization": f"Bearer {secret}"}
    assert await _status(scim, **new) == await _status(scim) == 200
    assert [one.token_id for one in await tokens.all_of(database, account_id)].count(token.token_id) == 1

    clock.advance(hours=24)
    assert await _status(scim, **new) == 401
    assert await _status(scim) == 200

    (old,) = [one for one in await tokens.all_of(database, account_id) if one.token_id != token.token_id]
    for foreign in (people.other_account.account_id, "unknown"):
        with pytest.raises(UnknownId):
            await database.write(partial(_revoke, foreign, old.token_id))
    await database.write(partial(_revoke, account_id, old.token_id))
    assert await _status(scim) == 401


async def test_use_is_written_once_a_minute_and_no_secret_ever(
    database: Database, scim: Client, people: People, clock: SteppedClock
) -> None:
    async def used_on() -> Any:
        (token,) = await tokens.all_of(database, people.account.account_id)
        return token.used_on

    assert await used_on() is None
    first = clock()
    for seconds, expected in ((0, first), (59, first), (1, first + timedelta(minutes=1))):
        clock.advance(seconds=seconds)
        await _status(scim)
        assert await used_on() == expected
    assert scim.secret not in str(await database.read(select(scim_tokens)))


async def test_only_entra_sync_opens(database: Database, people: People, synchronise: Synchronise, clock: Any) -> None:
    other = await synchronise(people.other_account.account_id)
    statement = update(integrations).values(kind=IntegrationKind.ENTRA_SSO.value)
    await database.write(lambda connection: connection.execute(statement))
    assert await _status(other) == 401
    row = {
        "account_id": people.other_account.account_id,
        "kind": IntegrationKind.ENTRA_SYNC.value,
        "enabled": True,
        "configuration": {},
        "created_on": clock(),
        "modified_on": clock(),
    }
    await database.write(lambda connection: connection.execute(insert(integrations), row))
    assert await _status(other) == 200
