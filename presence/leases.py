"""Which accounts this server looks after: of several on one database exactly one looks after each.

A lease lasts a minute and is kept again and again, so that another server goes on soon after this one has stopped.
Leases are compared by the servers' clocks, but whoever could not keep theirs in time stops by the monotonic one; and
what is new to be shown is written down only by whoever has the lease (``sessions.SessionJournal``).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from presence import claims
from presence.claims import Claim

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from store.clock import Clock
    from store.database import Database

LASTS = timedelta(seconds=60)
KEPT_EVERY_S = 20.0
# Before the end, so that nobody else has begun when we stop.
_TRUSTED_S = 50.0


class Leases:
    """Of one server. ``clock`` is monotonic seconds."""

    def __init__(self, database: Database, now: Clock, clock: Callable[[], float]) -> None:
        self.server = str(uuid4())
        self._database = database
        self._now = now
        self._clock = clock
        # By account: when it was last kept.
        self._kept_at: dict[str, float] = {}
        self.any, self.none = asyncio.Event(), asyncio.Event()
        """Set while any account is ours, and while none is."""
        self.none.set()

    def is_free(self, claimed_until: datetime | None) -> bool:
        """Whether it is worth while to claim an account that a server has until then."""
        now = self._now()
        return claimed_until is None or not now < claimed_until <= now + claims.LONGEST_CLAIM

    async def claim(self, account_id: str) -> Claim:
        """Takes the account, unless another server has it. Raises ``DatabaseUnavailable``."""
        at = self._clock()
        claimed = await self._database.write(
            lambda connection: claims.claim(connection, account_id, self.server, self._now(), LASTS)
        )
        if claimed is not Claim.ANOTHERS:
            self._kept_at[account_id] = at
            self._note()
        return claimed

    async def keep(self) -> None:
        """Keeps all that are still ours. Raises ``DatabaseUnavailable``."""
        held, at = list(self._kept_at), self._clock()
        if held:
            until = self._now() + LASTS
            kept = await self._database.write(lambda connection: claims.renew(connection, held, self.server, until))
            for account_id in held:
                self._kept_at.pop(account_id, None)
            self._kept_at |= dict.fromkeys(kept, at)
            self._note()

    def held(self) -> set[str]:
        """Account ids of all that we have."""
        return set(self._kept_at)

    def has(self, account_id: str) -> bool:
        """Whether the account is surely ours."""
        at = self._kept_at.get(account_id)
        return at is not None and self._clock() - at < _TRUSTED_S

    def lose(self, account_id: str) -> None:
        """Another server has it."""
        self._kept_at.pop(account_id, None)
        self._note()

    async def let_go(self, account_id: str | None = None) -> None:
        """Leaves the account, or all of them, to whoever comes first. Raises ``DatabaseUnavailable``."""
        if account_id is None:
            self._kept_at.clear()
            self._note()
        else:
            self.lose(account_id)
        await self._database.write(lambda connection: claims.let_go(connection, self.server, account_id))

    def _note(self) -> None:
        there, not_there = (self.any, self.none) if self._kept_at else (self.none, self.any)
        there.set()
        not_there.clear()
