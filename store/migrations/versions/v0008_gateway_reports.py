"""What each gateway last told of itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Gateways tell it when they connect again."""
    op.create_table(
        "gateway_reports",
        sa.Column("gateway_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["gateway_id"], ["gateways.gateway_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("gateway_id"),
    )
