"""Statements of the reading of contacts. A reading is a row of its tenant; where it is, is written with each page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from contacts.model import ContactSync
from graph.contacts import Source
from store import upsert
from store.people.index import remove_contacts
from store.rows import dial_settings
from store.schema import accounts, contact_syncs, contacts, tenants

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.model import DialSettings
    from store.database import Database

_s, _c = contact_syncs.c, contacts.c
_REMOVED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading that is due: ``source`` and ``place`` are where it goes on."""

    account_id: str
    tenant_id: str
    dialing: DialSettings
    sync_id: str | None
    source: str
    place: str | None


_SAME = and_(_s.account_id == tenants.c.account_id, _s.tenant_id == tenants.c.tenant_id)
_DUE = (
    select(tenants.c.account_id, tenants.c.tenant_id, accounts.c.dialing, _s.sync_id, _s.source, _s.place)
    .select_from(tenants.join(accounts, accounts.c.account_id == tenants.c.account_id).outerjoin(contact_syncs, _SAME))
    .where(
        accounts.c.active.is_(True),
        or_(_s.tenant_id.is_(None), _s.next_at <= bindparam("now", type_=_s.next_at.type)),
    )
)
_GONE = (
    select(_s.account_id, _s.tenant_id)
    .select_from(contact_syncs.outerjoin(tenants, _SAME))
    .where(tenants.c.tenant_id.is_(None))
)
_THIS = (_s.account_id == bindparam("of_account")) & (_s.tenant_id == bindparam("of_tenant"))
_FREE = or_(_s.claimed_until.is_(None), _s.claimed_until <= bindparam("at", type_=_s.claimed_until.type))
_BEGIN = upsert.insert(contact_syncs).on_conflict_do_nothing()
_CLAIM = update(contact_syncs).where(_THIS, _FREE)
_MOVE = update(contact_syncs).where(_THIS)
_END = delete(contact_syncs).where(_THIS)
_OF_TENANT = (_c.account_id == bindparam("of_account")) & (_c.tenant_id == bindparam("of_tenant"))
_COUNT = select(func.count()).select_from(contacts).where(_OF_TENANT)
_OLD = select(_c.contact_id, _c.person_id).where(_OF_TENANT, _c.sync_id != bindparam("but")).limit(_REMOVED_AT_ONCE)
_SHOWN = (
    select(_s.tenant_id, _s.contacts, _s.finished_on, _s.trouble)
    .where(_s.account_id == bindparam("account_id"))
    .order_by(_s.tenant_id)
)


async def due(database: Database, now: datetime) -> list[Reading]:
    """Readings whose time has come, of tenants that are their accounts'."""
    rows = await database.scan(_DUE, {"now": now})
    return [
        Reading(account_id, tenant_id, dial_settings(dialing), sync_id, source or Source.USERS, place)
        for account_id, tenant_id, dialing, sync_id, source, place in rows
    ]


async def gone(database: Database) -> list[tuple[str, str]]:
    """Accounts and tenants that are no longer connected, but were read."""
    return [(row[0], row[1]) for row in await database.scan(_GONE)]


async def shown(database: Database, account_id: str) -> list[ContactSync]:
    """What an administrator sees, by tenant."""
    return [ContactSync(*row) for row in await database.read(_SHOWN, {"account_id": account_id})]


def claim(connection: Connection, reading: Reading, sync_id: str, now: datetime, until: datetime) -> bool:
    """Takes the reading for as long, whether no other server has it; ``sync_id`` is that of a new one."""
    key = {"account_id": reading.account_id, "tenant_id": reading.tenant_id}
    connection.execute(_BEGIN, {**key, "contacts": 0, "source": reading.source, "next_at": now})
    values = {"claimed_until": until, "sync_id": sync_id}
    return connection.execute(_CLAIM.values(values), {**_key(reading), "at": now}).rowcount == 1


def move(connection: Connection, reading: Reading, **values: Any) -> None:
    """Writes columns of the reading."""
    connection.execute(_MOVE.values(values), _key(reading))


def count(connection: Connection, reading: Reading) -> int:
    """How many contacts of the tenant there are."""
    return int(connection.execute(_COUNT, _key(reading)).scalar_one())


def remove_some(connection: Connection, account_id: str, tenant_id: str, *, but: str = "") -> int:
    """Removes some of the tenant's contacts, except those of the reading ``but``; answers how many."""
    found: Sequence[Any] = connection.execute(
        _OLD, {"of_account": account_id, "of_tenant": tenant_id, "but": but}
    ).all()
    remove_contacts(connection, account_id, [(row[0], row[1]) for row in found])
    return len(found)


def end(connection: Connection, account_id: str, tenant_id: str) -> None:
    """The tenant was never read."""
    connection.execute(_END, {"of_account": account_id, "of_tenant": tenant_id})


def _key(reading: Reading) -> dict[str, str]:
    return {"of_account": reading.account_id, "of_tenant": reading.tenant_id}
