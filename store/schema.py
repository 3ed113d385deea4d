"""Every table. Times are ``UtcTime``: whole microseconds since 1970 in UTC, which sort, compare and parse alike on
SQLite and PostgreSQL. Secrets (sign-in tokens, codes, gateway keys) are stored as hashes only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# SQLite gives a row id only to a column that is exactly INTEGER.
_RowId = BigInteger().with_variant(Integer(), "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970; reading gives UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        # Half the time of adding a timedelta; a float is exact to the microsecond until the year 2242.
        return None if value is None else datetime.fromtimestamp(value / 1e6, UTC)


metadata = MetaData()

# --- CloudLink -------------------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("language_code", String(20), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("dialing", JSON, nullable=False),
    Column("created_on", UtcTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("account_id", ForeignKey("accounts.account_id", ondelete="CASCADE"), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("name_folded", String(400), nullable=False),
    Column("email", String(320), nullable=False),
    Column("email_folded", String(640), nullable=False),
    Column("role", String(20), nullable=False),
    Column("extension", String(32)),
    Column("mobile", String(32)),
    Column("language_code", String(20)),
    Column("time_zone", String(64)),
    Column("active", Boolean, nullable=False),
    Column("password_hash", String(200)),
    Column("created_on", UtcTime, nullable=False),
    UniqueConstraint("account_id", "email_folded"),
    UniqueConstraint("account_id", "extension"),
    Index("ix_users_email_folded", "email_folded"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("account_id", ForeignKey("accounts.account_id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint_id", String(36), primary_key=True),
    Column("principal_id", String(36)),
    Column("name", String(32), nullable=False),
    Column("type", String(32), nullable=False),
    Column("state", String(32), nullable=False),
    Column("user_availability", String(32), nullable=False),
    Column("message_waiting", Boolean, nullable=False),
    Column("dnd", Boolean, nullable=False),
    Column("changed_at", UtcTime),
    ForeignKeyConstraint(
        ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
    ),
    UniqueConstraint("account_id", "name"),
)

gateways = Table(
    "gateways",
    metadata,
    Column("gateway_id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id", ondelete="CASCADE"), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("spool_id", String(36)),
    Column("received", BigInteger, nullable=False, default=0),
    Column("created_on", UtcTime, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("account_id", String(36), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("call_id", String(64), nullable=False),
    Column("endpoint_id", String(36), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("missed", Boolean, nullable=False),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("created_on", UtcTime, nullable=False),
    Column("end_time", UtcTime),
    Column("state", String(32), nullable=False),
    Column("cause", String(64)),
    Column("from_", String(128)),
    Column("from_number_e164", Boolean, nullable=False),
    Column("from_name", String(200)),
    Column("from_principal_id", String(36)),
    Column("to", String(128)),
    Column("to_number_e164", Boolean, nullable=False),
    Column("to_name", String(200)),
    Column("to_principal_id", String(36)),
    Column("completed", Boolean, nullable=False),
    Column("ring_time", Float, nullable=False),
    Column("billing_time", Float, nullable=False),
    Column("site_id", String(64)),
    Column("extra_pbx_data", JSON, nullable=False),
    ForeignKeyConstraint(
        ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
    ),
    UniqueConstraint("account_id", "principal_id", "call_id"),
    # One index for each list of the call log; the row id closes each, so that a page is one range of an index.
    Index("ix_calls_all", "account_id", "principal_id", "hidden", "created_on", "id"),
    Index("ix_calls_direction", "account_id", "principal_id", "hidden", "direction", "created_on", "id"),
    Index("ix_calls_missed", "account_id", "principal_id", "hidden", "missed", "created_on", "id"),
)

# --- Events ----------------------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=True),
    Column("account_id", String(36), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

outbox_cursors = Table(
    "outbox_cursors",
    metadata,
    Column("consumer", String(64), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# --- The assistant's own state ---------------------------------------------------------------------------------------

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
    ForeignKeyConstraint(
        ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
    ),
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
