"""Has everything told that is due, many people at once and each by one server at a time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.notices.telling import Telling
    from store.clock import Clock
    from store.identity import TeamsUser
    from store.notices import Notices

logger = logging.getLogger(__name__)

AT_ONCE = 32
"""People who are told at once. At 20 messages a second in a tenant whoever comes next waits for 1.6 s at most."""
_LOOKS_AGAIN_S = 0.5
_ASKED_FOR = 8 * AT_ONCE
_FORGETS_EVERY = timedelta(hours=1)
# A message that has begun to leave is given this long when the server stops.
_ENDS_WITHIN_S = 10.0


class NoticeWorker:
    """One a server. ``plan`` writes the rows of what begins with the time of day."""

    def __init__(
        self, notices: Notices, telling: Telling, plan: Callable[[], Awaitable[None]], *, worker: str, now: Clock
    ) -> None:
        self._notices = notices
        self._telling = telling
        self._plan = plan
        self._worker = worker
        self._now = now
        self._bell = asyncio.Event()
        self._running: dict[TeamsUser, asyncio.Task[None]] = {}
        self._next: deque[TeamsUser] = deque()
        self._looks = True
        self._forgets_at: datetime | None = None

    def wake(self) -> None:
        """There may be something new, which may be more urgent than what is next."""
        self._looks = True
        self._bell.set()

    async def run(self) -> NoReturn:
        """Tells what is due and whatever comes, until cancelled."""
        try:
            while True:
                self._bell.clear()
                try:
                    await self._begin()
                except DatabaseUnavailable as error:
                    logger.warning("notices cannot be read", extra={"reason": str(error)})
                try:
                    async with asyncio.timeout(_LOOKS_AGAIN_S):
                        await self._bell.wait()
                except TimeoutError:
                    self._looks = True
        finally:
            await self._end()

    async def tell_due(self) -> None:
        """Returns when nothing is due any more."""
        self._looks = True
        await self._begin()
        while self._running:
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
            await self._begin()

    async def _begin(self) -> None:
        if self._looks or not self._next:
            self._looks = False
            await self._plan()
            await self._forget()
            self._next = deque(await self._notices.due(_ASKED_FOR))
        while self._next and len(self._running) < AT_ONCE:
            # Whoever is being told already, here or by another server, is claimed.
            user = self._next.popleft()
            if user not in self._running:
                task = self._running[user] = asyncio.create_task(self._telling.tell(user))
                task.add_done_callback(partial(self._told, user))

    def _told(self, user: TeamsUser, task: asyncio.Task[None]) -> None:
        del self._running[user]
        self._bell.set()
        if not task.cancelled() and (error := task.exception()):
            # The rows are free again when their claim ends.
            logger.error("somebody could not be told", exc_info=error)

    async def _forget(self) -> None:
        if self._forgets_at is None or self._now() >= self._forgets_at:
            self._forgets_at = self._now() + _FORGETS_EVERY
            await self._notices.forget_old()

    async def _end(self) -> None:
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=_ENDS_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with suppress(DatabaseUnavailable):
            await self._notices.let_go(self._worker)
