"""SELECT statements that are compiled once and then run on SQLite's own cursor.

SQLAlchemy compiles them and gives the conversions of their types; what is left out is its execution, which for a few
rows found by an index takes several times as long as SQLite does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sqlalchemy import Dialect, Select

    from store.database import Parameters


class Prepared:
    """One statement for one dialect with positional parameters. Raises ``ValueError`` for an expanding parameter."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if compiled.post_compile_params:
            raise ValueError("a parameter that expands has no fixed text")
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        types = [bind.type.dialect_impl(dialect) for _, bind in binds]
        columns = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        decoders = [type_.result_processor(dialect, None) for type_ in columns]
        self._sql = compiled.string
        self._binds = [
            (name, bind.value, type_.bind_processor(dialect)) for (name, bind), type_ in zip(binds, types, strict=True)
        ]
        self._decoders = [(place, decode) for place, decode in enumerate(decoders) if decode]

    def rows(self, connection: sqlite3.Connection, parameters: Parameters) -> Sequence[Sequence[Any]]:
        """All rows. A parameter that is not given has the value that the statement was built with."""
        values = [
            encode(parameters.get(name, value)) if encode else parameters.get(name, value)
            for name, value, encode in self._binds
        ]
        rows = connection.execute(self._sql, values).fetchall()
        return [self._decode(list(row)) for row in rows] if self._decoders else rows

    def _decode(self, row: list[Any]) -> list[Any]:
        for place, decode in self._decoders:
            row[place] = decode(row[place])
        return row


class Statements:
    """The prepared statements of a connection, for as long as the statements themselves live."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepared: WeakKeyDictionary[Select[*tuple[Any, ...]], Prepared] = WeakKeyDictionary()

    def prepare(self, statement: Select[*tuple[Any, ...]]) -> Prepared:
        """Compiles the statement when it is seen for the first time."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, self._dialect)
        return prepared
