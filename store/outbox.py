"""Events, committed with the fact that they tell and delivered afterwards.

``append`` writes an event in the transaction of its fact, so there is never one without the other. Each consumer reads
on from its own cursor, in order, and moves the cursor soon after its handler has returned: an event is delivered at
least once, over crashes too, and a handler must bear to see one again. ``wake`` only saves consumers the wait until
they look again, as they do for events that another process has written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import bindparam, delete, func, insert, select, update

from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.schema import outbox, outbox_cursors
from store.upsert import insert as upsert

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
_BATCH = 100
_LOOKS_AGAIN_S = 5.0
_LONGEST_WAIT_S = 60.0
# How often a cursor is written while events come thick and fast: each write costs more than most of them.
_SAVED_EVERY_S = 0.05

_AFTER = (
    select(outbox.c.id, outbox.c.account_id, outbox.c.topic, outbox.c.payload, outbox.c.created_on)
    .where(outbox.c.id > bindparam("position"))
    .order_by(outbox.c.id)
    .limit(_BATCH)
)
_APPEND = insert(outbox)
_POSITION = select(outbox_cursors.c.position).where(outbox_cursors.c.consumer == bindparam("name"))
_REGISTER = upsert(outbox_cursors).on_conflict_do_nothing()
_NAMES = select(outbox_cursors.c.consumer).where(outbox_cursors.c.consumer.startswith(bindparam("prefix")))
_RETIRE = delete(outbox_cursors).where(outbox_cursors.c.consumer == bindparam("name"))
_ADVANCE = update(outbox_cursors).where(outbox_cursors.c.consumer == bindparam("name")).values(position=bindparam("to"))
_WAITING = (
    select(
        outbox_cursors.c.consumer,
        func.count(outbox.c.id),
        func.min(outbox.c.created_on),
    )
    .select_from(outbox_cursors.outerjoin(outbox, outbox.c.id > outbox_cursors.c.position))
    .group_by(outbox_cursors.c.consumer)
    .order_by(outbox_cursors.c.consumer)
)
_PASSED_BY_ALL = select(func.min(outbox_cursors.c.position)).scalar_subquery()
_NEWEST = select(
    select(func.max(outbox.c.id)).scalar_subquery(), select(func.max(outbox_cursors.c.position)).scalar_subquery()
)
_DROP_PASSED = delete(outbox).where(outbox.c.id <= _PASSED_BY_ALL)
_DROP_OLD = delete(outbox).where(outbox.c.created_on < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in an account. ``id`` grows; ``payload`` is the topic's own JSON object."""

    id: int
    account_id: str
    topic: str
    payload: Mapping[str, Any]
    created_on: datetime


Handler = Callable[[Event], Awaitable[None]]
# Topic and payload of an event that is to be.
News = tuple[str, Mapping[str, Any]]


def append(connection: Connection, account_id: str, topic: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Adds an event to the caller's transaction."""
    append_all(connection, account_id, [(topic, payload)], now)


def append_all(connection: Connection, account_id: str, news: Sequence[News], now: datetime) -> None:
    """Adds events, in their order."""
    rows = [
        {"account_id": account_id, "topic": topic, "payload": dict(payload), "created_on": now}
        for topic, payload in news
    ]
    if rows:
        connection.execute(_APPEND, rows)


@dataclass(frozen=True, slots=True)
class Lag:
    """How many events a consumer has yet to deal with, and for how many seconds the oldest of them has waited."""

    consumer: str
    events: int
    seconds: float


@dataclass(slots=True)
class _Cursor:
    """How far a consumer has come, how far the database knows, and since when (the event loop's time)."""

    position: int
    saved: int = field(init=False)
    saved_at: float = -_SAVED_EVERY_S

    def __post_init__(self) -> None:
        self.saved = self.position

    @property
    def unsaved(self) -> bool:
        return self.saved != self.position


class Outbox:
    """Delivers events to consumers, each named by what it does with them."""

    def __init__(
        self, database: Database, now: Clock = utc_now, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._database = database
        self._now = now
        self._sleep = sleep
        self._bells: set[asyncio.Event] = set()

    def wake(self) -> None:
        """There may be new events: for whoever has committed some."""
        for bell in self._bells:
            bell.set()

    async def run_consumer(self, name: str, handler: Handler, *, looks_again: float = _LOOKS_AGAIN_S) -> NoReturn:
        """Delivers to ``handler`` every event after the cursor of ``name``, and every new one, until cancelled.

        A consumer that is new begins with the oldest event kept. When the handler raises, the same event is tried
        again after a growing wait of at most a minute, and no later event overtakes it: a handler must itself swallow
        what it will never be able to use. An event is dropped when all consumers have passed it, or, should one have
        stopped for good, when a consumer starts and finds it older than ``KEPT``. While the database is away the
        consumer waits; then it goes on from its cursor. What another process has written is found within
        ``looks_again`` seconds; what it has dropped, since its own consumer of this name has passed it, is not.
        """
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            while True:
                try:
                    await self._consume(name, handler, bell, looks_again)
                except DatabaseUnavailable as error:
                    logger.warning("the outbox cannot be read", extra={"consumer": name, "reason": str(error)})
                    await self._sleep(_LOOKS_AGAIN_S)
        finally:
            self._bells.discard(bell)

    async def follow(self, handler: Handler, *, after: int) -> NoReturn:
        """Delivers to ``handler`` every event after a position, until cancelled: for what is open on a screen.

        Nothing is remembered of it, so that events which all consumers have passed meanwhile may be missed. Raises
        ``DatabaseUnavailable``, and what the handler raises.
        """
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            while True:
                bell.clear()
                for row in await self._database.read(_AFTER, {"position": after}):
                    event = Event(*row)
                    await handler(event)
                    after = event.id
                    bell.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOKS_AGAIN_S):
                        await bell.wait()
        finally:
            self._bells.discard(bell)

    async def end(self) -> int:
        """The position of the newest event, also when all consumers have passed it."""
        ((kept, passed),) = await self._database.scan(_NEWEST)
        return max(kept or 0, passed or 0)

    async def retire(self, prefix: str, *, but: Collection[str] = ()) -> None:
        """Ends the cursors of consumers whose names begin so, but for some: nothing is kept for them any more."""

        def work(connection: Connection) -> None:
            for name in set(connection.execute(_NAMES, {"prefix": prefix}).scalars()).difference(but):
                connection.execute(_RETIRE, {"name": name})

        await self._database.write(work)

    async def lags(self) -> Sequence[Lag]:
        """How far each consumer is behind. A consumer counts as behind for a moment after it has caught up."""
        now = self._now()
        return [
            Lag(consumer, waiting, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
            for consumer, waiting, oldest in await self._database.scan(_WAITING)
        ]

    async def _consume(self, name: str, handler: Handler, bell: asyncio.Event, looks_again: float) -> NoReturn:
        cursor = _Cursor(await self.register(name))
        try:
            while True:
                bell.clear()
                if await self._deliver_after(name, cursor, handler):
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(_SAVED_EVERY_S if cursor.unsaved else looks_again):
                        await bell.wait()
                if cursor.unsaved:
                    await self._advance(name, cursor)
        finally:
            # Whoever is stopped is not told again what they have dealt with.
            if cursor.unsaved:
                with suppress(DatabaseUnavailable):
                    await self._advance(name, cursor)

    async def register(self, name: str) -> int:
        """Has events kept for a consumer from now on, as ``run_consumer`` does; answers how far it has come."""

        def work(connection: Connection) -> int:
            connection.execute(_REGISTER, {"consumer": name, "position": 0})
            connection.execute(_DROP_OLD, {"before": self._now() - KEPT})
            return int(connection.execute(_POSITION, {"name": name}).scalar_one())

        return await self._database.write(work)

    async def _deliver_after(self, name: str, cursor: _Cursor, handler: Handler) -> bool:
        """Whether there were any events."""
        now = asyncio.get_running_loop().time
        rows = await self._database.read(_AFTER, {"position": cursor.position})
        for row in rows:
            event = Event(*row)
            await self._deliver(name, event, handler)
            cursor.position = event.id
            if now() - cursor.saved_at >= _SAVED_EVERY_S:
                await self._advance(name, cursor)
        return bool(rows)

    async def _deliver(self, name: str, event: Event, handler: Handler) -> None:
        for attempt in count():
            try:
                await handler(event)
            except Exception:
                logger.exception("event not delivered", extra={"consumer": name, "topic": event.topic, "id": event.id})
                await self._sleep(min(2.0**attempt, _LONGEST_WAIT_S))
            else:
                return

    async def _advance(self, name: str, cursor: _Cursor) -> None:
        position = cursor.position

        def work(connection: Connection) -> None:
            connection.execute(_ADVANCE, {"name": name, "to": position})
            connection.execute(_DROP_PASSED)

        await self._database.write(work)
        cursor.saved, cursor.saved_at = position, asyncio.get_running_loop().time()
