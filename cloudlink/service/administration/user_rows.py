"""Rows of ``users`` as ``UserRecord``, and what of them the audit log shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from cloudlink.administration.users import UserRecord
from cloudlink.port import UnknownId
from store.rows import USER_COLUMNS, to_user
from store.schema import users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from store.database import Database

_MORE = tuple(name for name in UserRecord.__dataclass_fields__ if name != "user")
# A row of the first version of the schema has none of these.
_TEXTS = frozenset({"given_name", "family_name", "login_id", "unique_user_id"})
_AUDITED = (
    "name", "given_name", "family_name", "email", "login_id", "role", "extension", "mobile", "phone", "telephony_role",
    "language_code", "time_zone", "active",
)  # fmt: skip

RECORD_COLUMNS = (*USER_COLUMNS, *(users.c[name] for name in _MORE))
_ONE = select(*RECORD_COLUMNS).where(
    users.c.account_id == bindparam("account_id"), users.c.principal_id == bindparam("principal_id")
)


def to_record(row: Sequence[Any]) -> UserRecord:
    """From a row of ``RECORD_COLUMNS``."""
    own = len(USER_COLUMNS)
    more: list[Any] = [value or "" if name in _TEXTS else value for name, value in zip(_MORE, row[own:], strict=True)]
    return UserRecord(to_user(row[:own]), *more)


def of_values(values: Mapping[str, Any]) -> UserRecord:
    """From all columns of a row by name."""
    return to_record([values[column.name] for column in RECORD_COLUMNS])


def to_values(record: UserRecord) -> dict[str, Any]:
    """The columns of a record by name."""
    return {column.name: value_of(record, column.name) for column in RECORD_COLUMNS}


def value_of(record: UserRecord, name: str) -> Any:
    """One column of a record."""
    return getattr(record if name in _MORE else record.user, name)


def audited(record: UserRecord) -> dict[str, Any]:
    """What the log compares."""
    return {name: value_of(record, name) for name in _AUDITED}


def find(connection: Connection, account_id: str, principal_id: str) -> UserRecord:
    """One user, in the caller's transaction. Raises ``UnknownId``."""
    row = connection.execute(_ONE, {"account_id": account_id, "principal_id": principal_id}).first()
    if row is None:
        raise UnknownId("no such user")
    return to_record(row)


async def read(database: Database, account_id: str, principal_id: str) -> UserRecord:
    """One user as of now. Raises ``UnknownId``."""
    rows = await database.read(_ONE, {"account_id": account_id, "principal_id": principal_id})
    if not rows:
        raise UnknownId("no such user")
    return to_record(rows[0])
