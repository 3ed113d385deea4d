"""Commands to gateways, and which telephone a person calls with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nobody has chosen the desk phone yet."""
    op.create_table(
        "commands",
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("gateway_id", sa.String(length=36), nullable=True),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("command_id"),
    )
    op.create_index("ix_commands_asked_at", "commands", ["asked_at"])
    op.create_index("ix_commands_principal", "commands", ["account_id", "principal_id", "asked_at"])
    op.add_column("preferences", sa.Column("desk_phone", sa.Boolean(), server_default=sa.false(), nullable=False))
