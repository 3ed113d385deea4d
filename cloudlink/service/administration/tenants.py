"""The Entra ID tenants of an account. A tenant belongs to one account; whoever proves it first, and only that one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, insert, select, update

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.tenants import Tenant
from cloudlink.port import UnknownId
from cloudlink.service.administration import audit
from cloudlink.service.administration.integrations import require_customer
from cloudlink.service.administration.rights import Right, require, require_in
from store.clock import Clock, utc_now
from store.schema import accounts, entra_links, integrations, tenants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from store.database import Database

_c = tenants.c
_OF_ACCOUNT = (
    select(_c.tenant_id, _c.account_id, _c.proved_on)
    .where(_c.account_id == bindparam("account_id"))
    .order_by(_c.proved_on, _c.tenant_id)
)
_ONE = select(_c.tenant_id, _c.account_id, _c.proved_on).where(_c.tenant_id == bindparam("tenant_id"))
_ACTIVE = (
    select(_c.account_id)
    .join(accounts, accounts.c.account_id == _c.account_id)
    .where(_c.tenant_id == bindparam("tenant_id"), accounts.c.active.is_(True))
)
_FORGET = delete(tenants).where(and_(_c.account_id == bindparam("of_account"), _c.tenant_id == bindparam("of_tenant")))
_FORGET_LINKS = delete(entra_links).where(
    entra_links.c.account_id == bindparam("of_account"), entra_links.c.tenant_id == bindparam("of_tenant")
)
_BY_TENANT = select(integrations.c.kind, integrations.c.configuration).where(
    integrations.c.account_id == bindparam("account_id"), integrations.c.enabled.is_(True)
)
_SWITCH_OFF = (
    update(integrations)
    .where(integrations.c.account_id == bindparam("of_account"), integrations.c.kind == bindparam("of_kind"))
    .values(enabled=False, modified_on=bindparam("at"))
)


class AccountTenants:
    """Fulfils ``Tenants``."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def all(self, actor: Actor, account_id: str) -> Sequence[Tenant]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return [Tenant(*row) for row in await self._database.read(_OF_ACCOUNT, {"account_id": account_id})]

    async def prove(self, actor: Actor, account_id: str, tenant_id: str) -> Tenant:
        tenant_id = _guid(tenant_id)

        def work(connection: Connection) -> Tenant:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            require_customer(connection, account_id)
            if (there := connection.execute(_ONE, {"tenant_id": tenant_id}).first()) is not None:
                if there.account_id != account_id:
                    raise Refused(Reason.IN_USE, "tenantId")
                return Tenant(*there)
            tenant = Tenant(tenant_id, account_id, self._now())
            row = {"tenant_id": tenant_id, "account_id": account_id, "proved_on": tenant.proved_on}
            connection.execute(insert(tenants), {**row, "proved_by": (actor.actor_id or "")[:36]})
            self._record(connection, actor, tenant, "tenant.proved")
            return tenant

        return await self._database.write(work)

    async def forget(self, actor: Actor, account_id: str, tenant_id: str) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            there = connection.execute(_ONE, {"tenant_id": tenant_id}).first()
            if there is None or there.account_id != account_id:
                raise UnknownId("no such tenant")
            connection.execute(_FORGET, {"of_account": account_id, "of_tenant": tenant_id})
            connection.execute(_FORGET_LINKS, {"of_account": account_id, "of_tenant": tenant_id})
            self._switch_off(connection, account_id, tenant_id)
            self._record(connection, actor, Tenant(*there), "tenant.forgotten")

        await self._database.write(work)

    async def account_of(self, tenant_id: str) -> str | None:
        rows = await self._database.read(_ACTIVE, {"tenant_id": tenant_id})
        return rows[0][0] if rows else None

    def _switch_off(self, connection: Connection, account_id: str, tenant_id: str) -> None:
        """Nothing works with a tenant that is not the account's any more."""
        for kind, configuration in connection.execute(_BY_TENANT, {"account_id": account_id}).all():
            if kind != IntegrationKind.ENTRA_SYNC and configuration.get("tenantId") == tenant_id:
                off = {"of_account": account_id, "of_kind": kind, "at": self._now()}
                connection.execute(_SWITCH_OFF, off)

    def _record(self, connection: Connection, actor: Actor, tenant: Tenant, action: str) -> None:
        subject = ("tenant", tenant.tenant_id, tenant.tenant_id)
        audit.record(connection, actor, tenant.account_id, action, subject=subject, now=self._now())


def _guid(tenant_id: str) -> str:
    try:
        return str(UUID(tenant_id))
    except ValueError:
        raise Refused(Reason.UNKNOWN_VALUE, "tenantId") from None
