"""The outbox and how far its consumers have read."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, String, Table

from store.schema.types import RowId, UtcTime, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account_id", String(36), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

outbox_cursors = Table(
    "outbox_cursors",
    metadata,
    Column("consumer", String(64), primary_key=True),
    Column("position", BigInteger, nullable=False),
)
