"""An activity that Teams delivers twice is handled once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store.activities import ActivitiesSeen
from store.database import open_database
from store.schema import activities_seen

if TYPE_CHECKING:
    from store.database import Database
    from tests.conftest import SteppedClock


async def test_is_the_first_time_once(database: Database) -> None:
    seen = ActivitiesSeen(database)
    assert await seen.first_time("chat/1")
    assert not await seen.first_time("chat/1")
    assert await seen.first_time("chat/2")


async def test_of_many_at_once_one_is_first(database: Database) -> None:
    seen = ActivitiesSeen(database)
    assert sum(await asyncio.gather(*(seen.first_time("chat/1") for _ in range(20)))) == 1


async def test_is_known_after_a_restart(database: Database, database_url: str) -> None:
    assert await ActivitiesSeen(database).first_time("chat/1")
    restarted = await open_database(database_url)
    assert not await ActivitiesSeen(restarted).first_time("chat/1")
    await restarted.close()


async def test_forgets_what_is_older_than_a_day(database: Database, clock: SteppedClock) -> None:
    seen = ActivitiesSeen(database, clock)
    await seen.first_time("old")
    clock.advance(hours=23)
    await seen.first_time("recent")
    clock.advance(hours=1, seconds=1)
    await seen.first_time("now")

    count = (await database.read(select(func.count()).select_from(activities_seen)))[0][0]
    assert count == 2
    assert not await seen.first_time("recent")
