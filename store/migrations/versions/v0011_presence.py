"""Telephony presence in Teams, and which gateway told of a telephone last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ACCOUNT = ["accounts.account_id"]
_USER = ["users.account_id", "users.principal_id"]


def upgrade() -> None:
    """Nobody's presence is shown yet."""
    op.add_column("endpoints", sa.Column("told_by", sa.String(length=36), nullable=True))
    op.create_table(
        "presence_matches",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=True),
        sa.Column("email_folded", sa.String(length=640), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("candidate", sa.String(length=320), nullable=True),
        sa.Column("checked_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "principal_id"], _USER, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "principal_id"),
    )
    op.create_index("ix_presence_matches_object", "presence_matches", ["account_id", "tenant_id", "object_id"])
    op.create_table(
        "presence_sessions",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("shown", sa.String(length=32), nullable=False),
        sa.Column("written_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], _ACCOUNT, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "tenant_id", "application_id", "object_id"),
    )
    op.create_table(
        "presence_mirrors",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("by_teams", sa.Boolean(), nullable=False),
        sa.Column("teams_dnd", sa.Boolean(), nullable=False),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id", "principal_id"], _USER, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "principal_id"),
    )
    op.create_table(
        "presence_syncs",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("succeeded_on", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=32), nullable=True),
        sa.Column("trouble_since", sa.BigInteger(), nullable=True),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("throttled", sa.Integer(), nullable=False),
        sa.Column("matched_on", sa.BigInteger(), nullable=True),
        sa.Column("match_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], _ACCOUNT, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id"),
    )
