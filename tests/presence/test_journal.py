"""The database knows of every session that there may be, whatever becomes of what it is told."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from presence.journal import Books
from presence.ledger import Write
from presence.policy import Shown
from store.database import DatabaseUnavailable
from tests.presence.held_time import HeldTime

if TYPE_CHECKING:
    from collections.abc import Sequence

PEOPLE = ("anna", "ben", "chris")


class Health(Enum):
    """How the database fares; ``UNHEARD`` does what it is told and then cannot say so."""

    WELL = 1
    AWAY = 2
    UNHEARD = 3


class Rows:
    """The database. ``hold`` keeps whoever tells it something waiting."""

    def __init__(self) -> None:
        self.health = Health.WELL
        self.sessions: set[str] = set()
        self.asked = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    async def intend(self, writes: Sequence[Write]) -> None:
        await self._come()
        self.sessions |= {write.object_id for write in writes}
        self._leave()

    async def ended(self, object_ids: Sequence[str]) -> None:
        await self._come()
        self.sessions -= set(object_ids)
        self._leave()

    async def _come(self) -> None:
        self.asked.set()
        await self.hold.wait()
        if self.health is Health.AWAY:
            raise DatabaseUnavailable("a test")

    def _leave(self) -> None:
        if self.health is Health.UNHEARD:
            raise DatabaseUnavailable("a test")


def begin(*people: str) -> list[Write]:
    return [Write(who, Shown.IN_A_CALL, 10, renewal=False, since=None) for who in people]


async def play(steps: list[tuple[str, object]]) -> None:
    time, rows = HeldTime(), Rows()
    books, there = Books(rows, time.timing), set[str]()
    keeping = asyncio.create_task(books.keep())
    for name, argument in steps:
        match name, argument:
            case "begin", str(who):
                there |= {write.object_id for write in await books.intend(begin(who))}
            case "end", str(who):
                there.discard(who)
                books.over([who])
            case "passes", float(seconds):
                await time.passes(seconds)
            case "health", Health() as health:
                rows.health = health
        assert there <= rows.sessions, "or after a crash nobody would end it"
    rows.health = Health.WELL
    await time.passes(10)
    assert rows.sessions <= there | {str(who) for name, who in steps if name == "begin"}
    books.over(set(PEOPLE) - there)
    await time.passes(10)
    assert rows.sessions == there
    keeping.cancel()
    await asyncio.wait([keeping])


STEP = st.one_of(
    st.tuples(st.just("begin"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("end"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("passes"), st.sampled_from([0.5, 1.9, 2.1, 7.0])),
    st.tuples(st.just("health"), st.sampled_from(Health)),
)


@settings(deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=30))
def test_whatever_begins_and_ends_the_database_knows_what_there_may_be(steps: list[tuple[str, object]]) -> None:
    asyncio.run(play(steps))


async def test_an_end_on_its_way_never_removes_the_session_that_follows() -> None:
    time, rows = HeldTime(), Rows()
    books = Books(rows, time.timing)
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(books.keep())
        await books.intend(begin("anna"))
        books.over(["anna"])
        rows.asked.clear()
        rows.hold.clear()
        await time.passes(2)
        assert rows.asked.is_set()
        beginning = tasks.create_task(books.intend(begin("anna")))
        await time.rests()
        assert not beginning.done()
        rows.hold.set()
        await beginning
        await time.passes(10)
        assert rows.sessions == {"anna"}
        keeping.cancel()
