"""How many people of each account are in sync, and how many are not and why, for the operator.

Each user has to be looked at, so they are counted now and then, and not whenever somebody asks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NoReturn

from cloudlink.exposition import Family, Sample
from graph.timing import Timing
from presence import people
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from presence.model import NotSynced
    from presence.tenant import TenantPresence
    from store.database import Database

logger = logging.getLogger(__name__)

EVERY_S = 60.0


class Census:
    """Of ``tenants``, by account id: those that this server looks after at that moment."""

    def __init__(
        self,
        database: Database,
        tenants: Mapping[str, TenantPresence],
        *,
        now: Clock = utc_now,
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._now = now
        self._timing = timing or Timing()
        self._counted: dict[str, tuple[int, Mapping[NotSynced, int]]] = {}

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            try:
                await self.count()
            except DatabaseUnavailable as error:
                logger.warning("people cannot be counted", extra={"reason": str(error)})
            await self._timing.sleep(EVERY_S)

    async def count(self) -> None:
        """Raises ``DatabaseUnavailable``."""
        self._counted = {
            account_id: await people.counts(self._database, account_id, tenant.switched.tenant_id, self._now())
            for account_id, tenant in list(self._tenants.items())
        }

    def families(self) -> Iterator[Family]:
        """As of the last count."""
        counted = {account_id: counts for account_id, counts in self._counted.items() if account_id in self._tenants}
        in_sync = [Sample(known, (("account", account_id),)) for account_id, (known, _) in counted.items()]
        yield Family("presence_in_sync", "gauge", "Users whose telephone is shown in Teams.", in_sync)
        out = [
            Sample(number, (("account", account_id), ("reason", reason.value)))
            for account_id, (_, reasons) in counted.items()
            for reason, number in reasons.items()
        ]
        yield Family("presence_out_of_sync", "gauge", "Users whose telephone is not, by reason.", out)
