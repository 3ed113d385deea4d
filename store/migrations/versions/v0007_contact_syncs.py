"""Whose contacts are read from where, and how far the reading is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """There are no contacts yet: nothing has read any."""
    op.add_column("contacts", sa.Column("tenant_id", sa.String(length=36), server_default="", nullable=False))
    op.create_index("ix_contacts_tenant", "contacts", ["account_id", "tenant_id", "sync_id"])
    op.create_table(
        "contact_syncs",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("sync_id", sa.String(length=36), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("finished_on", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=32), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "tenant_id"),
    )
