"""Monotonic time that stands still until a test moves it, from one sleeper to the next, while sockets are real."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import TYPE_CHECKING

from graph.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

# Turns of the event loop in which whoever was woken gets as far as to be busy.
_TURNS = 12


class HeldTime:
    """``busy`` tells whether something is under way that time has to wait for."""

    def __init__(self, busy: Callable[[], bool] = lambda: False) -> None:
        self.now = 1000.0
        self.busy = busy
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), awake))
        await awake

    @property
    def timing(self) -> Timing:
        return Timing(self.clock, self.sleep)

    async def passes(self, seconds: float) -> None:
        """Everybody who sleeps is woken in their order, at their time."""
        until = self.now + seconds
        await self.rests()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, awake = heapq.heappop(self._sleepers)
            if not awake.done():
                self.now = max(self.now, at)
                awake.set_result(None)
                await self.rests()
        self.now = until

    async def rests(self) -> None:
        """Returns when nothing happens any more without time passing."""
        async with asyncio.timeout(30):
            quiet = 0
            while quiet < _TURNS:
                busy = self.busy()
                quiet = 0 if busy else quiet + 1
                # Threads that something waits for need the processor too.
                await asyncio.sleep(0.0005 if busy else 0)
