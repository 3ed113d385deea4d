"""People in whose name Microsoft tells of changes of presence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Nobody watches yet."""
    op.create_table(
        "presence_watchers",
        sa.Column("watcher_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("refresh_encrypted", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("added_on", sa.BigInteger(), nullable=False),
        sa.Column("next_on", sa.BigInteger(), nullable=True),
        sa.Column("subscription_id", sa.String(length=100), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("client_state_hash", sa.String(length=64), nullable=True),
        sa.Column("people_hash", sa.String(length=64), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("watcher_id"),
    )
    op.create_index(
        "ux_presence_watchers_person",
        "presence_watchers",
        ["account_id", "tenant_id", "application_id", "object_id"],
        unique=True,
    )
