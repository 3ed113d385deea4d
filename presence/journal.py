"""What the database knows of sessions: before Graph is asked for one, and until it is surely over.

After a crash nobody stays in a call whose session the next life does not know. What the database knows too many costs
one needless end; so ends are written some seconds late and together, and not at all for whoever telephones again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from presence.ledger import Write

logger = logging.getLogger(__name__)


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

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: set[str] = set()
        self._over: set[str] = set()
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
        """To be written when there is time."""
        self._over.update(object_ids)

    async def write(self) -> None:
        """Writes the ends. Raises ``DatabaseUnavailable``: then they are kept."""
        async with self._turn:
            if ended := sorted(self._over):
                # It may have been done even if it fails, so what comes next is intended anew.
                self._known.difference_update(ended)
                await self._journal.ended(ended)
                self._over.difference_update(ended)
