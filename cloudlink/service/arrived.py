"""What a gateway has sent and CloudLink has not written yet."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudlink.uplink import Publish

# One transaction may hold up other writers for some tens of milliseconds, no longer.
_FACTS_AT_ONCE = 500
_FRAMES_WAITING = 32


class Arrived:
    """A queue that is emptied many at a time. A gateway that sends faster than the disk writes has to wait."""

    def __init__(self) -> None:
        self._frames: deque[Publish] = deque()
        self._changed = asyncio.Condition()

    async def put(self, publish: Publish) -> None:
        """Waits while too many wait already."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._frames) < _FRAMES_WAITING)
            self._frames.append(publish)
            self._changed.notify_all()

    async def take(self) -> list[Publish]:
        """Waits for one, then takes all there are, up to so many facts."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._frames)
            taken = [self._frames.popleft()]
            facts = len(taken[0].facts)
            while self._frames and facts + len(self._frames[0].facts) <= _FACTS_AT_ONCE:
                facts += len(self._frames[0].facts)
                taken.append(self._frames.popleft())
            self._changed.notify_all()
        return taken
