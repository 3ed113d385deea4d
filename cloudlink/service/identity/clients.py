"""Applications: their registration, and who they are when they ask for tokens.

An application is for the users of its account; a partner's is for those of its customers too. A confidential one proves
itself by a secret, of which a hash is stored; a public one (native, or in a browser) by PKCE alone.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloudlink.administration.clients import Client, NewClient
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration import access, audit
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.service.identity import client_fields
from store.clock import Clock, utc_now
from store.schema import accounts, authorization_codes, clients, consents, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from store.database import Database

_c = clients.c
_COLUMNS = (
    _c.client_id, _c.account_id, _c.name, _c.description, _c.redirect_uris, _c.post_logout_redirect_uris,
    _c.grant_types, _c.role, _c.secret_hash, _c.active, _c.created_on,
)  # fmt: skip
_ALL = select(*_COLUMNS).where(_c.account_id == bindparam("account_id")).order_by(_c.name, _c.client_id)
_ONE = select(*_COLUMNS).where(_c.account_id == bindparam("account_id"), _c.client_id == bindparam("client_id"))
_ACTIVE = (
    select(*_COLUMNS)
    .select_from(clients.join(accounts))
    .where(_c.client_id == bindparam("client_id"), _c.active.is_(True), accounts.c.active.is_(True))
)
_ACTIVE_OF_ACCOUNT = (
    select(*_COLUMNS)
    .select_from(clients.join(accounts))
    .where(_c.account_id == bindparam("account_id"), _c.active.is_(True), accounts.c.active.is_(True))
)
_IS_PARTNER = select(accounts.c.partner).where(accounts.c.account_id == bindparam("account_id"))
_OWN = (_c.account_id == bindparam("of_account")) & (_c.client_id == bindparam("of_client"))
_UPDATE = update(clients).where(_OWN)
_REMOVE = delete(clients).where(_OWN)
# A partner's application has sessions in the accounts of its customers.
_ENDED = tuple(
    delete(table).where(table.c.client_id == bindparam("of_client"))
    for table in (sessions, authorization_codes, consents)
)


class ClientService:
    """Fulfils ``Clients``."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def all(self, actor: Actor, account_id: str) -> Sequence[Client]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return [to_client(row) for row in await self._database.scan(_ALL, {"account_id": account_id})]

    async def create(self, actor: Actor, account_id: str, new: NewClient) -> tuple[Client, str | None]:
        client_id = client_fields.client_id(new.client_id) if new.client_id else str(uuid4())
        secret = new_client_secret() if new.confidential else None

        def work(connection: Connection) -> Client:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            now = self._now()
            row = {
                **_row_of(connection, actor, account_id, new),
                "client_id": client_id,
                "account_id": account_id,
                "secret_hash": hash_client_secret(secret) if secret else None,
                "active": True,
                "created_on": now,
                "modified_on": now,
            }
            connection.execute(insert(clients), row)
            client = _get(connection, account_id, client_id)
            self._record(connection, actor, "client.created", client, after=_audited(client))
            return client

        try:
            return await self._database.write(work), secret
        except IntegrityError:
            raise Refused(Reason.IN_USE, "client_id") from None

    async def change(self, actor: Actor, account_id: str, client_id: str, new: NewClient, *, active: bool) -> Client:
        def work(connection: Connection) -> Client:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            return self._change(connection, actor, _get(connection, account_id, client_id), new, active=active)

        return await self._database.write(work)

    async def put(self, actor: Actor, account_id: str, client_id: str, new: NewClient, *, active: bool) -> Client:
        """``PUT /applications/{id}``: registers it, or changes its name, description, addresses and activity.

        Only for partners. Raises ``NotAllowed``, ``UnknownId`` for another account's application, ``Refused``.
        """
        await require(self._database, actor, account_id, Right.ADMINISTER)
        if not actor.unbound and actor.role != Role.PARTNER_ADMIN:
            raise NotAllowed("only a partner registers applications so")
        if not await self._database.read(_ONE, {"account_id": account_id, "client_id": client_id}):
            await self._create_as(actor, account_id, replace(new, client_id=client_id))

        def work(connection: Connection) -> Client:
            before = _get(connection, account_id, client_id)
            kept = replace(
                new,
                post_logout_redirect_uris=before.post_logout_redirect_uris,
                grant_types=before.grant_types,
                role=before.role,
                confidential=before.confidential,
            )
            return self._change(connection, actor, before, kept, active=active)

        return await self._database.write(work)

    async def new_secret(self, actor: Actor, account_id: str, client_id: str) -> str:
        secret = new_client_secret()

        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            client = _get(connection, account_id, client_id)
            if not client.confidential:
                raise Refused(Reason.STATE, "confidential")
            values = {"secret_hash": hash_client_secret(secret), "modified_on": self._now()}
            connection.execute(_UPDATE.values(values), {"of_account": account_id, "of_client": client_id})
            self._record(connection, actor, "client.secretChanged", client)

        await self._database.write(work)
        return secret

    async def remove(self, actor: Actor, account_id: str, client_id: str) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            client = _get(connection, account_id, client_id)
            _end_all(connection, client_id)
            connection.execute(_REMOVE, {"of_account": account_id, "of_client": client_id})
            self._record(connection, actor, "client.removed", client, before=_audited(client))

        await self._database.write(work)

    async def _create_as(self, actor: Actor, account_id: str, new: NewClient) -> None:
        try:
            await self.create(actor, account_id, new)
        except Refused as refusal:
            if refusal.reason == Reason.IN_USE:
                raise UnknownId("another account's application") from None
            raise

    def _change(self, connection: Connection, actor: Actor, before: Client, new: NewClient, *, active: bool) -> Client:
        if new.confidential != before.confidential:
            raise Refused(Reason.STATE, "confidential")
        values = _row_of(connection, actor, before.account_id, new)
        values |= {"active": active, "modified_on": self._now()}
        key = {"of_account": before.account_id, "of_client": before.client_id}
        connection.execute(_UPDATE.values(values), key)
        if not active:
            _end_all(connection, before.client_id)
        elif values["role"] != before.role:
            access.end_subscriptions_of_client(connection, before.client_id)
        after = _get(connection, before.account_id, before.client_id)
        if after != before:
            told = {"before": _audited(before), "after": _audited(after)}
            self._record(connection, actor, "client.changed", after, **told)
        return after

    def _record(self, connection: Connection, actor: Actor, action: str, client: Client, **told: Any) -> None:
        subject = ("client", client.client_id, client.name)
        audit.record(connection, actor, client.account_id, action, subject=subject, now=self._now(), **told)


async def active_client(database: Database, client_id: str) -> tuple[Client, str | None] | None:
    """An application that may ask for tokens now, by its public id, with the hash of its secret."""
    rows = await database.read(_ACTIVE, {"client_id": client_id}) if client_id.isprintable() else ()
    return (to_client(rows[0]), rows[0][8]) if rows else None


async def only_public_client(database: Database, account_id: str, grant: str) -> Client | None:
    """The account's one public application for a grant, for programs that name none; ``None`` when not exactly one."""
    rows = await database.scan(_ACTIVE_OF_ACCOUNT, {"account_id": account_id}) if account_id.isprintable() else ()
    found = [client for client in map(to_client, rows) if not client.confidential and grant in client.grant_types]
    return found[0] if len(found) == 1 else None


def new_client_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hash_client_secret(secret: str) -> str:
    """How a secret is stored. It is random and long, so a fast hash gives nothing away."""
    return hashlib.sha256(secret.encode()).hexdigest()


def to_client(row: Sequence[Any]) -> Client:
    """From a row of the columns above."""
    client_id, account_id, name, description, uris, logout_uris, grants, role, secret_hash, active, created_on = row
    return Client(
        client_id, account_id, name, description, tuple(uris), tuple(logout_uris), tuple(grants), role,
        secret_hash is not None, active, created_on,
    )  # fmt: skip


def _row_of(connection: Connection, actor: Actor, account_id: str, new: NewClient) -> dict[str, Any]:
    """A customer's administrators can renew the secret of each of its applications, so none of them acts as a Partner.

    Raises ``Refused``, ``NotAllowed``.
    """
    row = client_fields.row_of(actor, new)
    if row["role"] == Role.PARTNER_ADMIN and not connection.execute(_IS_PARTNER, {"account_id": account_id}).scalar():
        raise Refused(Reason.UNKNOWN_VALUE, "role")
    return row


def _get(connection: Connection, account_id: str, client_id: str) -> Client:
    row = connection.execute(_ONE, {"account_id": account_id, "client_id": client_id}).first()
    if row is None:
        raise UnknownId("no such application")
    return to_client(row)


def _end_all(connection: Connection, client_id: str) -> None:
    for statement in _ENDED:
        connection.execute(statement, {"of_client": client_id})
    access.end_subscriptions_of_client(connection, client_id)


def _audited(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "description": client.description,
        "redirectUris": list(client.redirect_uris),
        "postLogoutRedirectUris": list(client.post_logout_redirect_uris),
        "grantTypes": list(client.grant_types),
        "role": client.role,
        "confidential": client.confidential,
        "active": client.active,
    }
