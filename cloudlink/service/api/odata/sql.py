"""From the tree of a filter to a condition on columns, with OData's idea of ``null``: equal to itself, else untrue.

Texts are looked for without regard to the case of letters, on SQLite those from A to Z.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, Float, Integer, String, and_, false, func, not_, or_

from cloudlink.service.api.odata.parser import time_of
from cloudlink.service.api.odata.syntax import BadFilter, Both, Comparison, Either, Node, Not, Value
from store.schema import UtcTime

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

Columns = Mapping[str, ColumnElement[Any]]

_ORDERED: dict[str, Callable[[Any, Any], Any]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def condition(node: Node, columns: Columns) -> ColumnElement[bool]:
    """Raises ``BadFilter`` for a field that is not among ``columns`` and for a value of another type."""
    match node:
        case Both(nodes):
            return and_(*(condition(part, columns) for part in nodes))
        case Either(nodes):
            return or_(*(condition(part, columns) for part in nodes))
        case Not(of):
            return not_(condition(of, columns))
        case Comparison():
            return _comparison(node, columns)


def _comparison(node: Comparison, columns: Columns) -> ColumnElement[bool]:
    column = columns.get(node.field)
    if column is None:
        raise BadFilter(f"fields that can be asked for are {', '.join(columns)}")
    value = _fitting(column.type, node)
    if node.operator == "eq":
        return column.is_not_distinct_from(value)
    if node.operator == "ne":
        return column.is_distinct_from(value)
    if value is None or isinstance(value, bool):
        raise BadFilter(f"{node.field} can only be compared by eq and ne with this")
    found = _ORDERED[node.operator](column, value) if node.operator in _ORDERED else _text(column, node, str(value))
    return func.coalesce(found, false())


def _text(column: ColumnElement[Any], node: Comparison, text: str) -> ColumnElement[bool]:
    if not isinstance(column.type, String):
        raise BadFilter(f"{node.field} is no text")
    match node.operator:
        case "contains":
            return column.icontains(text, autoescape=True)
        case "startswith":
            return column.istartswith(text, autoescape=True)
        case _:
            return column.iendswith(text, autoescape=True)


def _fitting(kind: TypeEngine[Any], node: Comparison) -> Value:
    """The value in the column's type; a time may stand in quotes, and dates beyond a database's are refused."""
    value = node.value
    if value is None:
        return None
    if isinstance(kind, UtcTime):
        value = time_of(value) if isinstance(value, str) else value
        if isinstance(value, datetime):
            return value
    elif isinstance(kind, Boolean):
        if isinstance(value, bool):
            return value
    elif isinstance(kind, Float | Integer):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    elif isinstance(value, str):
        return value
    raise BadFilter(f"{node.field} is compared with a value of another type")
