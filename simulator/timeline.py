"""The simulator's only clock: a list of things to do later, run in real time or advanced by a test."""

import asyncio
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

Steps = Iterator[float]
"""A story told in steps: it does something, then yields the seconds until it goes on."""


@dataclass(slots=True)
class Entry:
    """Something planned; ``cancel`` makes it not happen."""

    action: Callable[[], None] | None

    def cancel(self) -> None:
        self.action = None


class Timeline:
    """Seconds since the start, and what is due when. Entries due at the same moment run in the order of planning."""

    def __init__(self, began: datetime | None = None) -> None:
        self.began = began or datetime.now(UTC)
        self.seconds = 0.0
        self._elapsed: Callable[[], float] = lambda: self.seconds
        self._entries: list[tuple[float, int, Entry]] = []
        self._order = count()
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self._elapsed())

    def after(self, seconds: float, action: Callable[[], None]) -> Entry:
        entry = Entry(action)
        heapq.heappush(self._entries, (self._elapsed() + seconds, next(self._order), entry))
        self._changed.set()
        return entry

    def every(self, seconds: float, action: Callable[[], object]) -> Callable[[], None]:
        """Repeat until the returned function is called."""

        def steps() -> Steps:
            while True:
                yield seconds
                action()

        return self.play(steps())

    def play(self, steps: Steps, then: Callable[[], None] = lambda: None) -> Callable[[], None]:
        """Begin a story now and ``then`` do the next thing; the returned function breaks it off."""
        planned: Entry

        def step() -> None:
            nonlocal planned
            pause = next(steps, None)
            if pause is None:
                then()
            else:
                planned = self.after(pause, step)

        def break_off() -> None:
            planned.cancel()

        planned = self.after(0, step)
        return break_off

    def advance(self, seconds: float) -> None:
        """Let this much time pass at once, doing all that falls due in it."""
        until = self.seconds + seconds
        while self._entries and self._entries[0][0] <= until:
            due, _, entry = heapq.heappop(self._entries)
            self.seconds = max(self.seconds, due)
            if entry.action is not None:
                entry.action()
        self.seconds = until

    async def run(self) -> None:
        """Follow the event loop's clock until cancelled."""
        clock = asyncio.get_running_loop().time
        begun = clock() - self.seconds
        self._elapsed = lambda: clock() - begun
        while True:
            self._changed.clear()
            self.advance(max(0.0, self._elapsed() - self.seconds))
            await self._next_due(begun)

    async def _next_due(self, begun: float) -> None:
        when = begun + self._entries[0][0] if self._entries else None
        try:
            async with asyncio.timeout_at(when):
                await self._changed.wait()
        except TimeoutError:
            return
