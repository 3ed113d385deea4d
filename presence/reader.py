"""Reads what Teams shows of an account's people, again and again: all of them once in a round.

The requests of a round are spread over it, so that they are no burst, and a round ends before the next begins, so that
no answer is older than one that was heard before it. 5,000 people are 8 requests, 50,000 are 77; within 3 seconds that
is about half of what Graph allows (presence: 1,500 reads in 30 seconds).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NoReturn, Protocol

from graph.errors import GraphError, GraphUnavailable, Throttled
from graph.presence import LARGEST_READ, read_presences
from graph.retry import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from graph.client import TenantGraph
    from graph.presence import Presence
    from presence.meters import Meters

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Requests under way."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 60.0
# The next round asks again.
_ONCE = Patience(attempts=1, longest_wait=30.0)


class Saw(Protocol):
    """As ``steering.Steering.saw``."""

    async def __call__(self, presences: Iterable[Presence], asked_at: float | None = None) -> None: ...


class Reader:
    """``people`` tells whom to read; ``seconds`` is how long a round is at least."""

    def __init__(
        self,
        graph: TenantGraph,
        people: Callable[[], Collection[str]],
        saw: Saw,
        meters: Meters,
        *,
        seconds: float,
    ) -> None:
        self._graph = graph.within(_ONCE)
        self._people = people
        self._saw = saw
        self._meters = meters
        self._seconds = seconds
        self._pause = 0.0
        self._failures = 0

    async def run(self) -> NoReturn:
        """Until cancelled."""
        timing = self._graph.timing
        while True:
            began = timing.clock()
            await self.round(list(self._people()))
            await timing.sleep(max(0.0, self.pause() or began + self._seconds - timing.clock()))

    def pause(self) -> float:
        """How long Graph is to be let be after the last round, in seconds; it is told once."""
        pause, self._pause = self._pause, 0.0
        return pause

    async def round(self, object_ids: Sequence[str]) -> None:
        """Reads these people; after a failure it lets the rest be, and has a ``pause``."""
        timing = self._graph.timing
        parts = [object_ids[start : start + LARGEST_READ] for start in range(0, len(object_ids), LARGEST_READ)]
        free = asyncio.Semaphore(AT_ONCE)
        began = timing.clock()
        async with asyncio.TaskGroup() as tasks:
            for number, part in enumerate(parts):
                ahead = began + self._seconds * number / len(parts) - timing.clock()
                if ahead > 0:
                    await timing.sleep(ahead)
                await free.acquire()
                if self._pause:
                    break
                tasks.create_task(self._read(part, timing.clock())).add_done_callback(lambda _: free.release())
        if parts and not self._pause:
            self._failures = 0

    async def _read(self, object_ids: Sequence[str], asked_at: float) -> None:
        try:
            presences = await read_presences(self._graph, object_ids)
        except GraphError as error:
            self._fail(error)
        else:
            self._meters.reads += 1
            self._meters.reading.add(self._graph.timing.clock() - asked_at)
            await self._saw(presences, asked_at)

    def _fail(self, error: GraphError) -> None:
        self._meters.reads_failed += 1
        if not self._pause:
            logger.info("presences not read", extra={"cause": error.code, "status": error.status})
            self._failures += 1
        asked = error.retry_after if isinstance(error, Throttled | GraphUnavailable) else None
        growing = min(_FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE_S)
        self._pause = max(self._pause, growing if asked is None else min(asked, 10 * _LONGEST_PAUSE_S))
