"""The rows of imports and of their lines. A line that has neither a reason nor a principal is still to be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, select, update

from cloudlink.administration.imports import Import, ImportLine, ImportState
from cloudlink.port import UnknownId
from store.schema import import_lines, imports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

_RECENT = 10

_c = imports.c
_COLUMNS = tuple(_c[name] for name in Import.__dataclass_fields__)
_THIS = and_(_c.account_id == bindparam("of_account"), _c.import_id == bindparam("of_import"))
_ONE = select(*_COLUMNS).where(_THIS)
_ORDER = select(*_COLUMNS, _c.actor, _c.invite).where(_THIS)
_NEWEST = (
    select(*_COLUMNS)
    .where(_c.account_id == bindparam("of_account"), _c.state != ImportState.READING.value)
    .order_by(_c.created_on.desc(), _c.import_id)
    .limit(_RECENT)
)
_RUNNING = (
    select(_c.account_id, _c.import_id)
    .where(_c.state == ImportState.RUNNING.value)
    .order_by(_c.created_on, _c.import_id)
    .limit(1)
)
_DROP = delete(imports).where(_THIS)
_DROP_OLD = delete(imports).where(_c.created_on < bindparam("before"), _c.state != ImportState.RUNNING.value)

_l = import_lines.c
_OF_IMPORT = _l.import_id == bindparam("import_id")
_LINES = (
    select(_l.line, _l["values"], _l.field, _l.reason)
    .where(_OF_IMPORT, _l.line > bindparam("after"))
    .order_by(_l.line)
    .limit(bindparam("limit"))
)
_REFUSED = _LINES.where(_l.reason.is_not(None))
_GOOD = _LINES.where(_l.reason.is_(None))
_NEXT = (
    select(_l.line, _l["values"])
    .where(_OF_IMPORT, _l.reason.is_(None), _l.principal_id.is_(None))
    .order_by(_l.line)
    .limit(bindparam("limit"))
)
_NOTE = (
    update(import_lines)
    .where(_l.import_id == bindparam("of_import"), _l.line == bindparam("of_line"))
    .values(field=bindparam("to_field"), reason=bindparam("to_reason"), principal_id=bindparam("to_principal"))
)


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """A new import, of which nothing is counted yet."""
    connection.execute(insert(imports), {"lines": 0, "refused": 0, "done": 0, "invite": 0, **row})


def change(connection: Connection, account_id: str, import_id: str, changes: Mapping[str, Any]) -> None:
    """Sets columns."""
    connection.execute(
        update(imports).where(_THIS).values(dict(changes)), {"of_account": account_id, "of_import": import_id}
    )


def drop(connection: Connection, account_id: str, import_id: str) -> None:
    """Deletes an import with its lines."""
    connection.execute(_DROP, {"of_account": account_id, "of_import": import_id})


def drop_old(connection: Connection, before: datetime) -> None:
    """Deletes what was read before then, of all accounts: it holds people's data and serves nobody any more."""
    connection.execute(_DROP_OLD, {"before": before})


def find(connection: Connection, account_id: str, import_id: str) -> Import:
    """One import. Raises ``UnknownId``."""
    row = connection.execute(_ONE, {"of_account": account_id, "of_import": import_id}).first()
    if row is None:
        raise UnknownId("no such import")
    return Import(*row)


def order(connection: Connection, account_id: str, import_id: str) -> tuple[Import, dict[str, Any], bool]:
    """An import that runs: for whom, and whether its users are invited."""
    *this, actor, invite = connection.execute(_ORDER, {"of_account": account_id, "of_import": import_id}).one()
    return Import(*this), actor, bool(invite)


async def read(database: Database, account_id: str, import_id: str) -> Import:
    """One import as of now. Raises ``UnknownId``."""
    rows = await database.read(_ONE, {"of_account": account_id, "of_import": import_id})
    if not rows:
        raise UnknownId("no such import")
    return Import(*rows[0])


async def recent(database: Database, account_id: str) -> Sequence[Import]:
    """The newest ones."""
    return [Import(*row) for row in await database.read(_NEWEST, {"of_account": account_id})]


async def running(database: Database) -> tuple[str, str] | None:
    """Account and id of the import that was begun first, of all accounts: the job is the service's own."""
    rows = await database.read(_RUNNING)
    return (rows[0][0], rows[0][1]) if rows else None


def add_lines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Lines of an import."""
    connection.execute(insert(import_lines), list(rows))


async def lines(database: Database, import_id: str, *, refused: bool, after: int, limit: int) -> Sequence[ImportLine]:
    """Those after a line, refused or good. Finding the few of one kind among many may take long."""
    asked = {"import_id": import_id, "after": after, "limit": limit}
    return [ImportLine(*row) for row in await database.scan(_REFUSED if refused else _GOOD, asked)]


def next_lines(connection: Connection, import_id: str, count: int) -> Sequence[tuple[int, Mapping[str, str]]]:
    """Numbers and values of the next lines to take."""
    rows = connection.execute(_NEXT, {"import_id": import_id, "limit": count})
    return [(row[0], row[1]) for row in rows]


def note(connection: Connection, outcomes: Sequence[Mapping[str, Any]]) -> None:
    """What became of lines: ``of_import``, ``of_line``, ``to_field``, ``to_reason``, ``to_principal``."""
    connection.execute(_NOTE, list(outcomes))
