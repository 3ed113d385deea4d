"""Problem reports that people file: drafts, pictures, answers; and since when a gateway has been connected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Times are whole microseconds since 1970 in UTC."""
    op.add_column("gateways", sa.Column("linked_since", sa.BigInteger(), nullable=True))
    op.add_column("problem_reports", sa.Column("answer", sa.Text(), nullable=True))
    op.create_index("ix_problem_reports_author", "problem_reports", ["account_id", "principal_id", "created_on"])
    op.create_table(
        "report_pictures",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "report_id"],
            ["problem_reports.account_id", "problem_reports.report_id"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "report_id"),
    )
    op.create_table(
        "report_drafts",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("keep_numbers", sa.Boolean(), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "principal_id"),
    )
    op.create_index("ix_report_drafts_created_on", "report_drafts", ["created_on"])
