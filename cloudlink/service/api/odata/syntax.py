"""The tree of a filter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Value = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field operator value``; the operator is ``eq ne gt ge lt le contains startswith endswith``."""

    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    of: Node


@dataclass(frozen=True, slots=True)
class Both:
    """``and``: all of them."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """``or``: at least one of them."""

    nodes: tuple[Node, ...]


Node = Comparison | Not | Both | Either


class BadFilter(ValueError):
    """A filter that is no filter; the text says why, without quoting it."""


def conjuncts(node: Node | None) -> tuple[Node, ...]:
    """What must all be true, for a filter that may be missing."""
    if node is None:
        return ()
    return node.nodes if isinstance(node, Both) else (node,)
