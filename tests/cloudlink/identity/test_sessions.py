"""Sessions on both databases: how long they last, and what ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.model import Principal
from cloudlink.port import UnknownId
from cloudlink.service.identity.sessions import SessionStore, end_account_in
from store.schema import accounts, sessions, users

if TYPE_CHECKING:
    from sqlalchemy import Table

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture
def store(database: Database, clock: SteppedClock) -> SessionStore:
    return SessionStore(database, clock)


async def _open(store: SessionStore, people: People, kind: SessionKind = SessionKind.CONSOLE) -> str:
    return await store.open(people.desk.principal, kind, AuthProvider.CLOUDLINK, address="192.0.2.1")


async def test_a_secret_finds_its_session_with_the_user_as_they_are(store: SessionStore, people: People) -> None:
    session = await store.find(await _open(store, people))

    assert session is not None
    assert session.user == people.desk
    assert (session.kind, session.auth_provider) == (SessionKind.CONSOLE, AuthProvider.CLOUDLINK)


async def test_no_secret_is_stored(store: SessionStore, people: People, database: Database) -> None:
    secret = await _open(store, people)

    (row,) = await database.read(select(sessions))

    assert not any(secret.partition(".")[2] in str(value) for value in row)


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + "x", lambda s: s.split(".")[0] + ".", lambda _: ""])
async def test_nearly_the_secret_finds_nothing(store: SessionStore, people: People, change: object) -> None:
    assert callable(change)
    assert await store.find(change(await _open(store, people))) is None


@pytest.mark.parametrize("secret", ["", ".", "\x00.\x00", "é.é", "a" * 100_000, "\ud800.x", "' OR 1=1 --.x"])
async def test_what_can_be_no_secret_finds_nothing(store: SessionStore, people: People, secret: str) -> None:
    await _open(store, people)

    assert await store.find(secret) is None


async def test_a_browser_that_rests_for_half_an_hour_is_signed_out(
    store: SessionStore, people: People, clock: SteppedClock
) -> None:
    secret = await _open(store, people)
    for _ in range(3):
        clock.advance(minutes=29)
        assert await store.find(secret) is not None

    clock.advance(minutes=30)

    assert await store.find(secret) is None


async def test_a_busy_browser_is_signed_out_after_twelve_hours(
    store: SessionStore, people: People, clock: SteppedClock
) -> None:
    secret = await _open(store, people)
    for _ in range(35):
        clock.advance(minutes=20)
        assert await store.find(secret) is not None

    clock.advance(minutes=20)

    assert await store.find(secret) is None


async def test_a_teams_page_asks_again_after_an_hour(store: SessionStore, people: People, clock: SteppedClock) -> None:
    secret = await _open(store, people, SessionKind.TEAMS)

    clock.advance(minutes=59)
    assert await store.find(secret) is not None
    clock.advance(minutes=1)
    assert await store.find(secret) is None


@pytest.mark.parametrize("table", [users, accounts])
async def test_who_is_deactivated_is_signed_out_at_once(
    store: SessionStore, people: People, database: Database, table: Table
) -> None:
    secret = await _open(store, people)
    off = update(table).where(table.c.account_id == people.account.account_id).values(active=False)

    await database.write(lambda connection: connection.execute(off))

    assert await store.find(secret) is None
    with pytest.raises(UnknownId):
        await _open(store, people)


async def test_nobody_is_signed_in_as_a_user_of_another_account(store: SessionStore, people: People) -> None:
    foreign = Principal(people.other_account.account_id, people.desk.principal_id)

    with pytest.raises(UnknownId):
        await store.open(foreign, SessionKind.CONSOLE, AuthProvider.CLOUDLINK, address="")


async def test_signing_out_ends_one_session(store: SessionStore, people: People) -> None:
    first, second = await _open(store, people), await _open(store, people)

    await store.end(first)
    await store.end(first)

    assert await store.find(first) is None
    assert await store.find(second) is not None


async def test_another_secret_of_a_known_session_ends_nothing(store: SessionStore, people: People) -> None:
    secret = await _open(store, people)

    await store.end(secret.partition(".")[0] + ".guess")

    assert await store.find(secret) is not None


async def test_all_sessions_of_a_person_end_and_nobody_elses(store: SessionStore, people: People) -> None:
    secrets = [await _open(store, people, kind) for kind in (SessionKind.CONSOLE, SessionKind.TEAMS)]
    other = await store.open(people.warehouse.principal, SessionKind.CONSOLE, AuthProvider.ENTRA, address="")

    await store.end_all(people.desk.principal)

    assert [await store.find(secret) for secret in secrets] == [None, None]
    assert await store.find(other) is not None


async def test_all_sessions_of_an_account_end_and_no_other_accounts(
    store: SessionStore, people: People, database: Database
) -> None:
    ours = await _open(store, people)
    theirs = await store.open(people.stranger.principal, SessionKind.CONSOLE, AuthProvider.CLOUDLINK, address="")

    await database.write(lambda connection: end_account_in(connection, people.account.account_id))

    assert await store.find(ours) is None
    assert await store.find(theirs) is not None


async def test_sessions_whose_time_is_over_are_forgotten(
    store: SessionStore, people: People, database: Database, clock: SteppedClock
) -> None:
    await _open(store, people)
    clock.advance(hours=13)
    await _open(store, people)

    ((count,),) = await database.read(select(func.count()).select_from(sessions))

    assert count == 1
