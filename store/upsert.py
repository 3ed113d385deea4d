"""``INSERT ... ON CONFLICT``, spelled alike by SQLite and PostgreSQL.

SQLAlchemy gives each dialect its own construct and no common one; SQLite's compiles for both, as a test holds.
"""

from __future__ import annotations

from sqlalchemy.dialects.sqlite import insert

__all__ = ["insert"]
