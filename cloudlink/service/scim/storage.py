"""An account's users and groups, for one request, as the JSON that is answered.

Reading never writes. Each change is one transaction that first looks whether the resource is still in the version that
the change was made on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scim2_models import NotFoundException
from scim2_models import NotImplementedException as NotSupported
from sqlalchemy import func, select

from cloudlink.service.scim.filters import condition
from cloudlink.service.scim.resources import PROVIDER
from cloudlink.service.scim.sync import version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scim2_models import Resource, ResponseParameters, SearchRequest
    from sqlalchemy import ColumnElement, Connection

    from cloudlink.service.scim.kinds import Kind, Probe, Shown
    from cloudlink.service.scim.sync import Sync
    from store.database import Database, Rows, T
    from store.outbox import Outbox


class Storage:
    """What ``sync`` may see and change. Each method raises ``SCIMException``."""

    def __init__(self, database: Database, outbox: Outbox, sync: Sync) -> None:
        self._database = database
        self._outbox = outbox
        self._sync = sync

    async def get(self, kind: Kind, resource_id: str, parameters: ResponseParameters[Any] | None = None) -> Shown:
        """One resource; without its relation when ``parameters`` leave it out."""
        key = {"account_id": self._sync.account_id, "resource_id": resource_id}
        rows = await self._database.read(kind.one, key)
        if not rows:
            raise NotFoundException(detail="there is no such resource")
        related = await self._database.read(kind.related_of_one, key) if kind.asks(parameters) else ()
        return kind.shown(self._sync, rows[0], related)

    async def search(
        self, kinds: Sequence[Kind], search_request: SearchRequest[Any]
    ) -> tuple[int, list[tuple[Kind, Shown]]]:
        """How many match, and a page of them, one kind after the other."""
        if len(kinds) > 1 and search_request.sort_by is not None:
            raise NotSupported(detail="resources of several types cannot be sorted together")
        start = search_request.start_index_0 or 0
        total = 0
        found: list[tuple[Kind, Shown]] = []
        for kind in kinds:
            wanted = (search_request.count or 0) - len(found)
            matching, rows = await self._scanned(kind, search_request, max(start - total, 0), wanted)
            total += matching
            found += [(kind, one) for one in await self._with_relations(kind, rows, search_request)]
        return total, found

    async def probe(self, kind: Kind, probe: Probe, search_request: SearchRequest[Any]) -> list[tuple[Kind, Shown]]:
        """The resource that a probe finds, if there is one."""
        statement, operand = probe
        rows = await self._database.read(statement, {"account_id": self._sync.account_id, "operand": operand})
        return [(kind, one) for one in await self._with_relations(kind, rows, search_request)]

    async def create(self, kind: Kind, asked: Resource[Any]) -> Shown:
        """Makes a resource."""
        return await self._write(lambda connection: kind.create(connection, self._sync, asked))

    async def update(self, kind: Kind, asked: Resource[Any], version: str) -> Shown:
        """Changes a resource to what is asked, if it is still in this version."""
        expected = version_of(version)
        return await self._write(lambda connection: kind.update(connection, self._sync, asked, expected))

    async def delete(self, kind: Kind, resource_id: str, version: str) -> None:
        """Deletes a resource, if it is still in this version."""
        expected = version_of(version)
        await self._write(lambda connection: kind.delete(connection, self._sync, resource_id, expected))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def under_policy(connection: Connection) -> T:
            # The writing thread has not the context of the request, where the policy of scim2-models stands.
            with PROVIDER:
                return work(connection)

        written = await self._database.write(under_policy)
        self._outbox.wake()
        return written

    async def _scanned(
        self, kind: Kind, search_request: SearchRequest[Any], skipped: int, wanted: int
    ) -> tuple[int, Rows]:
        where: list[ColumnElement[bool]] = [kind.table.c.account_id == self._sync.account_id]
        if search_request.filter is not None:
            where.append(condition(kind.bound(search_request.filter), kind.attributes))
        ((total,),) = await self._database.scan(select(func.count()).select_from(kind.table).where(*where))
        if wanted <= 0 or skipped >= total:
            return total, ()
        page = select(*kind.columns).where(*where).order_by(*kind.order(search_request)).offset(skipped).limit(wanted)
        return total, await self._database.scan(page)

    async def _with_relations(self, kind: Kind, rows: Rows, parameters: ResponseParameters[Any]) -> Sequence[Shown]:
        related: dict[str, list[Sequence[Any]]] = {row[0]: [] for row in rows}
        if rows and kind.asks(parameters):
            for relation in await self._related(kind, list(related)):
                related[relation[0]].append(relation)
        return [kind.shown(self._sync, row, related[row[0]]) for row in rows]

    async def _related(self, kind: Kind, ids: Sequence[str]) -> Rows:
        if len(ids) == 1:
            key = {"account_id": self._sync.account_id, "resource_id": ids[0]}
            return await self._database.read(kind.related_of_one, key)
        statement = kind.related.where(kind.related_id.in_(ids))
        return await self._database.scan(statement, {"account_id": self._sync.account_id})
