"""``INSERT ... ON CONFLICT`` for both databases, since SQLAlchemy has no construct common to them.

SQLite and PostgreSQL spell these clauses alike. SQLite's construct lacks one attribute that PostgreSQL's compiler looks
at; PostgreSQL's construct compiles for both, but takes 36 ms to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["Insert", "insert"]


class _DoNothing(OnConflictDoNothing):
    inherit_cache = True
    # PostgreSQL could name a constraint here; SQLite knows columns only.
    constraint_target = None


class _DoUpdate(OnConflictDoUpdate):
    inherit_cache = True
    constraint_target = None


class Insert(sqlite.Insert):
    """An INSERT that says what happens when the row is there; the arguments are those of SQLAlchemy's for SQLite."""

    inherit_cache = True

    def on_conflict_do_nothing(self, *arguments: Any, **named: Any) -> Self:
        return self.ext(_DoNothing(*arguments, **named))

    def on_conflict_do_update(self, *arguments: Any, **named: Any) -> Self:
        return self.ext(_DoUpdate(*arguments, **named))


def insert(table: Table) -> Insert:
    """An INSERT into the table; ``excluded`` of it is the row that was to be inserted."""
    return Insert(table)
