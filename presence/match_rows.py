"""Statements of matching: users who may be somebody of the tenant, and who they are found to be."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, or_, select

from presence.identifying import Found, Sought
from store.padding import padded
from store.schema import entra_links, presence_matches, tenants, users
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

_u, _m, _l = users.c, presence_matches.c, entra_links.c
# The scans of SQLite and its writes take turns, so each is short.
_READ_AT_ONCE = 1000
_WRITTEN_AT_ONCE = 200

_OF_ACCOUNT = _u.account_id == bindparam("account_id")
_HAS_TELEPHONE = and_(_u.active.is_(True), _u.extension.is_not(None))
_SOUGHT = (
    select(
        *(_u.principal_id, _u.email_folded, _u.name, _l.object_id),
        *(_m.tenant_id, _m.email_folded, _m.object_id, _m.reason, _m.candidate),
    )
    .select_from(
        users.outerjoin(
            presence_matches, and_(_m.account_id == _u.account_id, _m.principal_id == _u.principal_id)
        ).outerjoin(
            entra_links,
            and_(
                _l.account_id == _u.account_id,
                _l.principal_id == _u.principal_id,
                _l.tenant_id == bindparam("tenant_id"),
            ),
        )
    )
    .where(_OF_ACCOUNT, _HAS_TELEPHONE)
)
_PAGE = _SOUGHT.where(_u.principal_id > bindparam("after")).order_by(_u.principal_id).limit(_READ_AT_ONCE)
_AMONG = _u.principal_id.in_(bindparam("principals", expanding=True))
_SOME = _SOUGHT.where(_AMONG)
_HOLDERS = select(_m.object_id, _m.principal_id).where(
    _m.account_id == bindparam("account_id"),
    _m.tenant_id == bindparam("tenant_id"),
    _m.object_id.in_(bindparam("objects", expanding=True)),
)
_PROVED = select(tenants.c.tenant_id).where(
    tenants.c.account_id == bindparam("account_id"), tenants.c.tenant_id == bindparam("tenant_id")
)
_ADDRESSES = select(_u.principal_id, _u.email_folded).where(_OF_ACCOUNT, _HAS_TELEPHONE, _AMONG)
_WRITE = insert(presence_matches)
_WRITE = _WRITE.on_conflict_do_update(
    index_elements=list(presence_matches.primary_key),
    set_={column.name: _WRITE.excluded[column.name] for column in presence_matches.columns if not column.primary_key},
)
_UNMATCHED = (
    select(_u.principal_id)
    .select_from(
        users.outerjoin(presence_matches, and_(_m.account_id == _u.account_id, _m.principal_id == _u.principal_id))
    )
    .where(
        _OF_ACCOUNT,
        _HAS_TELEPHONE,
        or_(
            _m.principal_id.is_(None),
            _m.tenant_id != bindparam("tenant_id"),
            _m.email_folded != _u.email_folded,
        ),
    )
    .limit(_READ_AT_ONCE + 1)
)
_OF_THEM = _m.account_id == bindparam("account_id")
_KNOWN = (
    select(_m.principal_id)
    .where(_OF_THEM, _m.principal_id > bindparam("after"))
    .order_by(_m.principal_id)
    .limit(_READ_AT_ONCE)
)
_FORGET = delete(presence_matches).where(_OF_THEM, _m.principal_id.in_(bindparam("principals", expanding=True)))


async def sought(database: Database, account_id: str, tenant_id: str) -> list[Sought]:
    """The account's active users who have an extension, all of them."""
    found: list[Sought] = []
    while True:
        after = found[-1].principal_id if found else ""
        rows = await database.scan(_PAGE, {"account_id": account_id, "tenant_id": tenant_id, "after": after})
        found += [_sought(row, tenant_id) for row in rows]
        if len(rows) < _READ_AT_ONCE:
            return found


async def some_sought(
    database: Database, account_id: str, tenant_id: str, principal_ids: Collection[str]
) -> list[Sought]:
    """Those of them with these ids."""
    parameters = {"account_id": account_id, "tenant_id": tenant_id, "principals": padded(principal_ids)}
    return [_sought(row, tenant_id) for row in await database.scan(_SOME, parameters)]


async def unmatched(database: Database, account_id: str, tenant_id: str) -> set[str]:
    """Principal ids of users of whom nobody has looked who they are, as they are now; not of all, if they are many."""
    rows = await database.scan(_UNMATCHED, {"account_id": account_id, "tenant_id": tenant_id})
    return {row[0] for row in rows}


async def holders(
    database: Database, account_id: str, tenant_id: str, object_ids: Collection[str]
) -> Mapping[str, str]:
    """Principal ids by the object ids of whom they are found to be, as far as they are anybody's."""
    parameters = {"account_id": account_id, "tenant_id": tenant_id, "objects": padded(object_ids)}
    return {row[0]: row[1] for row in await database.scan(_HOLDERS, parameters)}


async def write(
    database: Database, account_id: str, tenant_id: str, found: Sequence[tuple[Sought, Found]], now: datetime
) -> None:
    """Writes who they are, for those whose address is still the same; nothing once the tenant is not the account's."""
    for start in range(0, len(found), _WRITTEN_AT_ONCE):
        rows = {
            user.principal_id: {
                "account_id": account_id,
                "principal_id": user.principal_id,
                "tenant_id": tenant_id,
                "email_folded": user.email,
                "checked_on": now,
                **asdict(each),
            }
            for user, each in found[start : start + _WRITTEN_AT_ONCE]
        }

        def work(connection: Connection, rows: Mapping[str, Mapping[str, Any]] = rows) -> None:
            _write(connection, account_id, tenant_id, rows)

        await database.write(work)


async def forget_others(database: Database, account_id: str, sought: Collection[Sought]) -> None:
    """Forgets who everybody else was: they have no telephone now, or are not active."""
    # As one statement PostgreSQL compares all with all, as long as it has not counted new rows.
    current = {user.principal_id for user in sought}
    after = ""
    while rows := await database.scan(_KNOWN, {"account_id": account_id, "after": after}):
        after = rows[-1][0]
        if others := {row[0] for row in rows} - current:
            await forget(database, account_id, others)


async def forget(database: Database, account_id: str, principal_ids: Collection[str]) -> None:
    """Forgets who these users were."""
    parameters = {"account_id": account_id, "principals": padded(principal_ids)}
    await database.write(lambda connection: connection.execute(_FORGET, parameters))


def _write(connection: Connection, account_id: str, tenant_id: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    if connection.execute(_PROVED, {"account_id": account_id, "tenant_id": tenant_id}).first() is None:
        return
    there = connection.execute(_ADDRESSES, {"account_id": account_id, "principals": padded(rows)})
    if current := [rows[principal_id] for principal_id, email in there if rows[principal_id]["email_folded"] == email]:
        connection.execute(_WRITE, current)


def _sought(row: Sequence[Any], tenant_id: str) -> Sought:
    principal_id, email, name, linked, of_tenant, of_email, *written = row
    before = Found(*written) if (of_tenant, of_email) == (tenant_id, email) else None
    return Sought(principal_id, email, name, linked, before)
