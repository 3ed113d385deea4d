"""What no two users of an account share: e-mail address, login id, extension and mobile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, union_all

from cloudlink.administration.refusals import Reason, Refused
from store.schema import users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.exc import IntegrityError

    from store.database import Database

# Columns, each with the field that people know.
COLUMNS = {"email_folded": "email", "login_id_folded": "login_id", "extension": "extension", "mobile": "mobile"}

# One question for each column, so that each goes by its own index: for an OR, SQLite reads all users of the account.
_CLASH = union_all(
    *(
        select(*(users.c[column] for column in COLUMNS)).where(
            users.c.account_id == bindparam("account_id"),
            users.c.principal_id != bindparam("principal_id"),
            users.c[name] == bindparam(name),
        )
        for name in COLUMNS
    )
)
_TAKEN = select(*(users.c[name] for name in COLUMNS)).where(
    users.c.account_id == bindparam("account_id"),
    or_(*(users.c[name].in_(bindparam(name, expanding=True)) for name in COLUMNS)),
)


async def taken(database: Database, account_id: str, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Which values of the rows users of the account have, each as its column and value."""
    asked = {name: [row[name] for row in rows if row[name] is not None] for name in COLUMNS}
    found = await database.scan(_TAKEN, {"account_id": account_id, **asked})
    return {(name, value) for row in found for name, value in zip(COLUMNS, row, strict=True) if value is not None}


def check(connection: Connection, row: Mapping[str, Any]) -> None:
    """Raises ``Refused`` for the first value of the row that another user of its account has; ``None`` is nobody's."""
    asked = {name: row[name] for name in ("account_id", "principal_id", *COLUMNS)}
    for other in connection.execute(_CLASH, asked):
        for name, field in COLUMNS.items():
            if row[name] is not None and getattr(other, name) == row[name]:
                raise Refused(Reason.IN_USE, field)


def refusal(error: IntegrityError) -> Refused:
    """What to answer when the database found it first: both name the column, or an index named after it."""
    text = str(error.orig)
    return Refused(Reason.IN_USE, next((field for name, field in COLUMNS.items() if field in text), ""))
