"""Reads the contacts of tenants, page after page.

Each page is written together with the place of the next, so whoever goes on after a restart reads no page twice. Of
several servers on one database one reads a tenant: it claims it for some minutes. The tenant's own budget (``graph``)
keeps it in its bounds.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from contacts import rows
from contacts.model import Trouble
from contacts.numbers import to_contact
from graph.consent import missing
from graph.contacts import Source, read_page
from graph.errors import GraphError, GraphUnavailable, NotPermitted, Throttled
from graph.permissions import Feature, needed_for
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.people.index import keep_contact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from contacts.rows import Reading
    from graph.client import Graph, TenantGraph
    from graph.contacts import Contact
    from store.database import Database

logger = logging.getLogger(__name__)

MOST_CONTACTS = 50_000
"""Of one tenant. Further ones are left out, and the console says so."""
EVERY = timedelta(hours=6)
SOON = timedelta(minutes=10)
_LOOKS_AGAIN_S = 60.0
_CLAIMED_FOR = timedelta(minutes=5)
_NEXT = {Source.USERS: Source.CONTACTS, Source.CONTACTS: None}
# Contacts that are written in one transaction: others wait for it.
_CHUNK = 25


class ContactWorker:
    """Reads whatever is due."""

    def __init__(self, database: Database, graph: Graph, now: Clock = utc_now, *, most: int = MOST_CONTACTS) -> None:
        self._database = database
        self._graph = graph
        self._now = now
        self._most = most

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            with suppress(DatabaseUnavailable):
                await self.read_due()
            await asyncio.sleep(_LOOKS_AGAIN_S)

    async def read_due(self) -> None:
        """Removes what is no longer the accounts' to read, then reads each tenant whose time has come, in turn."""
        for account_id, tenant_id in await rows.gone(self._database):
            await self._forget(account_id, tenant_id)
            await self._end(account_id, tenant_id)
        for reading in await rows.due(self._database, self._now()):
            await self._read(reading)

    async def _read(self, reading: Reading) -> None:
        sync_id = reading.sync_id if reading.place or reading.source != Source.USERS else None
        sync_id = sync_id or str(uuid4())
        now = self._now()
        if not await self._database.write(
            lambda connection: rows.claim(connection, reading, sync_id, now, now + _CLAIMED_FOR)
        ):
            return
        try:
            await self._read_all(self._graph.tenant(reading.tenant_id), reading, sync_id)
        except NotPermitted:
            await self._forget(reading.account_id, reading.tenant_id)
            await self._stop(reading, Trouble.NOT_PERMITTED, contacts=0, source=Source.USERS, place=None)
        except (GraphUnavailable, Throttled):
            await self._stop(reading, Trouble.UNREACHABLE)
        except GraphError as error:
            # A place that has grown old is refused too: the next reading begins anew.
            logger.warning("Graph rejects a reading of contacts", extra={"cause": str(error)})
            await self._stop(reading, Trouble.REJECTED, source=Source.USERS, place=None)

    async def _read_all(self, graph: TenantGraph, reading: Reading, sync_id: str) -> None:
        if absent := await missing(graph, needed_for(Feature.CONTACTS)):
            refusal = NotPermitted("missing")
            refusal.permission = absent[0]
            raise refusal
        source: Source | None = Source(reading.source)
        place, trouble = reading.place, None
        while source is not None and trouble is None:
            page = await read_page(graph, source, place)
            kept = await self._keep(reading, page.contacts, sync_id)
            place = page.following
            source = source if place else _NEXT[source]
            if source is not None:
                await self._move(reading, source=source.value, place=place)
            trouble = Trouble.TOO_MANY if kept >= self._most and source else None
        await self._forget(reading.account_id, reading.tenant_id, but=sync_id)
        await self._finish(reading, trouble)

    async def _keep(self, reading: Reading, told: Sequence[Contact], sync_id: str) -> int:
        """Writes a page, and answers how many there are now."""
        contacts = [to_contact(each, reading.tenant_id, reading.dialing) for each in told]
        kept = [contact for contact in contacts if contact is not None]

        def work(connection: Connection, *, first: int) -> int:
            for contact in kept[first : first + _CHUNK]:
                keep_contact(connection, reading.account_id, contact, sync_id)
            return rows.count(connection, reading)

        there = 0
        for first in range(0, max(1, len(kept)), _CHUNK):
            there = await self._database.write(partial(work, first=first))
        return there

    async def _forget(self, account_id: str, tenant_id: str, *, but: str = "") -> None:
        while await self._database.write(
            lambda connection: rows.remove_some(connection, account_id, tenant_id, but=but)
        ):
            pass

    async def _end(self, account_id: str, tenant_id: str) -> None:
        await self._database.write(lambda connection: rows.end(connection, account_id, tenant_id))

    async def _move(self, reading: Reading, **values: object) -> None:
        until = self._now() + _CLAIMED_FOR
        await self._database.write(lambda connection: rows.move(connection, reading, claimed_until=until, **values))

    async def _finish(self, reading: Reading, trouble: Trouble | None) -> None:
        now = self._now()
        ended = {"finished_on": now, "next_at": now + EVERY, "source": Source.USERS.value, "place": None}

        def work(connection: Connection) -> None:
            there = rows.count(connection, reading)
            rows.move(connection, reading, **ended, contacts=there, trouble=trouble, claimed_until=None)

        await self._database.write(work)

    async def _stop(self, reading: Reading, trouble: Trouble, **values: object) -> None:
        again = self._now() + SOON
        values |= {"trouble": trouble.value, "next_at": again, "claimed_until": None}
        await self._database.write(lambda connection: rows.move(connection, reading, **values))
