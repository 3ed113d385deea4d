"""What the database knows of sessions: before Graph is asked for one, and until it is surely over.

After a crash nobody stays in a call whose session the next life does not know. What the database knows too many costs
one needless end; so ends are written a little late and together, and not at all for whoever telephones again by then.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, Protocol

from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph.timing import Timing
    from presence.ledger import Write

logger = logging.getLogger(__name__)

# Whoever telephones again within this time costs the database nothing.
_LINGERS_S = 2.0


class Journal(Protocol):
    """Both may be told again what they know, and raise ``DatabaseUnavailable``."""

    async def intend(self, writes: Sequence[Write]) -> None:
        """Graph will be asked for these sessions as soon as this returns."""

    async def ended(self, object_ids: Sequence[str]) -> None:
        """These people's sessions are surely over."""


class Books:
    """The journal of one tenant, told only what it does not know. One thing at a time, so that an end on its way never
    removes the session that follows it.
    """

    def __init__(self, journal: Journal, timing: Timing) -> None:
        self._journal = journal
        self._timing = timing
        self._known: set[str] = set()
        self._over: set[str] = set()
        self._some = asyncio.Event()
        self._turn = asyncio.Lock()

    async def intend(self, writes: Sequence[Write]) -> list[Write]:
        """Those of them that may be sent now: without the database, no session begins that it does not know."""
        async with self._turn:
            fresh = [write for write in writes if write.shown and write.object_id not in self._known]
            try:
                if fresh:
                    await self._journal.intend(fresh)
            except DatabaseUnavailable:
                logger.warning("Sessions of presence wait for the database", extra={"sessions": len(fresh)})
                writes = [write for write in writes if write not in fresh]
            begun = {write.object_id for write in writes if write.shown}
            self._known |= begun
            self._over -= begun
            return list(writes)

    def over(self, object_ids: Iterable[str]) -> None:
        """To be written in a while."""
        self._over.update(object_ids)
        if self._over:
            self._some.set()

    async def keep(self) -> NoReturn:
        """Writes the ends, until cancelled; without the database they are kept."""
        while True:
            await self._some.wait()
            ended = self._over.copy()
            await self._timing.sleep(_LINGERS_S)
            with suppress(DatabaseUnavailable):
                await self._write(ended)

    async def _write(self, ended: set[str]) -> None:
        async with self._turn:
            ended &= self._over
            if ended:
                # It may have been done even if it fails, so what comes next is intended anew.
                self._known -= ended
                await self._journal.ended(sorted(ended))
                self._over -= ended
            if not self._over:
                self._some.clear()
