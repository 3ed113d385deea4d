"""Whoever looks through a long call log lets others have their turn after each page of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cloudlink.port import MAX_PAGE
from cloudlink.search import Query, Search, find_newest
from cloudlink.service import facts
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.statistics import Period, of_period
from cloudlink.uplink import CallRecorded
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from store.database import Database
    from tests.cloudlink.conftest import People

PAGES = 4
NOW = datetime(2026, 3, 2, 20, tzinfo=UTC)


@pytest.fixture
async def long_log(database: Database, people: People) -> None:
    def work(connection: Connection) -> None:
        for number in range(PAGES * MAX_PAGE):
            fact = CallRecorded("201", inbound(f"c{number}", number % 600))
            facts.write(connection, people.account.account_id, [fact], NOW)

    await database.write(work)


class Turns:
    """How many turns somebody else has had."""

    count = 0


@asynccontextmanager
async def somebody_else() -> AsyncIterator[Turns]:
    turns = Turns()

    async def wait() -> None:
        while True:
            turns.count += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(wait())
    yield turns
    task.cancel()


@pytest.mark.usefixtures("long_log")
async def test_a_search_lets_others_have_their_turn(database: Database, people: People) -> None:
    cloudlink, query = EmbeddedCloudLink(database), Query(search=Search("nobody"))
    async with somebody_else() as turns:
        found = await find_newest(cloudlink, people.desk.principal, query, 10)
    assert (found.items, turns.count >= PAGES) == ([], True)


@pytest.mark.usefixtures("long_log")
async def test_hiding_a_whole_list_lets_others_have_their_turn(database: Database, people: People) -> None:
    async with somebody_else() as turns:
        found = await find_newest(EmbeddedCloudLink(database), people.desk.principal, Query(), 10_000)
    assert (len(found.items), turns.count >= PAGES) == (PAGES * MAX_PAGE, True)


@pytest.mark.usefixtures("long_log")
async def test_statistics_let_others_have_their_turn(database: Database, people: People) -> None:
    async with somebody_else() as turns:
        figures = await of_period(
            EmbeddedCloudLink(database), people.desk.principal, Period.MONTH, NOW + timedelta(hours=1), UTC
        )
    assert (figures.count.total, turns.count >= PAGES) == (PAGES * MAX_PAGE, True)
