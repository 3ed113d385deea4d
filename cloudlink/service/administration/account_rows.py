"""Rows of ``accounts`` as ``AccountRecord``, and what of them the audit log shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from cloudlink.administration.accounts import AccountRecord, Contact, Location
from cloudlink.port import UnknownId
from store.rows import ACCOUNT_COLUMNS, to_account
from store.schema import accounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from store.database import Database

_MORE = tuple(name for name in AccountRecord.__dataclass_fields__ if name != "account")
_NOT_AUDITED = frozenset({"account_id", "exported_on", "created_on", "created_by", "modified_on", "modified_by"})

RECORD_COLUMNS = (*ACCOUNT_COLUMNS, *(accounts.c[name] for name in _MORE))
_ONE = select(*RECORD_COLUMNS).where(accounts.c.account_id == bindparam("account_id"))


def to_record(row: Sequence[Any]) -> AccountRecord:
    """From a row of ``RECORD_COLUMNS``."""
    own = len(ACCOUNT_COLUMNS)
    more = dict(zip(_MORE, row[own:], strict=True))
    more["location"] = Location(**more["location"] or {})
    more["contacts"] = tuple(Contact(**contact) for contact in more["contacts"] or ())
    return AccountRecord(to_account(row[:own]), **more)


def find(connection: Connection, account_id: str) -> AccountRecord:
    """One account, in the caller's transaction. Raises ``UnknownId``."""
    row = connection.execute(_ONE, {"account_id": account_id}).first()
    if row is None:
        raise UnknownId("no such account")
    return to_record(row)


async def read(database: Database, account_id: str) -> AccountRecord:
    """One account as of now. Raises ``UnknownId``."""
    rows = await database.read(_ONE, {"account_id": account_id})
    if not rows:
        raise UnknownId("no such account")
    return to_record(rows[0])


def audited(record: AccountRecord) -> dict[str, Any]:
    """What the log compares, as JSON."""
    told = asdict(record)
    flat = {**told.pop("account"), **told}
    return {name: value for name, value in flat.items() if name not in _NOT_AUDITED}
