"""Telephony presence in Teams: who of a tenant a user is, what may be shown of them, and how each account fares."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from store.schema.types import UtcTime, account_column, hash_column, metadata, of_user

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

# People of the tenant who have signed in to the account's application, so that Microsoft tells us of changes in their
# name: a subscription each, of a part of the people.
presence_watchers = Table(
    "presence_watchers",
    metadata,
    # Part of the address that Microsoft calls.
    Column("watcher_id", String(36), primary_key=True),
    account_column(),
    Column("tenant_id", String(36), nullable=False),
    Column("application_id", String(36), nullable=False),
    Column("object_id", String(36), nullable=False),
    Column("refresh_encrypted", Text, nullable=False),
    # A value of ``presence.model.WatcherState``.
    Column("state", String(32), nullable=False),
    Column("added_on", UtcTime, nullable=False),
    # When it is to be looked after again; none while somebody has to sign in first.
    Column("next_on", UtcTime),
    # The subscription, and the hash of what comes back in its notifications; whom it covers, hashed and counted.
    Column("subscription_id", String(100)),
    Column("ends_at", UtcTime),
    hash_column("client_state_hash", nullable=True),
    hash_column("people_hash", nullable=True),
    Column("people", Integer, nullable=False),
    Index("ux_presence_watchers_person", "account_id", "tenant_id", "application_id", "object_id", unique=True),
)
