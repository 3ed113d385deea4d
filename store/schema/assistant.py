"""The assistant's own state: who is connected, conversations, dialogs, sign-ins, links, notes on calls."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from store.schema.types import UtcTime, metadata, of_user

_TEAMS_USER = ("app_id", "tenant_id", "user_id")


def _teams_user(*, primary_key: bool) -> list[Column[str]]:
    return [Column(name, String(200), primary_key=primary_key, nullable=False) for name in _TEAMS_USER]


connections = Table(
    "connections",
    metadata,
    *_teams_user(primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("connected_on", UtcTime, nullable=False),
    of_user(),
    Index("ix_connections_user", "account_id", "principal_id"),
)

conversations = Table(
    "conversations",
    metadata,
    *_teams_user(primary_key=True),
    Column("conversation_id", String(400), nullable=False),
    Column("reference", JSON, nullable=False),
    Column("changed_on", UtcTime, nullable=False),
    Index("ix_conversations_owner", "app_id", "tenant_id", "conversation_id"),
)

dialogs = Table(
    "dialogs",
    metadata,
    *_teams_user(primary_key=True),
    Column("conversation_id", String(400), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("state", JSON, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

activities_seen = Table(
    "activities_seen",
    metadata,
    Column("activity_key", String(64), primary_key=True),
    Column("seen_at", UtcTime, nullable=False, index=True),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    *_teams_user(primary_key=False),
    Column("conversation_id", String(400), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("language_code", String(20), nullable=False),
    Column("account_id", String(36)),
    Column("principal_id", String(36)),
    Column("code_hash", String(64)),
    Column("wrong_tries", Integer, nullable=False, default=0),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_sign_ins_owner", *_TEAMS_USER, "conversation_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False, index=True),
)

dial_links = Table(
    "dial_links",
    metadata,
    Column("dial_id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id", ondelete="CASCADE"), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("call_id", String(64)),
    Column("number", String(128), nullable=False),
    Column("name", String(200)),
    Column("created_on", UtcTime, nullable=False),
    Column("expires_at", UtcTime, index=True),
    UniqueConstraint("account_id", "principal_id", "call_id"),
)

call_notes = Table(
    "call_notes",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("call_id", String(64), primary_key=True),
    Column("note", String(1000), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("changed_on", UtcTime, nullable=False),
    of_user(),
)

# What somebody hid together, until it can no longer be taken back; ``calls`` is how many.
hidings = Table(
    "hidings",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("hiding_id", String(32), primary_key=True),
    Column("call_ids", JSON, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    of_user(),
)
