"""From a verified identifier to an account and principal.

The one module that is not scoped by account, since finding the account is its whole task. Nothing else belongs here.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, exists, select

from cloudlink.model import Principal
from store.clock import Clock, utc_now
from store.identity import TeamsUser
from store.rows import USER_COLUMNS, to_user
from store.schema import accounts, connections, conversations, dial_links, dialogs, gateways, notices, sign_ins, users
from store.teams_user import key_of, owned_by
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.model import User
    from store.database import Database

_ACTIVE_USERS = users.join(accounts, users.c.account_id == accounts.c.account_id)
_ACTIVE = and_(users.c.active.is_(True), accounts.c.active.is_(True))
_CONNECTED_USER = and_(
    connections.c.account_id == users.c.account_id, connections.c.principal_id == users.c.principal_id
)

_PRINCIPAL_OF = (
    select(connections.c.account_id, connections.c.principal_id)
    .select_from(_ACTIVE_USERS.join(connections, _CONNECTED_USER))
    .where(owned_by(connections), _ACTIVE)
)
_TEAMS_USERS_OF = (
    select(connections.c.app_id, connections.c.tenant_id, connections.c.user_id)
    .select_from(_ACTIVE_USERS.join(connections, _CONNECTED_USER))
    .where(
        connections.c.account_id == bindparam("account_id"),
        connections.c.principal_id == bindparam("principal_id"),
        _ACTIVE,
    )
    .order_by(connections.c.connected_on, connections.c.tenant_id, connections.c.user_id)
)
_CONNECT = insert(connections)
_CONNECT = _CONNECT.on_conflict_do_update(
    index_elements=list(connections.primary_key),
    set_={name: _CONNECT.excluded[name] for name in ("account_id", "principal_id", "connected_on")},
)
_LINKS_TO_NUMBERS = delete(dial_links).where(
    dial_links.c.call_id.is_(None),
    exists().where(
        owned_by(connections),
        connections.c.account_id == dial_links.c.account_id,
        connections.c.principal_id == dial_links.c.principal_id,
    ),
)
# The links first: the connection says whose they are.
_FORGET = (
    _LINKS_TO_NUMBERS,
    *(delete(table).where(owned_by(table)) for table in (connections, conversations, dialogs, notices, sign_ins)),
)
_GATEWAY = (
    select(gateways.c.account_id, gateways.c.public_key)
    .join(accounts, accounts.c.account_id == gateways.c.account_id)
    .where(gateways.c.gateway_id == bindparam("gateway_id"), gateways.c.public_key != "", accounts.c.active.is_(True))
)
_BY_EMAIL = (
    select(*USER_COLUMNS, users.c.password_hash)
    .select_from(_ACTIVE_USERS)
    .where(users.c.email_folded == bindparam("email"), _ACTIVE)
    .order_by(accounts.c.name, accounts.c.account_id)
)

_PERSON = (
    select(users.c.unique_user_id)
    .where(users.c.email_folded == bindparam("email"), users.c.email_verified.is_(True))
    .order_by(users.c.created_on, users.c.principal_id)
    .limit(1)
)


def fold(text: str) -> str:
    """The form in which names and e-mail addresses are compared: without case and outer space."""
    return text.strip().casefold()


def hash_key(key: str) -> str:
    """How a token or pairing code is stored. They are random and long, so a fast hash gives nothing away."""
    # What is sent may hold lone surrogates.
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def person_who_reads(connection: Connection, email: str) -> str | None:
    """The ``unique_user_id`` of whoever has shown, in any account, that they read this address."""
    return connection.execute(_PERSON, {"email": fold(email)}).scalar_one_or_none()


class Directory:
    """Turns a Teams user, a gateway or an e-mail address into an account and principal."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def principal_of(self, user: TeamsUser) -> Principal | None:
        """Whom the Teams user is signed in as; ``None`` also when that user or account was deactivated."""
        rows = await self._database.read(_PRINCIPAL_OF, key_of(user))
        return Principal(*rows[0]) if rows else None

    async def teams_users_of(self, who: Principal) -> Sequence[TeamsUser]:
        """Who is signed in as the principal; nobody when that user or account was deactivated."""
        key = {"account_id": who.account_id, "principal_id": who.principal_id}
        return [TeamsUser(*row) for row in await self._database.read(_TEAMS_USERS_OF, key)]

    async def connect(self, user: TeamsUser, principal: Principal) -> None:
        """Signs the Teams user in as ``principal``, in place of an earlier one."""
        row = {
            **key_of(user),
            "account_id": principal.account_id,
            "principal_id": principal.principal_id,
            "connected_on": self._now(),
        }
        await self._database.write(lambda connection: connection.execute(_CONNECT, row))

    async def disconnect(self, user: TeamsUser) -> None:
        """Signs the Teams user out and forgets their conversation, dialogs, notices, open sign-ins and links to typed
        numbers.

        Call records and the links of their cards stay: they are the telephone system's, and end with the record.
        """

        def work(connection: Connection) -> None:
            for statement in _FORGET:
                connection.execute(statement, key_of(user))

        await self._database.write(work)

    async def gateway(self, gateway_id: str) -> tuple[str, str] | None:
        """The account and the public key of a gateway that has one, when the account is active."""
        rows = await self._database.read(_GATEWAY, {"gateway_id": gateway_id})
        return (rows[0][0], rows[0][1]) if rows else None

    async def users_by_email(self, email: str) -> Sequence[tuple[User, str | None]]:
        """Active users with this e-mail address, one an account at most, each with the hash of their password."""
        rows = await self._database.read(_BY_EMAIL, {"email": fold(email)})
        return [(to_user(row[:-1]), row[-1]) for row in rows]
