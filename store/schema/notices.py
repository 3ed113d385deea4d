"""What people want to be told, and what is to be told to whom."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, false

from store.schema.types import UtcTime, metadata, of_user

_KEY = ("account_id", "principal_id")


def _user_key(*, primary_key: bool) -> list[Column[str]]:
    return [
        Column(name, String(36), primary_key=primary_key, nullable=False) for name in ("account_id", "principal_id")
    ]


# Whoever has no row has never changed anything.
preferences = Table(
    "preferences",
    metadata,
    *_user_key(primary_key=True),
    Column("missed_calls", Boolean, nullable=False),
    Column("daily_summary", Boolean, nullable=False),
    Column("report_news", Boolean, nullable=False),
    Column("quiet", Boolean, nullable=False),
    # Minutes after midnight; days as a sum of powers of two, Monday being the first.
    Column("quiet_start", Integer, nullable=False),
    Column("quiet_end", Integer, nullable=False),
    Column("quiet_days", Integer, nullable=False),
    Column("language_code", String(20)),
    Column("time_zone", String(64)),
    # Whether call buttons ring the desk phone, in place of opening MiCollab.
    Column("desk_phone", Boolean, nullable=False, server_default=false()),
    # When the next daily summary is due, and up to when the last one has told.
    Column("summary_at", UtcTime, index=True),
    Column("summarised_until", UtcTime),
    Column("changed_on", UtcTime, nullable=False),
    of_user(),
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", String(64), primary_key=True),
    *_user_key(primary_key=False),
    Column("app_id", String(200), nullable=False),
    Column("tenant_id", String(200), nullable=False),
    Column("user_id", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    # What it is about: a call, a day, a problem report.
    Column("subject", String(64), nullable=False),
    Column("details", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("urgency", Integer, nullable=False),
    # Held back by quiet hours.
    Column("kept", Boolean, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(36)),
    Column("claimed_until", UtcTime),
    # The message that tells it, and who called, by which a later call of theirs finds that message.
    Column("activity_id", String(400)),
    Column("caller", String(128)),
    Column("created_on", UtcTime, nullable=False, index=True),
    Column("changed_on", UtcTime, nullable=False),
    of_user(),
    Index("ix_notices_due", "state", "due_at"),
    Index("ix_notices_owner", "app_id", "tenant_id", "user_id", "state"),
    Index("ix_notices_subject", "account_id", "principal_id", "subject"),
)
