"""SELECT statements that are compiled once and then run on the driver itself.

SQLAlchemy compiles them and gives the conversions of their types; what is left out is its execution, which for a few
rows found by an index takes several times as long as the database does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Dialect, Select

    from store.database import Parameters, Rows


class Prepared:
    """One statement for one dialect with positional parameters. Raises ``ValueError`` for an expanding parameter.

    ``float_code`` is what the driver calls the type of a floating-point column, the one that SQLAlchemy asks about.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect, float_code: int | None = None) -> None:
        compiled = statement.compile(dialect=dialect)
        if compiled.post_compile_params:
            raise ValueError("a parameter that expands has no fixed text")
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        types = [bind.type.dialect_impl(dialect) for _, bind in binds]
        columns = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        decoders = [type_.result_processor(dialect, float_code) for type_ in columns]
        self.sql = compiled.string
        self._binds = [
            (name, bind.value, type_.bind_processor(dialect)) for (name, bind), type_ in zip(binds, types, strict=True)
        ]
        self._decoders = [(place, decode) for place, decode in enumerate(decoders) if decode]

    def values(self, parameters: Parameters) -> list[Any]:
        """What the driver binds. A parameter that is not given has the value that the statement was built with."""
        return [
            encode(parameters.get(name, value)) if encode else parameters.get(name, value)
            for name, value, encode in self._binds
        ]

    def decode(self, rows: Rows) -> Rows:
        """The driver's rows with the values that SQLAlchemy's types give."""
        return [self._decode(list(row)) for row in rows] if self._decoders else rows

    def _decode(self, row: list[Any]) -> Sequence[Any]:
        for place, decode in self._decoders:
            row[place] = decode(row[place])
        return row


class Statements:
    """The prepared statements of a dialect, for as long as the statements themselves live."""

    def __init__(self, dialect: Dialect, float_code: int | None = None) -> None:
        self._dialect = dialect
        self._float_code = float_code
        self._prepared: WeakKeyDictionary[Select[*tuple[Any, ...]], Prepared] = WeakKeyDictionary()

    def prepare(self, statement: Select[*tuple[Any, ...]]) -> Prepared:
        """Compiles the statement when it is seen for the first time."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement, self._dialect, self._float_code)
        return prepared
