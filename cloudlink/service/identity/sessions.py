"""Sessions: sign-ins that go on, each behind a random secret of which only a hash is stored.

How long one lasts, from its beginning:

- a browser's: 12 hours, and 30 minutes without a request
- a Teams page's: an hour, after which the page's script gets another for a fresh Teams token
- a personal tab's, of who signed in by the sign-in window: 30 days, and 4 days (a long weekend) without a request
- an application's: each refresh token as long as its account says (``refresh_token_expiry_hours``); see ``refreshing``

A secret begins with the id of its session, so that finding one is a single indexed read, and the rest is compared in
constant time. That read also sees whether user and account are active, so revoking them needs no message.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import and_, bindparam, delete, insert, select, update

from cloudlink.identity import AuthProvider, Session, SessionKind
from cloudlink.port import UnknownId
from store.clock import Clock, utc_now
from store.rows import USER_COLUMNS, to_user
from store.schema import accounts, sessions, users

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.model import Principal
    from store.database import Database


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts, in all and without being used."""

    total: timedelta
    idle: timedelta


LIFETIMES = {
    SessionKind.CONSOLE: Lifetime(timedelta(hours=12), timedelta(minutes=30)),
    SessionKind.TEAMS: Lifetime(timedelta(hours=1), timedelta(hours=1)),
    SessionKind.TAB: Lifetime(timedelta(days=30), timedelta(days=4)),
}
# Using a session is written down no more often than this, so most requests only read.
_TOUCH_AFTER = timedelta(minutes=5)
_SECRET_BYTES = 32
_LONGEST_SECRET = 200

_c = sessions.c
ACTIVE_USER = and_(users.c.active.is_(True), accounts.c.active.is_(True))
USER_OF_SESSION = and_(users.c.account_id == _c.account_id, users.c.principal_id == _c.principal_id)
ACCOUNT_OF_USER = accounts.c.account_id == users.c.account_id
_SESSION = (_c.session_id, _c.kind, _c.auth_provider, _c.authenticated_on, _c.expires_at, _c.used_on, _c.secret_hash)
_FIND = (
    select(*_SESSION, *USER_COLUMNS)
    .select_from(sessions.join(users, USER_OF_SESSION).join(accounts, ACCOUNT_OF_USER))
    .where(_c.session_id == bindparam("session_id"), ACTIVE_USER)
)
_IS_ACTIVE = (
    select(users.c.principal_id)
    .select_from(users.join(accounts, ACCOUNT_OF_USER))
    .where(
        users.c.account_id == bindparam("account_id"), users.c.principal_id == bindparam("principal_id"), ACTIVE_USER
    )
)
_TOUCH = (
    update(sessions)
    .where(_c.session_id == bindparam("of_session"), _c.used_on < bindparam("at"))
    .values(used_on=bindparam("at"))
)
_END = delete(sessions).where(_c.session_id == bindparam("session_id"))
_OF_ACCOUNT = delete(sessions).where(_c.account_id == bindparam("account_id"))
_OF_USER = _OF_ACCOUNT.where(_c.principal_id == bindparam("principal_id"))
_FORGET_OLD = delete(sessions).where(_c.expires_at <= bindparam("now"))


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to open; ``client_id``, ``scope`` and ``family_hash`` are an application's."""

    session_id: str
    who: Principal
    kind: SessionKind
    auth_provider: str
    secret_hash: str
    authenticated_on: datetime
    expires_at: datetime
    address: str
    client_id: str | None = None
    scope: str = ""
    family_hash: str | None = None


class SessionStore:
    """Fulfils ``Sessions``, for browsers and Teams pages; the secrets of applications are no bearers here."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def open(self, who: Principal, kind: SessionKind, provider: AuthProvider, *, address: str) -> str:
        now, session_id = self._now(), new_session_id()
        secret = new_secret(session_id)
        new = NewSession(
            session_id, who, kind, provider, hash_secret(secret), now, now + LIFETIMES[kind].total, address
        )
        await self._database.write(lambda connection: open_in(connection, new, now))
        return secret

    async def find(self, secret: str) -> Session | None:
        row = await self._row(secret)
        if row is None:
            return None
        session_id, kind, provider, authenticated_on, expires_at, used_on, _hash = row[: len(_SESSION)]
        now, lifetime = self._now(), LIFETIMES.get(kind)
        if lifetime is None or expires_at <= now or used_on + lifetime.idle <= now:
            return None
        if now - used_on >= _TOUCH_AFTER:
            touched = {"of_session": session_id, "at": now}
            await self._database.write(lambda connection: connection.execute(_TOUCH, touched))
        return Session(session_id, to_user(row[len(_SESSION) :]), kind, provider, authenticated_on, expires_at)

    async def end(self, secret: str) -> None:
        if (row := await self._row(secret)) is not None:
            await self._database.write(lambda connection: end_in(connection, row[0]))

    async def end_all(self, who: Principal) -> None:
        await self._database.write(lambda connection: end_all_in(connection, who.account_id, who.principal_id))

    async def _row(self, secret: str) -> Sequence[Any] | None:
        """The row whose secret it is, whether or not its time is over."""
        session_id = session_id_of(secret)
        rows = await self._database.read(_FIND, {"session_id": session_id}) if session_id else ()
        return rows[0] if rows and is_secret(secret, rows[0][len(_SESSION) - 1]) else None


def open_in(connection: Connection, new: NewSession, now: datetime) -> None:
    """Opens a session, and forgets those whose time is over. Raises ``UnknownId`` for who may not sign in."""
    who = {"account_id": new.who.account_id, "principal_id": new.who.principal_id}
    if connection.execute(_IS_ACTIVE, who).first() is None:
        raise UnknownId("no such user")
    connection.execute(_FORGET_OLD, {"now": now})
    row = {
        **who,
        "session_id": new.session_id,
        "kind": new.kind,
        "client_id": new.client_id,
        "auth_provider": new.auth_provider,
        "scope": new.scope,
        "secret_hash": new.secret_hash,
        "family_hash": new.family_hash,
        "authenticated_on": new.authenticated_on,
        "created_on": now,
        "used_on": now,
        "expires_at": new.expires_at,
        "address": new.address,
    }
    connection.execute(insert(sessions), row)


def end_in(connection: Connection, session_id: str) -> None:
    """Ends one session."""
    connection.execute(_END, {"session_id": session_id})


def end_all_in(connection: Connection, account_id: str, principal_id: str) -> None:
    """Ends every session of a user, applications' included, in the caller's transaction."""
    connection.execute(_OF_USER, {"account_id": account_id, "principal_id": principal_id})


def end_account_in(connection: Connection, account_id: str) -> None:
    """Ends every session of every user of an account, in the caller's transaction."""
    connection.execute(_OF_ACCOUNT, {"account_id": account_id})


def new_session_id() -> str:
    """Random; no secret, since tokens name their session."""
    return str(uuid4())


def new_secret(session_id: str) -> str:
    """A secret by which its session can be found."""
    return f"{session_id}.{secrets.token_urlsafe(_SECRET_BYTES)}"


def session_id_of(secret: str) -> str:
    """The session that a secret claims to be of; empty for what can be no secret."""
    return (
        secret.partition(".")[0] if len(secret) <= _LONGEST_SECRET and secret.isascii() and secret.isprintable() else ""
    )


def hash_secret(secret: str) -> str:
    """How a secret is stored. It is random and long, so a fast hash gives nothing away."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, stored_hash: str) -> bool:
    """Whether the hash is the secret's, compared in constant time."""
    return hmac.compare_digest(hash_secret(secret), stored_hash)
