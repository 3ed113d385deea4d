"""All that is stored of an account, as JSON lines.

The first line says what it is; each further one is ``{"table": …, "row": {…}}``, columns by name, times in ISO 8601,
pictures in base64. Left out are secrets, encrypted or hashed, and what only serves something in progress: codes, links,
drafts, events, deliveries, notices. Rows are read a page at a time, so memory is bounded; changes meanwhile may or may
not be in it, so an account is exported for its deletion after it was deactivated.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Select, Table, bindparam, select, tuple_

from store.schema import (
    accounts,
    authorization_codes,
    deliveries,
    dial_links,
    hidings,
    metadata,
    notices,
    outbox,
    password_links,
    report_drafts,
    report_pictures,
    sign_ins,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from sqlalchemy import Column, ColumnElement

    from store.database import Database

FORMAT = 1
_PAGE = 500
_IN_PROGRESS = {
    authorization_codes, deliveries, dial_links, hidings, notices, outbox, password_links, report_drafts, sign_ins,
}  # fmt: skip
# Rows of megabytes.
_PAGES = {report_pictures: 4}
_SECRET_ENDS = ("_hash", "_encrypted")


async def lines(database: Database, account_id: str, now: datetime) -> AsyncIterator[bytes]:
    """The export, many whole lines at a time."""
    yield _line({"format": FORMAT, "account_id": account_id, "exported_on": now})
    for table in metadata.sorted_tables:
        of_account = _of_account(table)
        if of_account is not None and table not in _IN_PROGRESS:
            async for part in _table(database, table, of_account, account_id):
                yield part


async def _table(
    database: Database, table: Table, of_account: ColumnElement[bool], account_id: str
) -> AsyncIterator[bytes]:
    columns, key = list(table.columns), list(table.primary_key)
    places = [columns.index(column) for column in key]
    limit = _PAGES.get(table, _PAGE)
    page, parameters = _pages(table, of_account), {"account_id": account_id, "limit": limit}
    rows = await database.scan(page[0], parameters)
    while rows:
        yield b"".join(_line({"table": table.name, "row": _shown(columns, row)}) for row in rows)
        if len(rows) < limit:
            return
        last = {f"after_{column.name}": rows[-1][place] for column, place in zip(key, places, strict=True)}
        rows = await database.scan(page[1], {**parameters, **last})


def _pages(table: Table, of_account: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """The first page, and the one after a row, in the order of the primary key."""
    key = list(table.primary_key)
    first = select(*table.columns).where(of_account).order_by(*key).limit(bindparam("limit"))
    last = tuple_(*(bindparam(f"after_{column.name}", type_=column.type) for column in key))
    return first, first.where(tuple_(*key) > last)


def _of_account(table: Table) -> ColumnElement[bool] | None:
    """Which rows are the account's: by their own column, or by that of the row that they are part of."""
    if "account_id" in table.c:
        column: ColumnElement[str] = table.c.account_id
        return column == bindparam("account_id")
    for reference in _references(table):
        parent = reference.column.table
        if parent is not accounts and "account_id" in parent.c:
            whole = select(reference.column).where(parent.c.account_id == bindparam("account_id"))
            return reference.parent.in_(whole)
    return None


def _references(table: Table) -> Iterable[ForeignKey]:
    return sorted(table.foreign_keys, key=lambda reference: reference.target_fullname)


def _shown(columns: list[Column[Any]], row: Any) -> dict[str, Any]:
    return {
        column.name: value for column, value in zip(columns, row, strict=True) if not column.name.endswith(_SECRET_ENDS)
    }


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
