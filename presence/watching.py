"""All that hears from Microsoft for the accounts that this server looks after: subscriptions, calls, and readings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from presence.changes import Changes
from presence.keeper import Wanted, WatchKeeper
from presence.webhook import PresenceWebhook
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiohttp import web

    from graph.timing import Timing
    from presence.keeper import Microsoft
    from presence.tenant import TenantPresence
    from presence.worker import PresenceWorker
    from store.database import Database
    from store.vault import Vault


class Watching:
    """For the accounts of ``worker`` whose telephones follow Teams."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        worker: PresenceWorker,
        microsoft: Microsoft,
        *,
        now: Clock = utc_now,
        timing: Timing | None = None,
    ) -> None:
        self._worker = worker
        self.changes = Changes(self._hearing, timing)
        self.keeper = WatchKeeper(database, vault, microsoft, self._wanted, now=now, timing=timing)
        self._webhook = PresenceWebhook(database, self.changes.told, now)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the server adds to its routes."""
        return self._webhook.routes()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.changes.run())
            tasks.create_task(self.keeper.run())

    def _hearing(self, account_id: str) -> TenantPresence | None:
        tenant = self._worker.tenants.get(account_id)
        return tenant if tenant is not None and tenant.switched.options.from_teams else None

    def _wanted(self) -> Iterator[Wanted]:
        for tenant in list(self._worker.tenants.values()):
            if tenant.switched.options.from_teams:
                yield Wanted(tenant.switched, tenant.steering.object_ids)
