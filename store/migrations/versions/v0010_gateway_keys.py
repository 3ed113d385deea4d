"""Gateways have a key pair: their public key takes the place of a key's hash. They are counted to have lost calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Every gateway is to be paired again: nothing else is known of a key than its hash."""
    op.add_column("gateways", sa.Column("public_key", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("gateways", sa.Column("calls_lost", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_column("gateways", "key_hash")
    op.create_index("ix_gateways_account", "gateways", ["account_id"])
