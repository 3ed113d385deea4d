"""What people want to be told, and what is to be told to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Times are whole microseconds since 1970 in UTC."""
    op.create_table(
        "preferences",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("missed_calls", sa.Boolean(), nullable=False),
        sa.Column("daily_summary", sa.Boolean(), nullable=False),
        sa.Column("report_news", sa.Boolean(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("quiet_start", sa.Integer(), nullable=False),
        sa.Column("quiet_end", sa.Integer(), nullable=False),
        sa.Column("quiet_days", sa.Integer(), nullable=False),
        sa.Column("language_code", sa.String(length=20), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("summary_at", sa.BigInteger(), nullable=True),
        sa.Column("summarised_until", sa.BigInteger(), nullable=True),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        _of_user(),
        sa.PrimaryKeyConstraint("account_id", "principal_id"),
    )
    op.create_index("ix_preferences_summary_at", "preferences", ["summary_at"])
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("app_id", sa.String(length=200), nullable=False),
        sa.Column("tenant_id", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("activity_id", sa.String(length=400), nullable=True),
        sa.Column("caller", sa.String(length=128), nullable=True),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        _of_user(),
        sa.PrimaryKeyConstraint("notice_id"),
    )
    op.create_index("ix_notices_created_on", "notices", ["created_on"])
    op.create_index("ix_notices_due", "notices", ["state", "due_at"])
    op.create_index("ix_notices_owner", "notices", ["app_id", "tenant_id", "user_id", "state"])
    op.create_index("ix_notices_subject", "notices", ["account_id", "principal_id", "subject"])
    op.create_index("ix_connections_user", "connections", ["account_id", "principal_id"])


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
    )
