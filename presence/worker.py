"""Looks after the presence of accounts: of those that are switched on, and of which no other server does.

Whatever an account's integration becomes, its tenant's sessions are taken care of: where presence is switched off, or
the tenant or the application is another one, they are ended with the credentials that were.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from cloudlink.topics import (
    ACCOUNT_DEACTIVATED,
    EXTENSIONS_CHANGED,
    LINE_CHANGED,
    LINES_KNOWN,
    USER_CHANGED,
    USER_DEACTIVATED,
)
from graph.timing import Timing
from presence import claims, rows
from presence.claims import Claim
from presence.leases import KEPT_EVERY_S, Leases
from presence.sessions import SessionJournal
from presence.tenant import TenantPresence
from presence.waiting import until_first, wait
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.vault import UnreadableSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graph.client import TenantGraph
    from presence.model import Switched
    from presence.rows import Found
    from presence.steering import Following
    from store.database import Database
    from store.outbox import Event, Outbox
    from store.vault import Vault

logger = logging.getLogger(__name__)

_CONSUMER = "presence"
_LOOKS_AGAIN_S = 5.0
_HEEDS_LEASES_EVERY_S = 1.0
# Of what gateways tell other servers.
_HEARS_WITHIN_S = 0.5
# No session of ours lasts longer unless it is renewed.
_ENDS_WITHIN_S = 3660.0

_Place = tuple[str, str, str]


class PresenceWorker:
    """Those of this server. ``graph_of`` makes the Graph of an account: with its own credentials, budget and token."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        vault: Vault,
        graph_of: Callable[[Switched], TenantGraph],
        following: Following,
        *,
        now: Clock = utc_now,
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._vault = vault
        self._graph_of = graph_of
        self._following = following
        self._now = now
        self._timing = timing or Timing()
        self.leases = Leases(database, now, self._timing.clock)
        self._tenants: dict[str, TenantPresence] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ending: dict[_Place, asyncio.Task[None]] = {}
        self._opened: dict[str, str | None] = {}
        self._bell = asyncio.Event()
        # What is begun and ended here is by one at a time.
        self._turn = asyncio.Lock()

    @property
    def tenants(self) -> Mapping[str, TenantPresence]:
        """By account id, those that this server looks after."""
        return self._tenants

    def wake(self) -> None:
        """An integration may be otherwise than before."""
        self._bell.set()

    async def on_event(self, event: Event) -> None:
        """The outbox consumer: only notes who may be otherwise than before."""
        if event.topic == ACCOUNT_DEACTIVATED:
            self.wake()
        tenant = self._tenants.get(event.account_id)
        if tenant is None:
            return
        principal_id = event.payload.get("principal_id")
        if event.topic in {EXTENSIONS_CHANGED, LINES_KNOWN}:
            tenant.note_all()
        elif principal_id and event.topic in {LINE_CHANGED, USER_CHANGED, USER_DEACTIVATED}:
            tenant.note(principal_id, changed=event.topic != LINE_CHANGED)

    async def run(self) -> NoReturn:
        """Until cancelled; then the accounts are left to others."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_leases())
                tasks.create_task(self._heed_leases())
                tasks.create_task(self._listen())
                await self._look_again_and_again()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Leaves the sessions as they are: whoever comes next goes on with them."""
        await _cancel(*self._running.values(), *self._ending.values())
        self._tenants.clear()
        self._running.clear()
        self._ending.clear()
        with suppress(DatabaseUnavailable):
            await self.leases.let_go()
            await self._outbox.retire(self._consumer)

    async def look(self) -> None:
        """Begins and ends what is to be, by the integrations as they are. Raises ``DatabaseUnavailable``."""
        found = await rows.find(self._database, self._open)
        async with self._turn:
            await self._follow(found)

    async def _follow(self, found: Mapping[str, Found]) -> None:
        for account_id in list(self._tenants):
            await self._check(account_id, found.get(account_id))
        for account_id, each in found.items():
            if account_id not in self._tenants and (each.on or _place(each.switched) not in self._ending):
                await self._take(each)
        ending = {account_id for account_id, _, _ in self._ending}
        for account_id in self.leases.held() - self._tenants.keys() - ending:
            await self.leases.let_go(account_id)

    async def keep_leases(self) -> None:
        """Keeps what is ours, and stops at once what is not any more."""
        with suppress(DatabaseUnavailable):
            await self.leases.keep()
        async with self._turn:
            await self._stop_lost()

    def stop_unsure(self) -> None:
        """Interrupts at once what works for an account that is not surely ours any more; waits for nothing.

        What we would end may be what another server shows.
        """
        running = [task for account_id, task in self._running.items() if not self.leases.has(account_id)]
        ending = [task for (account_id, _, _), task in self._ending.items() if not self.leases.has(account_id)]
        for task in running + ending:
            task.cancel()

    async def _stop_lost(self) -> None:
        for account_id in [account_id for account_id in self._tenants if not self.leases.has(account_id)]:
            logger.warning("another server looks after an account", extra={"account_id": account_id})
            await self._stop(account_id)
        lost = [place for place in self._ending if not self.leases.has(place[0])]
        await _cancel(*(self._ending[place] for place in lost))

    @property
    def _consumer(self) -> str:
        """Each server hears every event: any of them may have written it."""
        return f"{_CONSUMER} {self.leases.server}"

    async def _listen(self) -> NoReturn:
        """As long as it looks after any account: events are kept for those servers alone that do."""
        while True:
            await self.leases.any.wait()
            with suppress(DatabaseUnavailable):
                servers = {f"{_CONSUMER} {server}" for server in await claims.servers(self._database)}
                await self._outbox.retire(f"{_CONSUMER} ", but=servers | {self._consumer})
                await self._outbox.register(self._consumer)
            # What happened until then, nobody may have kept for us.
            for tenant in self._tenants.values():
                tenant.note_all()
            hearing = self._outbox.run_consumer(self._consumer, self.on_event, looks_again=_HEARS_WITHIN_S)
            await until_first(hearing, self.leases.none.wait())

    async def _keep_leases(self) -> NoReturn:
        while True:
            await self._timing.sleep(KEPT_EVERY_S)
            await self.keep_leases()

    async def _heed_leases(self) -> NoReturn:
        """Also while a database that hangs lets nothing be kept or looked at."""
        while True:
            await self._timing.sleep(_HEEDS_LEASES_EVERY_S)
            self.stop_unsure()

    async def _look_again_and_again(self) -> NoReturn:
        while True:
            self._bell.clear()
            try:
                await self.look()
            except DatabaseUnavailable as error:
                logger.warning("presence waits for the database", extra={"reason": str(error)})
            await wait(self._bell, _LOOKS_AGAIN_S, self._timing)

    async def _check(self, account_id: str, found: Found | None) -> None:
        """Stops an account that is not to be as it is."""
        switched, task = self._tenants[account_id].switched, self._running[account_id]
        if found is not None and found.on and found.switched == switched and not task.done():
            return
        await self._stop(account_id)
        if found is None or not found.on or _place(found.switched) != _place(switched):
            self._end(switched, freeing=found is None or not found.on)

    async def _take(self, found: Found) -> None:
        switched = found.switched
        if not self.leases.has(switched.account_id) and not self.leases.is_free(found.claimed_until):
            return
        claimed = await self.leases.claim(switched.account_id)
        if claimed is Claim.ANOTHERS:
            return
        if not found.on:
            self._end(switched, freeing=True)
            return
        if (ending := self._ending.pop(_place(switched), None)) is not None:
            await _cancel(ending)
        tenant = self._tenants[switched.account_id] = self._make(switched, inherited=claimed is Claim.INHERITED)
        task = self._running[switched.account_id] = asyncio.create_task(tenant.run())
        task.add_done_callback(lambda ended: _note_end(switched, ended))
        logger.info("presence begins", extra={"account_id": switched.account_id, "tenant": switched.tenant_id})

    def _make(self, switched: Switched, *, inherited: bool) -> TenantPresence:
        account_id = switched.account_id
        journal = SessionJournal(
            self._database, switched, self.leases.server, lambda: self._lost(account_id), self._now
        )
        graph = self._graph_of(switched)
        return TenantPresence(
            self._database, graph, switched, journal, self._following, inherited=inherited, now=self._now
        )

    def _end(self, switched: Switched, *, freeing: bool) -> None:
        place = _place(switched)
        tenant = self._make(switched, inherited=False)
        task = self._ending[place] = asyncio.create_task(tenant.end(_ENDS_WITHIN_S, freeing=freeing))
        task.add_done_callback(lambda ended: self._has_ended(switched, ended))

    def _has_ended(self, switched: Switched, task: asyncio.Task[None]) -> None:
        if self._ending.get(_place(switched)) is task:
            del self._ending[_place(switched)]
        _note_end(switched, task)

    def _lost(self, account_id: str) -> None:
        self.leases.lose(account_id)
        self.stop_unsure()
        self.wake()

    async def _stop(self, account_id: str) -> None:
        del self._tenants[account_id]
        await _cancel(self._running.pop(account_id))

    def _open(self, encrypted: str) -> str | None:
        """A secret is opened once for as long as it is looked at."""
        if encrypted not in self._opened:
            try:
                self._opened[encrypted] = self._vault.decrypt(encrypted)
            except UnreadableSecret as error:
                logger.error("an application's secret cannot be read", extra={"reason": str(error)})  # noqa: TRY400
                self._opened[encrypted] = None
        return self._opened[encrypted]


def _place(switched: Switched) -> _Place:
    """Whose sessions they are."""
    return switched.account_id, switched.tenant_id, switched.application_id


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


def _note_end(switched: Switched, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # It is begun again at the next look.
        logger.error("presence stopped", exc_info=error, extra={"account_id": switched.account_id})
