"""What was hidden together can be taken back by whoever hid it, for a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from store.hidings import Hidings
from store.schema import hidings as rows

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture
def hidings(database: Database, clock: SteppedClock) -> Hidings:
    return Hidings(database, clock)


async def test_is_known_to_its_person_until_it_is_taken_back(hidings: Hidings, people: People) -> None:
    who = people.desk.principal
    kept = await hidings.keep(who, ["c1", "c2"])
    for other in (people.warehouse.principal, people.stranger.principal):
        assert (await hidings.count(other, kept), await hidings.calls(other, kept)) == (0, [])
        await hidings.forget(other, kept)
    assert (await hidings.count(who, kept), await hidings.calls(who, kept)) == (2, ["c1", "c2"])
    await hidings.forget(who, kept)
    assert (await hidings.count(who, kept), await hidings.calls(who, kept)) == (0, [])


async def test_is_over_after_a_day(hidings: Hidings, people: People, clock: SteppedClock, database: Database) -> None:
    who = people.desk.principal
    kept = await hidings.keep(who, ["c1"])
    clock.advance(days=1)
    assert await hidings.calls(who, kept) == []
    await hidings.keep(who, ["c2"])
    assert await database.read(select(func.count()).select_from(rows)) == [(1,)]
