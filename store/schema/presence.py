"""Telephony presence in Teams: who of a tenant a user is, what may be shown of them, and how each account fares."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from store.schema.types import UtcTime, account_column, metadata, of_user

# Who of the account's tenant a user is. Found by an address once, and then kept by object id for as long as the user's
# e-mail address is the same; without an ``object_id``, ``reason`` says why and ``candidate`` who it might be.
presence_matches = Table(
    "presence_matches",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("tenant_id", String(36), nullable=False),
    Column("object_id", String(36)),
    Column("email_folded", String(640), nullable=False),
    Column("reason", String(32)),
    Column("candidate", String(320)),
    Column("checked_on", UtcTime, nullable=False),
    of_user(),
    Index("ix_presence_matches_object", "account_id", "tenant_id", "object_id"),
)

# What our application may be showing of whom: written before Graph is asked, and gone once Graph has ended it. It
# outlives the user, whose session has to be ended.
presence_sessions = Table(
    "presence_sessions",
    metadata,
    account_column(primary_key=True),
    Column("tenant_id", String(36), primary_key=True),
    Column("application_id", String(36), primary_key=True),
    Column("object_id", String(36), primary_key=True),
    # A value of ``presence.policy.Shown``.
    Column("shown", String(32), nullable=False),
    Column("written_on", UtcTime, nullable=False),
)

# What a person's do not disturb was on both sides when we last acted, so that neither side echoes the other.
presence_mirrors = Table(
    "presence_mirrors",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    # Whether their telephone is in do not disturb because Teams was.
    Column("by_teams", Boolean, nullable=False),
    # Whether they had chosen do not disturb in Teams.
    Column("teams_dnd", Boolean, nullable=False),
    Column("changed_on", UtcTime, nullable=False),
    of_user(),
)

# How the presence of an account fares, and which server looks after it.
presence_syncs = Table(
    "presence_syncs",
    metadata,
    account_column(primary_key=True),
    Column("claimed_by", String(36)),
    Column("claimed_until", UtcTime),
    # When Graph last did what it was asked; why it did not since.
    Column("succeeded_on", UtcTime),
    Column("trouble", String(32)),
    Column("trouble_since", UtcTime),
    # Writes that waited when the row was written, and how many of the last hour were throttled.
    Column("backlog", Integer, nullable=False),
    Column("throttled", Integer, nullable=False),
    Column("matched_on", UtcTime),
    Column("match_at", UtcTime),
)
