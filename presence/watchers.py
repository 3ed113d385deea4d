"""Statements of watchers: whose sign-in we hold, and the subscription that it keeps.

What comes back in notifications is stored as a hash before Graph is told it, since the first of them may come before
Graph has answered us.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, select, update

from cloudlink.administration.integrations import IntegrationKind
from presence.model import Watcher, WatcherState
from store.schema import integrations, presence_watchers, tenants
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

_w, _i = presence_watchers.c, integrations.c
_COLUMNS = (
    _w.watcher_id,
    _w.account_id,
    _w.tenant_id,
    _w.application_id,
    _w.object_id,
    _w.refresh_encrypted,
    _w.state,
    _w.next_on,
    _w.subscription_id,
    _w.ends_at,
    _w.people_hash,
)
_IN_ORDER = (_w.added_on, _w.watcher_id)
_OF_ACCOUNT = select(*_COLUMNS).where(_w.account_id == bindparam("account_id")).order_by(*_IN_ORDER)
_SHOWN = (
    select(_w.watcher_id, _w.object_id, _w.state, _w.people, _w.added_on)
    .where(_w.account_id == bindparam("account_id"))
    .order_by(*_IN_ORDER)
)
_LISTENED = select(_w.account_id, _w.tenant_id, _w.client_state_hash).where(_w.watcher_id == bindparam("watcher_id"))
_THIS = _w.watcher_id == bindparam("this")
_MOVE = update(presence_watchers).where(_THIS)
_COUNT = select(func.count()).where(_w.account_id == bindparam("of_account"))
_REMOVE = delete(presence_watchers).where(_THIS)
_REMOVE_OF = _REMOVE.where(_w.account_id == bindparam("of_account")).returning(_w.object_id)
_SIGN_IN = insert(presence_watchers)
_SIGN_IN = _SIGN_IN.on_conflict_do_update(
    index_elements=[_w.account_id, _w.tenant_id, _w.application_id, _w.object_id],
    set_={name: _SIGN_IN.excluded[name] for name in ("refresh_encrypted", "state", "next_on")},
)
_PRESENCE = and_(_i.account_id == _w.account_id, _i.kind == IntegrationKind.TEAMS_PRESENCE.value)
_PROVED = and_(tenants.c.account_id == _w.account_id, tenants.c.tenant_id == _w.tenant_id)
_IN_USE = select(_w.watcher_id, _w.tenant_id, _w.application_id, tenants.c.tenant_id, _i.configuration).select_from(
    presence_watchers.outerjoin(integrations, _PRESENCE).outerjoin(tenants, _PROVED)
)


@dataclass(frozen=True, slots=True)
class Row:
    """A watcher as the keeper needs it; ``refresh_encrypted`` is as the vault keeps it."""

    watcher_id: str
    account_id: str
    tenant_id: str
    application_id: str
    object_id: str
    refresh_encrypted: str = field(repr=False)
    state: str
    next_on: datetime | None
    subscription_id: str | None
    ends_at: datetime | None
    people_hash: str | None


@dataclass(frozen=True, slots=True)
class Listened:
    """What a notification to a watcher must bring: the tenant that it is of, and a secret with this hash."""

    account_id: str
    tenant_id: str
    client_state_hash: str | None


async def of_account(database: Database, account_id: str) -> list[Row]:
    """In the order in which they were added."""
    return [Row(*row) for row in await database.read(_OF_ACCOUNT, {"account_id": account_id})]


async def shown(database: Database, account_id: str) -> list[Watcher]:
    """What an administrator sees."""
    return [Watcher(*row) for row in await database.read(_SHOWN, {"account_id": account_id})]


async def listened(database: Database, watcher_id: str) -> Listened | None:
    """``None`` when there is no such watcher."""
    rows = await database.read(_LISTENED, {"watcher_id": watcher_id})
    return Listened(*rows[0]) if rows else None


async def orphans(database: Database) -> list[str]:
    """Watchers of tenants or applications that are no longer their accounts'."""
    return [
        watcher_id
        for watcher_id, tenant_id, application_id, proved, told in await database.scan(_IN_USE)
        if not proved or not told or (told.get("tenantId"), told.get("clientId")) != (tenant_id, application_id)
    ]


def count(connection: Connection, account_id: str) -> int:
    """How many the account has."""
    return int(connection.execute(_COUNT, {"of_account": account_id}).scalar_one())


def signed_in(connection: Connection, row: dict[str, Any]) -> None:
    """Adds a watcher, or gives one that is there their new sign-in, and has them looked after at once."""
    connection.execute(_SIGN_IN, {"state": WatcherState.NEW, "people": 0, **row})


def move(connection: Connection, watcher_id: str, **values: Any) -> None:
    """Writes columns of a watcher, if they are there still."""
    connection.execute(_MOVE.values(values), {"this": watcher_id})


def remove(connection: Connection, account_id: str, watcher_id: str) -> str | None:
    """The object id of the one who is removed; ``None`` when there is no such watcher."""
    removed = connection.execute(_REMOVE_OF, {"this": watcher_id, "of_account": account_id}).scalar()
    return None if removed is None else str(removed)


def remove_all(connection: Connection, watcher_ids: Sequence[str]) -> None:
    """Removes them."""
    for watcher_id in watcher_ids:
        connection.execute(_REMOVE, {"this": watcher_id})


def hashed(*texts: str) -> str:
    """Of something long or secret, to be compared."""
    return hashlib.sha256("\0".join(texts).encode(errors="replace")).hexdigest()
