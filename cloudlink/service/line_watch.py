"""Tells when what a gateway has told of lines holds no more, since its link is gone, and when it does again.

One event for all of its telephones, however many they are: whoever shows lines reads those that it shows. Each server
looks, since one that is killed tells nothing of its links; of several that see the same, one tells it. A link that is
open again after a moment is told as open anew, since what was read meanwhile was unknown.

A PBX that is away is told by its gateway itself, of each line.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import or_, select

from cloudlink.administration.gateways import PbxModel
from cloudlink.topics import LINES_KNOWN
from store import outbox
from store.activities import ActivitiesSeen
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.schema import gateways
from store.standing import BELIEVED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database
    from store.outbox import Outbox

logger = logging.getLogger(__name__)

GONE = timedelta(seconds=10)
"""How long a link is gone before it is told: most come back within seconds, as when a server is renewed."""
_EVERY_S = 5.0

_g = gateways.c
_TELLING = select(_g.account_id, _g.gateway_id, _g.linked_since, _g.seen_at).where(
    _g.seen_at.is_not(None), or_(_g.pbx.is_(None), _g.pbx != PbxModel.BUSINESS.value)
)


@dataclass(frozen=True, slots=True)
class _Sight:
    """A gateway as it was seen last: since when its link is open, nothing while it is not."""

    linked_since: datetime | None
    account_id: str


class LineWatch:
    """``look`` every few seconds, as ``run`` does."""

    def __init__(self, database: Database, events: Outbox, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = events
        self._now = now
        self._told = ActivitiesSeen(database, now)
        self._sights: dict[str, _Sight] = {}

    async def run(self) -> NoReturn:
        """Until cancelled. While the database is away there is nothing to be seen."""
        while True:
            try:
                await self.look()
            except DatabaseUnavailable as error:
                logger.warning("links cannot be looked at", extra={"reason": str(error)})
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Tells what is otherwise than it was at the last look. Raises ``DatabaseUnavailable``."""
        found = await self._database.scan(_TELLING)
        for account_id, gateway_id, linked_since, seen_at in found:
            await self._see(account_id, gateway_id, linked_since, seen_at)
        here = {row[1] for row in found}
        for gateway_id in self._sights.keys() - here:
            # It was removed.
            await self._tell(self._sights.pop(gateway_id).account_id, gateway_id, known=False, moment="removed")

    async def _see(self, account_id: str, gateway_id: str, linked_since: datetime | None, seen_at: datetime) -> None:
        gone = self._now() - seen_at
        if linked_since is None and gone <= GONE:
            return
        since = linked_since if gone <= BELIEVED else None
        before = self._sights.get(gateway_id)
        if before is not None and before.linked_since == since:
            return
        # Of one that is linked when this server starts, nobody has read anything else here.
        if before is not None or since is None:
            moment = f"since {since or seen_at}"
            await self._tell(account_id, gateway_id, known=since is not None, moment=moment)
        self._sights[gateway_id] = _Sight(since, account_id)

    async def _tell(self, account_id: str, gateway_id: str, *, known: bool, moment: str) -> None:
        def work(connection: Connection) -> bool:
            if not self._told.first_time_in(connection, f"lines {gateway_id} {known} {moment}"):
                return False
            payload = {"gateway_id": gateway_id, "known": known}
            outbox.append(connection, account_id, LINES_KNOWN, payload, self._now())
            return True

        if await self._database.write(work):
            logger.info("lines are %s", "known again" if known else "unknown", extra={"gateway_id": gateway_id})
            self._outbox.wake()
