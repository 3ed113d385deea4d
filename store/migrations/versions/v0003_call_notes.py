"""Notes and tags on calls, and what was hidden together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Times are whole microseconds since 1970 in UTC."""
    op.create_table(
        "call_notes",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        _of_user(),
        sa.PrimaryKeyConstraint("account_id", "principal_id", "call_id"),
    )
    op.create_table(
        "hidings",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("hiding_id", sa.String(length=32), nullable=False),
        sa.Column("call_ids", sa.JSON(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        _of_user(),
        sa.PrimaryKeyConstraint("account_id", "principal_id", "hiding_id"),
    )
    op.create_index("ix_hidings_expires_at", "hidings", ["expires_at"])


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
    )
