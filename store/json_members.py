"""Members of an array inside a JSON column, as rows: SQLite's ``json_each`` and PostgreSQL's ``json_array_elements``.

The one place that names them, since SQLAlchemy has no construct common to both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, TableValuedAlias
    from sqlalchemy.sql.compiler import SQLCompiler


class json_members(GenericFunction[Any]):  # noqa: N801 - SQLAlchemy names functions as SQL does
    """The members of a JSON array; no rows for what is none."""

    inherit_cache = True
    name = "json_members"


@compiles(json_members, "sqlite")
def _on_sqlite(element: json_members, compiler: SQLCompiler, **options: Any) -> str:
    (array,) = element.clauses
    text = compiler.process(array, **options)
    return f"json_each(CASE json_type({text}) WHEN 'array' THEN {text} ELSE '[]' END)"


@compiles(json_members, "postgresql")
def _on_postgresql(element: json_members, compiler: SQLCompiler, **options: Any) -> str:
    (array,) = element.clauses
    text = compiler.process(array, **options)
    return f"json_array_elements(CASE json_typeof({text}) WHEN 'array' THEN {text} ELSE '[]' END)"


def members(array: ColumnElement[Any]) -> TableValuedAlias:
    """The members as a table with the JSON column ``value``."""
    return json_members(array).table_valued(column("value", JSON), joins_implicitly=True)
