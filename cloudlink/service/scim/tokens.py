"""The secrets by which Entra ID's provisioning service writes to an account: made, shown once, rotated, revoked.

Only hashes are stored. A secret counts while the account is active and its Entra Sync is enabled; what it opens is
looked up by hash *and* account, so that a secret of another account, an unknown account and a wrong secret are one
answer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, insert, or_, select, true, update

from cloudlink.administration.integrations import IntegrationKind, ScimToken
from cloudlink.port import UnknownId
from store.directory import hash_key
from store.rows import dial_settings
from store.schema import accounts, integrations, scim_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.clock import Clock
    from store.database import Database

# A token's use is written at most so often: a full synchronisation asks thousands of times in a minute.
_USE_EVERY = timedelta(minutes=1)

_c = scim_tokens.c
_TOKEN = tuple(_c[name] for name in ScimToken.__dataclass_fields__)
_ALL = select(*_TOKEN).where(_c.account_id == bindparam("account_id")).order_by(_c.created_on.desc(), _c.token_id)
_REVOKE = delete(scim_tokens).where(_c.account_id == bindparam("account"), _c.token_id == bindparam("token"))
_OPENED = (
    select(_c.token_id, _c.expires_at, _c.used_on, integrations.c.configuration, accounts.c.dialing)
    .join(accounts, accounts.c.account_id == _c.account_id)
    .join(integrations, integrations.c.account_id == _c.account_id)
    .where(
        _c.token_hash == bindparam("token_hash"),
        _c.account_id == bindparam("account_id"),
        integrations.c.kind == IntegrationKind.ENTRA_SYNC,
        integrations.c.enabled == true(),
        accounts.c.active == true(),
    )
)
_USED = (
    update(scim_tokens)
    .where(_c.token_hash == bindparam("token"), or_(_c.used_on.is_(None), _c.used_on <= bindparam("before")))
    .values(used_on=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a secret has opened: an account, with the configuration of its Entra Sync and the country of its numbers."""

    account_id: str
    token_id: str
    configuration: Mapping[str, Any]
    region: str


def create_in(
    connection: Connection, account_id: str, now: datetime, *, lifetime: timedelta | None
) -> tuple[ScimToken, str]:
    """A new token and its secret, which cannot be read again."""
    secret = secrets.token_urlsafe(32)
    token = ScimToken(str(uuid4()), now, None if lifetime is None else now + lifetime, None)
    row = {
        "token_hash": hash_key(secret),
        "account_id": account_id,
        "token_id": token.token_id,
        "created_on": token.created_on,
        "expires_at": token.expires_at,
    }
    connection.execute(insert(scim_tokens), row)
    return token, secret


def revoke_in(connection: Connection, account_id: str, token_id: str) -> None:
    """Voids it at once. Raises ``UnknownId``."""
    if not connection.execute(_REVOKE, {"account": account_id, "token": token_id}).rowcount:
        raise UnknownId("no such token")


async def all_of(database: Database, account_id: str) -> Sequence[ScimToken]:
    """The account's tokens, newest first."""
    return [ScimToken(*row) for row in await database.read(_ALL, {"account_id": account_id})]


class Tokens:
    """Recognises secrets."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    async def open(self, account_id: str, secret: str) -> Opened | None:
        """What the secret opens, if it is the account's, has not expired, and the account is synchronised."""
        token_hash = hash_key(secret)
        rows = await self._database.read(_OPENED, {"token_hash": token_hash, "account_id": account_id})
        if not rows:
            return None
        token_id, expires_at, used_on, configuration, dialing = rows[0]
        now = self._now()
        if expires_at is not None and expires_at <= now:
            return None
        if used_on is None or used_on <= now - _USE_EVERY:
            await self._note_use(token_hash, now)
        return Opened(account_id, token_id, configuration or {}, dial_settings(dialing).region)

    async def _note_use(self, token_hash: str, now: datetime) -> None:
        parameters = {"token": token_hash, "before": now - _USE_EVERY, "now": now}
        await self._database.write(lambda connection: connection.execute(_USED, parameters))
