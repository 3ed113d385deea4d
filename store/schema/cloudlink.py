"""Accounts, users, endpoints, gateways and calls."""

from __future__ import annotations

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
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from store.schema.types import RowId, UtcTime, account_column, hash_column, metadata, of_user

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
    Column("name_folded", String(400), nullable=False, server_default=""),
    # A partner's own account is the partner of its customers and has no partner itself.
    Column("partner", Boolean, nullable=False, server_default=false()),
    Column("partner_id", String(36), index=True),
    Column("account_number", String(64)),
    Column("location", JSON),
    Column("contacts", JSON),
    Column("mitel_credentials", Boolean, nullable=False, server_default=true()),
    Column("guest_access", Boolean, nullable=False, server_default=false()),
    Column("access_token_expiry_hours", Integer, nullable=False, server_default="1"),
    Column("refresh_token_expiry_hours", Integer, nullable=False, server_default="360"),
    Column("telephony_role_limit", Integer, nullable=False, server_default="1000"),
    # When the account's data was last given out whole, which a deletion asks for.
    Column("exported_on", UtcTime),
    Column("created_by", String(36)),
    Column("modified_on", UtcTime),
    Column("modified_by", String(36)),
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
    # One person in several accounts.
    Column("unique_user_id", String(36)),
    Column("given_name", String(100)),
    Column("family_name", String(100)),
    # SCIM's userName; the e-mail address of whoever was not synchronised.
    Column("login_id", String(320)),
    Column("login_id_folded", String(640)),
    Column("phone", String(32)),
    Column("telephony_role", String(16)),
    Column("site_id", String(64)),
    Column("source", String(16), nullable=False, server_default="console"),
    Column("email_verified", Boolean, nullable=False, server_default=false()),
    # When the person first proved who they are: set a password, or came by single sign-on.
    Column("registered_on", UtcTime),
    Column("created_by", String(36)),
    Column("modified_on", UtcTime),
    Column("modified_by", String(36)),
    # Grows with every change: the entity tag of SCIM.
    Column("version", Integer, nullable=False, server_default="1"),
    # Whether Entra ID Sync assigned the user, its own id for them, and the attributes that only it knows.
    Column("synchronised", Boolean, nullable=False, server_default=false()),
    Column("external_id", String(320)),
    Column("scim_attributes", JSON),
    UniqueConstraint("account_id", "email_folded"),
    UniqueConstraint("account_id", "extension"),
    Index("ix_users_email_folded", "email_folded"),
    Index("ix_users_login_id", "account_id", "login_id_folded", unique=True),
    Index("ix_users_mobile", "account_id", "mobile", unique=True),
    Index("ix_users_name", "account_id", "name_folded", "principal_id"),
    Index("ix_users_external_id", "account_id", "external_id"),
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
    # The gateway that told this; while it is away nobody knows how the device is.
    Column("told_by", String(36)),
    of_user(),
    UniqueConstraint("account_id", "name"),
    Index("ix_endpoints_user", "account_id", "principal_id"),
)

gateways = Table(
    "gateways",
    metadata,
    Column("gateway_id", String(36), primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id", ondelete="CASCADE"), nullable=False),
    # Ed25519, as ``cloudlink.gateway_key`` writes it; empty for one that is not paired or whose key was revoked.
    Column("public_key", String(64), nullable=False, server_default=""),
    Column("spool_id", String(36)),
    Column("received", BigInteger, nullable=False, default=0),
    Column("created_on", UtcTime, nullable=False),
    Column("name", String(200)),
    # Which PBX it stands beside: a value of ``PbxModel``.
    Column("pbx", String(32)),
    # A code by which a new gateway makes its key known.
    hash_column("pairing_hash", nullable=True),
    Column("pairing_expires_at", UtcTime),
    Column("seen_at", UtcTime),
    Column("version", String(64)),
    # Since when its link has been open, to whichever server; nothing while it is not.
    Column("linked_since", UtcTime),
    # Call records that found no room in it, as it told.
    Column("calls_lost", BigInteger, nullable=False, server_default="0"),
    Index("ix_gateways_account", "account_id"),
)

# Commands to gateways, asked for in the last minutes. One whose gateway is linked to another server waits in ``body``
# until that server takes it, and no longer than ``until``.
commands = Table(
    "commands",
    metadata,
    hash_column("command_id", primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("asked_at", UtcTime, nullable=False, index=True),
    Column("gateway_id", String(36)),
    Column("body", JSON(none_as_null=True)),
    Column("until", UtcTime),
    Column("outcome", JSON(none_as_null=True)),
    of_user(),
    Index("ix_commands_principal", "account_id", "principal_id", "asked_at"),
)

# How many records each gateway told in each hour, which its PBX's BHCC is compared with.
call_hours = Table(
    "call_hours",
    metadata,
    account_column(primary_key=True),
    Column("gateway_id", String(36), primary_key=True),
    Column("hour", UtcTime, primary_key=True),
    Column("calls", Integer, nullable=False),
)

# What each gateway last told of itself, as ``cloudlink.gateway_report`` writes it. Apart from its row, which each batch
# of facts changes.
gateway_reports = Table(
    "gateway_reports",
    metadata,
    Column("gateway_id", ForeignKey("gateways.gateway_id", ondelete="CASCADE"), primary_key=True),
    account_column(),
    Column("report", Text, nullable=False),
    Column("heard_at", UtcTime, nullable=False),
)

groups = Table(
    "groups",
    metadata,
    account_column(primary_key=True),
    Column("group_id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("name_folded", String(400), nullable=False),
    Column("external_id", String(320)),
    Column("created_on", UtcTime, nullable=False),
    Column("modified_on", UtcTime, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_groups_name", "account_id", "name_folded"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("group_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    ForeignKeyConstraint(["account_id", "group_id"], ["groups.account_id", "groups.group_id"], ondelete="CASCADE"),
    of_user(),
    Index("ix_group_members_user", "account_id", "principal_id"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
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
    of_user(),
    UniqueConstraint("account_id", "principal_id", "call_id"),
    # For the public API: an account's records together, and those of one call.
    Index("ix_calls_account", "account_id", "hidden", "created_on", "id"),
    Index("ix_calls_call", "account_id", "call_id"),
    # One index for each list of the call log; the row id closes each, so that a page is one range of an index.
    Index("ix_calls_all", "account_id", "principal_id", "hidden", "created_on", "id"),
    Index("ix_calls_direction", "account_id", "principal_id", "hidden", "direction", "created_on", "id"),
    Index("ix_calls_missed", "account_id", "principal_id", "hidden", "missed", "created_on", "id"),
)
