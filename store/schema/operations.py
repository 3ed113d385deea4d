"""What runs for an account beside its calls: audit, mail, imports, subscriptions, roll-outs, problem reports."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from store.schema.types import RowId, UtcTime, account_column, metadata, of_user

# Triggers (in the migrations) refuse every change of a row, and its deletion while its account is there.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account_id", String(36), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_account_id", String(36)),
    Column("actor_id", String(64)),
    Column("actor_name", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("correlation_id", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject_kind", String(32), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("subject_name", String(320), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Index("ix_audit_log_account", "account_id", "id"),
    sqlite_autoincrement=True,
)

mails = Table(
    "mails",
    metadata,
    Column("mail_id", String(36), primary_key=True),
    account_column(),
    Column("principal_id", String(36)),
    Column("template", String(32), nullable=False),
    Column("language_code", String(20), nullable=False),
    Column("recipient", String(320), nullable=False),
    # What the template needs, with its one-time link: encrypted, and emptied once sent.
    Column("values_encrypted", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcTime),
    Column("error", String(400)),
    Column("created_on", UtcTime, nullable=False),
    Column("sent_on", UtcTime),
    Index("ix_mails_due", "state", "next_at"),
    Index("ix_mails_account", "account_id", "created_on"),
)

imports = Table(
    "imports",
    metadata,
    Column("import_id", String(36), primary_key=True),
    account_column(),
    Column("file_name", String(200), nullable=False),
    # How the file was read: a guess unless it is a Unicode one.
    Column("encoding", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("lines", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("invite", Integer, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    Column("finished_on", UtcTime),
)

import_lines = Table(
    "import_lines",
    metadata,
    Column("import_id", ForeignKey("imports.import_id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("values", JSON, nullable=False),
    # Why the line is refused, as a reason that the console has a sentence for.
    Column("field", String(32)),
    Column("reason", String(32)),
    Column("principal_id", String(36)),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    account_column(primary_key=True),
    Column("subscription_id", String(36), primary_key=True),
    # The administrator who made it (``None``: the application itself), and the application. It ends with the rights of
    # either, since it tells of the whole account.
    Column("principal_id", String(36)),
    Column("client_id", String(36), nullable=False),
    Column("application_id", String(64), nullable=False),
    Column("device_id", String(2000), nullable=False),
    Column("transport", String(16), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("subject_filter", String(400), nullable=False),
    Column("publication_filter", String(2000), nullable=False),
    Column("failures", Integer, nullable=False),
    # The newest event of the outbox that there is a delivery of: no server makes another one of it.
    Column("last_event", BigInteger, nullable=False),
    Column("created_on", UtcTime, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    account_column(),
    Column("subscription_id", String(36), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcTime, nullable=False, index=True),
    Column("created_on", UtcTime, nullable=False),
    Index("ix_deliveries_subscription", "account_id", "subscription_id"),
)

rollouts = Table(
    "rollouts",
    metadata,
    Column("rollout_id", String(36), primary_key=True),
    account_column(),
    Column("tenant_id", String(36), nullable=False),
    Column("scope", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("error", String(400)),
    Column("actor", JSON, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    Column("finished_on", UtcTime),
    # Which server's worker carries it out, and until when no other one may.
    Column("claimed_by", String(36)),
    Column("claimed_until", UtcTime),
)

rollout_users = Table(
    "rollout_users",
    metadata,
    Column("rollout_id", ForeignKey("rollouts.rollout_id", ondelete="CASCADE"), primary_key=True),
    Column("object_id", String(36), primary_key=True),
    Column("name", String(320), nullable=False),
    Column("state", String(16), nullable=False),
    Column("error", String(400)),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcTime),
    Column("changed_on", UtcTime, nullable=False),
    Index("ix_rollout_users_state", "rollout_id", "state", "next_at"),
)

problem_reports = Table(
    "problem_reports",
    metadata,
    account_column(primary_key=True),
    Column("report_id", String(36), primary_key=True),
    Column("principal_id", String(36), nullable=False),
    Column("category", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", Text),
    Column("created_on", UtcTime, nullable=False),
    Column("changed_on", UtcTime, nullable=False),
    Index("ix_problem_reports_author", "account_id", "principal_id", "created_on"),
)

report_pictures = Table(
    "report_pictures",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("report_id", String(36), primary_key=True),
    Column("media_type", String(32), nullable=False),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["account_id", "report_id"], ["problem_reports.account_id", "problem_reports.report_id"], ondelete="CASCADE"
    ),
)

# What a person has written and not sent yet: at most one, forgotten after a day. ``draft_id`` becomes the report's id,
# so that sending it twice makes one report. ``written`` is the text before numbers were taken out of it.
report_drafts = Table(
    "report_drafts",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("draft_id", String(36), nullable=False),
    Column("category", String(32), nullable=False),
    Column("written", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("keep_numbers", Boolean, nullable=False),
    Column("media_type", String(32)),
    Column("content", LargeBinary),
    Column("created_on", UtcTime, nullable=False, index=True),
    of_user(),
)
