"""Events reach every consumer, in order, at least once, whatever crashes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, func, select

from store.database import Database, open_database
from store.outbox import KEPT, Event, Outbox, append
from store.schema import outbox as rows
from store.schema import outbox_cursors
from tests.conftest import SteppedClock, consuming

if TYPE_CHECKING:
    from collections.abc import Callable


class Inbox:
    """A handler that keeps what it is given and holds on to the last of ``expected`` events, when it sets ``full``.

    So the consumer has passed exactly the events before the last.
    """

    def __init__(self, expected: int) -> None:
        self.topics: list[str] = []
        self.full = asyncio.Event()
        self._expected = expected

    async def __call__(self, event: Event) -> None:
        self.topics.append(event.topic)
        if len(self.topics) >= self._expected:
            self.full.set()
            await asyncio.Event().wait()


def telling(clock: SteppedClock, *topics: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        for topic in topics:
            append(connection, "account", topic, {"of": topic}, clock())

    return work


async def kept(database: Database) -> int:
    return int((await database.read(select(func.count()).select_from(rows)))[0][0])


@pytest.fixture
def outbox(database: Database, clock: SteppedClock) -> Outbox:
    return Outbox(database, clock)


async def test_an_event_tells_what_was_committed_with_the_fact(
    database: Database, outbox: Outbox, clock: SteppedClock
) -> None:
    seen: asyncio.Queue[Event] = asyncio.Queue()
    await database.write(telling(clock, "call.recorded"))
    async with consuming(outbox, "reader", seen.put):
        event = await seen.get()
    assert (event.account_id, event.topic, event.payload) == ("account", "call.recorded", {"of": "call.recorded"})
    assert event.created_on == clock()


async def test_no_event_of_a_transaction_that_failed(database: Database, clock: SteppedClock) -> None:
    def work(connection: Connection) -> None:
        telling(clock, "never")(connection)
        raise RuntimeError("the fact could not be written")

    with pytest.raises(RuntimeError):
        await database.write(work)
    assert await kept(database) == 0


async def test_a_waiting_consumer_wakes_for_new_events(database: Database, outbox: Outbox, clock: SteppedClock) -> None:
    seen: asyncio.Queue[Event] = asyncio.Queue()
    async with consuming(outbox, "reader", seen.put):
        for topic in ("one", "two"):
            await database.write(telling(clock, topic))
            outbox.wake()
            assert (await seen.get()).topic == topic


async def test_every_consumer_gets_every_event_in_order(
    database: Database, outbox: Outbox, clock: SteppedClock
) -> None:
    topics = [str(number) for number in range(250)]
    one, other = Inbox(250), Inbox(250)
    await database.write(telling(clock, *topics))
    async with consuming(outbox, "one", one), consuming(outbox, "other", other):
        await one.full.wait()
        await other.full.wait()
    assert one.topics == other.topics == topics


async def test_an_event_is_dropped_once_all_consumers_have_passed_it(
    database: Database, outbox: Outbox, clock: SteppedClock
) -> None:
    quick, slow = Inbox(3), Inbox(2)
    await database.write(telling(clock, "1", "2", "3", "4"))
    async with consuming(outbox, "slow", slow):
        await slow.full.wait()
        async with consuming(outbox, "quick", quick):
            await quick.full.wait()
            assert await kept(database) == 3


async def test_for_a_consumer_that_was_retired_nothing_is_kept(
    database: Database, outbox: Outbox, clock: SteppedClock
) -> None:
    names = ["server 1", "server 2", "serve"]
    await database.write(telling(clock, "1"))
    for name in names:
        inbox = Inbox(1)
        async with consuming(outbox, name, inbox):
            await inbox.full.wait()
    await outbox.retire("server ", but={"server 2"})
    cursors = await database.read(select(outbox_cursors.c.consumer).order_by(outbox_cursors.c.consumer))
    assert [row[0] for row in cursors] == ["serve", "server 2"]


async def test_a_handler_that_fails_gets_the_same_event_again_before_any_other(
    database: Database, clock: SteppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    inbox = Inbox(2)

    async def rest(seconds: float) -> None:
        waits.append(seconds)

    async def fails_often(event: Event) -> None:
        if len(waits) < 8:
            raise ConnectionError("not now")
        await inbox(event)

    await database.write(telling(clock, "one", "two"))
    async with consuming(Outbox(database, clock, rest), "reader", fails_often):
        await inbox.full.wait()

    assert inbox.topics == ["one", "two"]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [record.message for record in caplog.records] == ["event not delivered"] * 8


async def test_a_crash_between_commit_and_delivery_loses_nothing(
    database: Database, database_url: str, clock: SteppedClock
) -> None:
    started, never = asyncio.Event(), asyncio.Event()

    async def crashes_on_the_second(event: Event) -> None:
        if event.topic == "two":
            started.set()
            await never.wait()

    await database.write(telling(clock, "one", "two", "three"))
    async with consuming(Outbox(database, clock), "reader", crashes_on_the_second):
        await started.wait()

    restarted = await open_database(database_url)
    inbox = Inbox(2)
    async with consuming(Outbox(restarted, clock), "reader", inbox):
        await inbox.full.wait()
    await restarted.close()
    assert inbox.topics == ["two", "three"]


async def test_a_consumer_that_stopped_for_good_does_not_keep_events_forever(
    database: Database, outbox: Outbox, clock: SteppedClock
) -> None:
    gone = Inbox(1)
    await database.write(telling(clock, "old"))
    async with consuming(outbox, "gone", gone):
        await gone.full.wait()
    await database.write(telling(clock, "older than kept"))
    clock.advance(seconds=(KEPT + timedelta(seconds=1)).total_seconds())
    await database.write(telling(clock, "new"))

    inbox = Inbox(1)
    async with consuming(outbox, "reader", inbox):
        await inbox.full.wait()

    assert inbox.topics == ["new"]


async def test_a_follower_gets_what_comes_from_a_position_on(
    database: Database, outbox: Outbox, clock: SteppedClock
) -> None:
    """Also when the consumers have passed, and so dropped, everything before."""
    passed = Inbox(3)
    await database.write(telling(clock, "one", "two", "three"))
    async with consuming(outbox, "consumer", passed):
        await passed.full.wait()
    assert await kept(database) == 1
    followed: asyncio.Queue[Event] = asyncio.Queue()
    end = await outbox.end()
    following = asyncio.create_task(outbox.follow(followed.put, after=end))
    for topic in ("four", "five"):
        await database.write(telling(clock, topic))
        outbox.wake()
        assert (await followed.get()).topic == topic
    assert await outbox.end() == end + 2
    following.cancel()
    await asyncio.wait([following])


async def test_an_outbox_without_events_ends_at_nothing(outbox: Outbox) -> None:
    assert await outbox.end() == 0
