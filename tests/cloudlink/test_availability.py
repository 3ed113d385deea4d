"""Whoever asks the port hears that CloudLink is away, whatever the database calls it, and asks again later."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cloudlink.port import CloudLinkUnavailable
from cloudlink.service.embedded import EmbeddedCloudLink
from store.database import open_database
from tests import postgres
from tests.cloudlink.conftest import PASSWORD, People

if TYPE_CHECKING:
    from tests.conftest import SteppedClock


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """PostgreSQL, but for the test that asks for SQLite."""
    kind = "sqlite_url" if "sqlite_url" in request.fixturenames else "postgresql_url"
    url: str = request.getfixturevalue(kind)
    return url


async def test_every_question_is_unavailable_while_postgresql_is_away(
    database_url: str, people: People, clock: SteppedClock
) -> None:
    async with postgres.relayed(database_url) as (database, relay):
        cloudlink = EmbeddedCloudLink(database, clock)
        who = people.desk.principal
        await relay.cut()
        for question in (
            cloudlink.sign_in(people.desk.email, PASSWORD, address="203.0.113.9"),
            cloudlink.account(who),
            cloudlink.user(who),
            cloudlink.find_users(who, "desk"),
            cloudlink.endpoints(who),
            cloudlink.calls(who),
            cloudlink.call(who, "c1"),
            cloudlink.hide_calls(who, ["c1"]),
        ):
            with pytest.raises(CloudLinkUnavailable):
                await question
        await relay.mend()
        assert await cloudlink.user(who) == people.desk


async def test_a_question_that_writes_is_unavailable_while_sqlite_is_locked(sqlite_url: str, people: People) -> None:
    database = await open_database(sqlite_url)
    await database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 1"))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CloudLinkUnavailable):
            await EmbeddedCloudLink(database).hide_calls(people.desk.principal, ["c1"])
    await database.close()
