"""Fulfils ``Rollouts``. Rights come with the tenants: who may see those of an account may roll out to them."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid4

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.port import UnknownId
from rollout import rows
from rollout.model import PersonState, Rollout, Scope, ScopeKind, State
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.tenants import Tenants
    from rollout.model import Person
    from store.database import Database

MAX_ADDRESSES = 1000
MAX_PAGE = 500
# Each of them lists people and shares the tenant's budget at Graph with the others.
MOST_OPEN = 5
_LONGEST_ADDRESS = 320


class Recorder(Protocol):
    """Writes an entry of the audit log in the caller's transaction (``cloudlink.service.administration.audit``)."""

    def __call__(
        self,
        connection: Connection,
        actor: Actor,
        account_id: str,
        action: str,
        *,
        subject: tuple[str, str, str],
        now: datetime,
        after: dict[str, object] | None = None,
    ) -> None: ...


class RolloutService:
    """Fulfils ``Rollouts``; ``wake`` tells the worker that there is something to do."""

    def __init__(
        self, database: Database, tenants: Tenants, record: Recorder, wake: Callable[[], None], now: Clock = utc_now
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._record = record
        self._wake = wake
        self._now = now

    async def start(self, actor: Actor, account_id: str, tenant_id: str, scope: Scope) -> Rollout:
        proved = {tenant.tenant_id for tenant in await self._tenants.all(actor, account_id)}
        if tenant_id not in proved:
            raise UnknownId("no such tenant")
        wanted = _checked(scope)
        made = Rollout(str(uuid4()), account_id, tenant_id, wanted, State.LISTING, None, self._now(), None)

        def work(connection: Connection) -> None:
            if rows.number_open(connection, account_id) >= MOST_OPEN:
                raise Refused(Reason.STATE)
            rows.create(connection, made, {"name": actor.name, "actor_id": actor.actor_id})
            self._note(connection, actor, made, "rollout.started")

        await self._database.write(work)
        self._wake()
        return made

    async def get(self, actor: Actor, account_id: str, rollout_id: str) -> Rollout:
        await self._tenants.all(actor, account_id)
        found = await rows.one(self._database, account_id, rollout_id)
        if found is None:
            raise UnknownId("no such roll-out")
        return found

    async def recent(self, actor: Actor, account_id: str) -> Sequence[Rollout]:
        await self._tenants.all(actor, account_id)
        return await rows.recent(self._database, account_id)

    async def people(
        self,
        actor: Actor,
        account_id: str,
        rollout_id: str,
        *,
        state: PersonState | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Person]:
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        await self.get(actor, account_id, rollout_id)
        return await rows.people(self._database, rollout_id, state, after, limit)

    async def retry(self, actor: Actor, account_id: str, rollout_id: str) -> Rollout:
        found = await self.get(actor, account_id, rollout_id)

        def work(connection: Connection) -> None:
            if rows.number_open(connection, account_id) >= MOST_OPEN or not rows.again(
                connection, rollout_id, self._now()
            ):
                raise Refused(Reason.STATE)
            self._note(connection, actor, found, "rollout.repeated")

        await self._database.write(work)
        self._wake()
        return await self.get(actor, account_id, rollout_id)

    async def cancel(self, actor: Actor, account_id: str, rollout_id: str) -> Rollout:
        found = await self.get(actor, account_id, rollout_id)

        def work(connection: Connection) -> None:
            if not rows.advance(connection, rollout_id, State.CANCELLED, None, self._now()):
                raise Refused(Reason.STATE)
            self._note(connection, actor, found, "rollout.cancelled")

        await self._database.write(work)
        return await self.get(actor, account_id, rollout_id)

    def _note(self, connection: Connection, actor: Actor, rollout: Rollout, action: str) -> None:
        told = asdict(rollout.scope)
        after = {"tenantId": rollout.tenant_id, "scope": told["kind"], "people": len(rollout.scope.addresses)}
        subject = ("rollout", rollout.rollout_id, rollout.rollout_id)
        self._record(connection, actor, rollout.account_id, action, subject=subject, now=self._now(), after=after)


def _checked(scope: Scope) -> Scope:
    """The scope in its plain form. Raises ``Refused``."""
    match scope.kind:
        case ScopeKind.GROUP:
            try:
                return Scope(ScopeKind.GROUP, group_id=str(UUID(scope.group_id.strip())))
            except ValueError:
                raise Refused(Reason.UNKNOWN_VALUE, "groupId") from None
        case ScopeKind.PEOPLE:
            addresses = tuple(dict.fromkeys(filter(None, (address.strip() for address in scope.addresses))))
            if not addresses:
                raise Refused(Reason.REQUIRED, "addresses")
            if len(addresses) > MAX_ADDRESSES or max(map(len, addresses)) > _LONGEST_ADDRESS:
                raise Refused(Reason.TOO_LONG, "addresses")
            if not all(address.isprintable() for address in addresses):
                raise Refused(Reason.BAD_CHARACTER, "addresses")
            return replace(Scope(ScopeKind.PEOPLE), addresses=addresses)
    return Scope(ScopeKind.ALL)
