"""Integrations: Entra single sign-on, Entra Sync and Teams presence.

Each is off until an administrator switches it on, which needs what it works with: a proved tenant for sign-on and
presence, an application's secret for presence, a token for Sync. None is to be had in a partner's own account.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, select, update

from cloudlink.administration.integrations import Integration, IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.port import UnknownId
from cloudlink.service.administration import audit
from cloudlink.service.administration.credentials import read_certificate, read_secret
from cloudlink.service.administration.rights import Right, require, require_in
from store.clock import Clock, utc_now
from store.schema import accounts, integrations, scim_tokens, tenants
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.service.administration.credentials import Credential
    from store.database import Database
    from store.vault import Vault

_c = integrations.c
_COLUMNS = (
    _c.kind,
    _c.enabled,
    _c.configuration,
    _c.secret_encrypted,
    _c.secret_expires_on,
    _c.created_on,
    _c.modified_on,
)
_ALL = select(*_COLUMNS).where(_c.account_id == bindparam("account_id")).order_by(_c.kind)
_THIS = and_(_c.account_id == bindparam("of_account"), _c.kind == bindparam("of_kind"))
_ONE = select(*_COLUMNS).where(_THIS)
_SAVE = insert(integrations)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=[_c.account_id, _c.kind],
    set_={
        name: _SAVE.excluded[name]
        for name in ("enabled", "configuration", "secret_encrypted", "secret_expires_on", "modified_on")
    },
)
_SWITCH = update(integrations).where(_THIS).values(enabled=bindparam("switched"), modified_on=bindparam("at"))
_REMOVE = delete(integrations).where(_THIS)
_VOID_TOKENS = delete(scim_tokens).where(scim_tokens.c.account_id == bindparam("of_account"))
_IS_PARTNER = select(accounts.c.partner).where(accounts.c.account_id == bindparam("account_id"))
_PROVED = select(tenants.c.tenant_id).where(
    tenants.c.account_id == bindparam("account_id"), tenants.c.tenant_id == bindparam("tenant_id")
)
_HAS_TOKEN = (
    select(scim_tokens.c.token_id)
    .where(
        scim_tokens.c.account_id == bindparam("account_id"),
        scim_tokens.c.expires_at.is_(None) | (scim_tokens.c.expires_at > bindparam("now")),
    )
    .limit(1)
)
_LONGEST_NAME = 200
_CHOICES = ("ringing", "fromTeams")
# What may change while it is on; anything else has to be tried before it is switched on again.
_CHANGEABLE = frozenset({"name", "thumbprint", *_CHOICES})


def require_customer(connection: Connection, account_id: str) -> None:
    """Raises ``Refused`` in a partner's own account, which integrations are not for."""
    if connection.execute(_IS_PARTNER, {"account_id": account_id}).scalar():
        raise Refused(Reason.PARTNER_ACCOUNT)


class AccountIntegrations:
    """Fulfils ``Integrations``."""

    def __init__(self, database: Database, vault: Vault, now: Clock = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    async def all(self, actor: Actor, account_id: str) -> Sequence[Integration]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return [_integration(row) for row in await self._database.read(_ALL, {"account_id": account_id})]

    async def save(
        self,
        actor: Actor,
        account_id: str,
        kind: IntegrationKind,
        configuration: Mapping[str, str],
        *,
        secret: str | None = None,
        secret_expires_on: datetime | None = None,
        certificate: str | None = None,
    ) -> Integration:
        # Nobody else may have a key checked, which takes long.
        await require(self._database, actor, account_id, Right.ADMINISTER)
        checked = _CHECKS[kind](configuration)
        given = await self._credential(kind, secret, certificate)
        encrypted = None if given is None else self._vault.encrypt(given.text)

        def work(connection: Connection) -> Integration:
            before = self._open(connection, actor, account_id, kind)
            now = self._now()
            row = {
                "account_id": account_id,
                "kind": kind,
                "enabled": before is not None and before.enabled and _works_as(before.configuration, checked),
                "configuration": {**checked, **_thumbprint(before, given)},
                "secret_encrypted": encrypted or (before.secret_encrypted if before else None),
                "secret_expires_on": _end(before, given, secret_expires_on),
                "created_on": now,
                "modified_on": now,
            }
            connection.execute(_SAVE, row)
            return self._note(connection, actor, account_id, kind, before)

        return await self._database.write(work)

    async def set_enabled(self, actor: Actor, account_id: str, kind: IntegrationKind, *, enabled: bool) -> Integration:
        def work(connection: Connection) -> Integration:
            before = self._open(connection, actor, account_id, kind)
            if before is None:
                raise UnknownId("no such integration")
            if enabled:
                self._require_ready(connection, account_id, _integration(before))
            switch = {"of_account": account_id, "of_kind": kind, "switched": enabled, "at": self._now()}
            connection.execute(_SWITCH, switch)
            return self._note(connection, actor, account_id, kind, before)

        return await self._database.write(work)

    async def remove(self, actor: Actor, account_id: str, kind: IntegrationKind) -> None:
        def work(connection: Connection) -> None:
            before = self._open(connection, actor, account_id, kind)
            if before is None:
                raise UnknownId("no such integration")
            connection.execute(_REMOVE, {"of_account": account_id, "of_kind": kind})
            if kind is IntegrationKind.ENTRA_SYNC:
                connection.execute(_VOID_TOKENS, {"of_account": account_id})
            subject = ("integration", kind, kind)
            told = _told(_integration(before))
            audit.record(
                connection, actor, account_id, "integration.removed", subject=subject, now=self._now(), before=told
            )

        await self._database.write(work)

    async def secret(self, account_id: str, kind: IntegrationKind) -> str | None:
        rows = await self._database.read(_ONE, {"of_account": account_id, "of_kind": kind})
        return self._vault.decrypt(rows[0][3]) if rows and rows[0][3] is not None else None

    async def _credential(
        self, kind: IntegrationKind, secret: str | None, certificate: str | None
    ) -> Credential | None:
        if certificate is None:
            return None if secret is None else read_secret(secret)
        if kind is not IntegrationKind.TEAMS_PRESENCE:
            raise Refused(Reason.UNKNOWN_VALUE, "certificate")
        return await asyncio.to_thread(read_certificate, certificate, self._now())

    def _open(self, connection: Connection, actor: Actor, account_id: str, kind: IntegrationKind) -> Any:
        """The row as it is, once the actor may change it."""
        require_in(connection, actor, account_id, Right.ADMINISTER)
        require_customer(connection, account_id)
        return connection.execute(_ONE, {"of_account": account_id, "of_kind": kind}).first()

    def _note(
        self, connection: Connection, actor: Actor, account_id: str, kind: IntegrationKind, before: Any
    ) -> Integration:
        row = connection.execute(_ONE, {"of_account": account_id, "of_kind": kind}).one()
        changed = _integration(row)
        audit.record(
            connection,
            actor,
            account_id,
            "integration.added" if before is None else "integration.changed",
            subject=("integration", kind, kind),
            now=self._now(),
            before=None if before is None else {**_told(_integration(before)), "secret": before[3]},
            after={**_told(changed), "secret": row[3]},
        )
        return changed

    def _require_ready(self, connection: Connection, account_id: str, integration: Integration) -> None:
        match integration.kind:
            case IntegrationKind.ENTRA_SYNC:
                ready = connection.execute(_HAS_TOKEN, {"account_id": account_id, "now": self._now()}).first()
                missing = "token"
            case kind:
                tenant = {"account_id": account_id, "tenant_id": integration.configuration["tenantId"]}
                ready = connection.execute(_PROVED, tenant).first()
                missing = "tenantId"
                if ready and not integration.has_secret and _needs_secret(kind, integration.configuration):
                    ready, missing = None, "secret"
        if ready is None:
            raise Refused(Reason.STATE, missing)


def _needs_secret(kind: str, configuration: Mapping[str, str]) -> bool:
    """Single sign-on by our own application needs none of the customer's."""
    return kind == IntegrationKind.TEAMS_PRESENCE or bool(configuration.get("clientId"))


def _thumbprint(before: Any, given: Credential | None) -> dict[str, str]:
    """That of the certificate by which the application is known from now on."""
    if given is None:
        given_before = before.configuration.get("thumbprint", "") if before else ""
        return {"thumbprint": given_before} if given_before else {}
    return {"thumbprint": given.thumbprint} if given.thumbprint else {}


def _end(before: Any, given: Credential | None, entered: datetime | None) -> datetime | None:
    """A certificate tells its own; that of a secret is what somebody entered, with it or later."""
    if given is not None:
        return given.expires_on or entered
    if before is None or before.secret_encrypted is None:
        return None
    kept: datetime | None = before.secret_expires_on
    return kept if before.configuration.get("thumbprint") else entered or kept


def _works_as(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether it is still the same tenant and application."""
    return all(before.get(name) == after.get(name) for name in {*before, *after} - _CHANGEABLE)


def _integration(row: Sequence[Any]) -> Integration:
    kind, enabled, configuration, secret, secret_expires_on, created_on, modified_on = row
    return Integration(kind, enabled, configuration, secret is not None, secret_expires_on, created_on, modified_on)


def _told(integration: Integration) -> dict[str, Any]:
    """What the audit log may say of it."""
    told = asdict(integration)
    expiry = integration.secret_expires_on
    return {
        **told["configuration"],
        "enabled": integration.enabled,
        "expiresOn": expiry.isoformat() if expiry else None,
    }


def _guid(configuration: Mapping[str, str], field: str) -> str:
    value = configuration.get(field, "").strip()
    if not value:
        raise Refused(Reason.REQUIRED, field)
    try:
        return str(UUID(value))
    except ValueError:
        raise Refused(Reason.UNKNOWN_VALUE, field) from None


def _sso(configuration: Mapping[str, str]) -> dict[str, str]:
    checked = {"tenantId": _guid(configuration, "tenantId")}
    if configuration.get("clientId", "").strip():
        checked["clientId"] = _guid(configuration, "clientId")
    return checked


def _sync(configuration: Mapping[str, str]) -> dict[str, str]:
    attribute = configuration.get("extensionAttribute", "").strip()
    if not attribute:
        return {}
    from cloudlink.service.scim.paths import BadPath, reader  # noqa: PLC0415 - it compiles SCIM's models

    try:
        reader(attribute)
    except BadPath:
        raise Refused(Reason.UNKNOWN_VALUE, "extensionAttribute") from None
    return {"extensionAttribute": attribute}


def _presence(configuration: Mapping[str, str]) -> dict[str, str]:
    name = configuration.get("name", "").strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refused(Reason.TOO_LONG if name else Reason.REQUIRED, "name")
    return {
        "name": name,
        "tenantId": _guid(configuration, "tenantId"),
        "clientId": _guid(configuration, "clientId"),
        **{name: _choice(configuration, name) for name in _CHOICES},
    }


def _choice(configuration: Mapping[str, str], name: str) -> str:
    value = configuration.get(name, "")
    if value not in {"", "true"}:
        raise Refused(Reason.UNKNOWN_VALUE, name)
    return value


_CHECKS: dict[IntegrationKind, Callable[[Mapping[str, str]], dict[str, str]]] = {
    IntegrationKind.ENTRA_SSO: _sso,
    IntegrationKind.ENTRA_SYNC: _sync,
    IntegrationKind.TEAMS_PRESENCE: _presence,
}
