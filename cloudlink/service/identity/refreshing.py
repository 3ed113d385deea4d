"""Refresh tokens: each use gives the next one, and using an old one ends the session.

A token is ``<session>.<family>.<random>``. The family is a secret that all tokens of the session share, so an old token
can be told from a guess without storing any. The next token is made from the one before by the vault's key: whoever did
not get the answer, or runs in several processes, may ask again for 30 seconds and gets the same. After that an old
token means that two parties hold one, and neither may go on. (A new vault key within those seconds looks alike.)

They are opaque where Mitel's are JWTs: only we read them, and only with the database. Each lives as long as the account
says (15 days by default), from its own beginning.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from cloudlink.identity import SessionKind
from cloudlink.model import Principal
from cloudlink.service.identity.sessions import (
    ACCOUNT_OF_USER,
    ACTIVE_USER,
    USER_OF_SESSION,
    end_in,
    hash_secret,
    is_secret,
    session_id_of,
)
from store.schema import accounts, sessions, users

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database
    from store.vault import Vault

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=30)
DEAD_TOKEN = "The refresh token is unknown, used or expired."  # noqa: S105 - a sentence

_c = sessions.c
_FIND = (
    select(
        _c.session_id, _c.account_id, _c.principal_id, _c.client_id, _c.scope, _c.secret_hash, _c.family_hash,
        _c.authenticated_on, _c.used_on, _c.expires_at, accounts.c.refresh_token_expiry_hours,
    )
    .select_from(sessions.join(users, USER_OF_SESSION).join(accounts, ACCOUNT_OF_USER))
    .where(_c.session_id == bindparam("session_id"), _c.kind == SessionKind.API.value, ACTIVE_USER)
)  # fmt: skip
_CLIENT = select(_c.client_id).where(_c.session_id == bindparam("session_id"), _c.kind == SessionKind.API.value)
_ROTATE = (
    update(sessions)
    .where(_c.session_id == bindparam("of_session"))
    .values(secret_hash=bindparam("next_hash"), used_on=bindparam("now"), expires_at=bindparam("ends"))
)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The session that goes on, and its next token."""

    session_id: str
    who: Principal
    scope: str
    authenticated_on: datetime
    token: str


def first_token(session_id: str) -> tuple[str, str]:
    """The first token of a session, and the hash of its family."""
    family = secrets.token_urlsafe(16)
    return f"{session_id}.{family}.{secrets.token_urlsafe(32)}", hash_secret(family)


async def client_of(database: Database, token: str) -> str | None:
    """The application that a token claims to be of, for requests that name none."""
    session_id = session_id_of(token)
    rows = await database.read(_CLIENT, {"session_id": session_id}) if session_id else ()
    return rows[0][0] if rows else None


def refresh_in(connection: Connection, vault: Vault, token: str, client_id: str, now: datetime) -> Refreshed | None:
    """Exchanges a token; ``None`` when it opens nothing.

    Using an old one ends its session, so the caller must commit also then.
    """
    row = connection.execute(_FIND, {"session_id": session_id_of(token)}).first()
    family = token.split(".")[1] if token.count(".") == 2 else ""
    if row is None or row.family_hash is None or not is_secret(family, row.family_hash):
        return None
    if row.client_id != client_id or row.expires_at <= now:
        return None
    following = f"{row.session_id}.{family}.{vault.fingerprint(f'refresh:{token}')}"
    if is_secret(token, row.secret_hash):
        ends = now + timedelta(hours=row.refresh_token_expiry_hours)
        change = {"of_session": row.session_id, "next_hash": hash_secret(following), "now": now, "ends": ends}
        connection.execute(_ROTATE, change)
    elif not (hmac.compare_digest(hash_secret(following), row.secret_hash) and now - row.used_on <= GRACE):
        logger.warning("an old refresh token was used", extra={"account_id": row.account_id, "client_id": client_id})
        end_in(connection, row.session_id)
        return None
    who = Principal(row.account_id, row.principal_id)
    return Refreshed(row.session_id, who, row.scope, row.authenticated_on, following)
