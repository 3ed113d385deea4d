"""``INSERT ... ON CONFLICT``: the one place that names a dialect, since SQLAlchemy has no construct common to them.

PostgreSQL spells these clauses alike, and its construct compiles for SQLite too, but takes 36 ms to import.
"""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert

__all__ = ["insert"]
