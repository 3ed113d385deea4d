"""What was handled already: Teams delivers an activity again when the answer was late or lost.

And what one of several servers has dealt with, so that the others need not.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete

from store.clock import Clock, utc_now
from store.schema import activities_seen
from store.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

# Teams repeats a delivery within seconds; a day covers queues and restarts.
_KEPT = timedelta(days=1)
_PRUNED_EVERY = timedelta(minutes=10)

_INSERT = insert(activities_seen).on_conflict_do_nothing()
_PRUNE = delete(activities_seen).where(activities_seen.c.seen_at < bindparam("before"))


class ActivitiesSeen:
    """Remembers, over restarts, the keys of the last day."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now
        self._pruned_at: datetime | None = None

    async def first_time(self, key: str) -> bool:
        """Whether nobody has asked about ``key`` before; of several who ask at once, one is told so."""
        return await self._database.write(lambda connection: self.first_time_in(connection, key))

    def first_time_in(self, connection: Connection, key: str) -> bool:
        """``first_time`` in the caller's transaction: what is done with it there is done once, or not at all."""
        self._prune(connection)
        row = {"activity_key": hashlib.sha256(key.encode()).hexdigest(), "seen_at": self._now()}
        return connection.execute(_INSERT, row).rowcount == 1

    def _prune(self, connection: Connection) -> None:
        now = self._now()
        if self._pruned_at is None or now - self._pruned_at >= _PRUNED_EVERY:
            connection.execute(_PRUNE, {"before": now - _KEPT})
            self._pruned_at = now
