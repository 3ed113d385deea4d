"""Who may sign in and with what: passwords' links, sessions, applications and the keys that sign tokens.

Secrets that are only compared are stored as hashes; those that must be read again are encrypted (``store.vault``).
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, Text

from store.schema.types import UtcTime, account_column, hash_column, metadata, of_user

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("private_key_encrypted", Text, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    # From then on it signs nothing; tokens that it signed are still accepted until they expire.
    Column("retired_on", UtcTime),
)

# Applications that ask for tokens. Users of its account may sign in to it; of a partner's also those of its customers.
clients = Table(
    "clients",
    metadata,
    Column("client_id", String(36), primary_key=True),
    account_column(),
    Column("name", String(200), nullable=False),
    Column("description", String(400), nullable=False),
    hash_column("secret_hash", nullable=True),
    Column("redirect_uris", JSON, nullable=False),
    Column("post_logout_redirect_uris", JSON, nullable=False),
    # OAuth grant types, and ``direct_authorize`` for CloudLink's POST /authorize.
    Column("grant_types", JSON, nullable=False),
    # What an application may do by client credentials: a role.
    Column("role", String(20)),
    Column("active", Boolean, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    Column("modified_on", UtcTime, nullable=False),
)

# A sign-in that goes on: a browser's cookie at the console, or a family of refresh tokens.
sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("account_id", String(36), nullable=False, index=True),
    Column("principal_id", String(36), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("client_id", String(36)),
    Column("auth_provider", String(16), nullable=False),
    Column("scope", String(400), nullable=False),
    # The secret that is valid now, and the part that all refresh tokens of a session share: an old token with the right
    # part was used twice, which ends the session.
    hash_column("secret_hash"),
    hash_column("family_hash", nullable=True),
    Column("authenticated_on", UtcTime, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    Column("used_on", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("address", String(64), nullable=False),
    of_user(),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    hash_column("code_hash", primary_key=True),
    Column("client_id", String(36), nullable=False),
    Column("account_id", String(36), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("redirect_uri", String(2000)),
    Column("scope", String(400), nullable=False),
    Column("nonce", String(400)),
    Column("code_challenge", String(128)),
    Column("auth_provider", String(16), nullable=False),
    Column("authenticated_on", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    # The session that it was exchanged for, which a second use ends.
    Column("session_id", String(36)),
    of_user(),
)

consents = Table(
    "consents",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("client_id", String(36), primary_key=True),
    Column("scope", String(400), nullable=False),
    Column("given_on", UtcTime, nullable=False),
    of_user(),
)

# Links of welcome and reset mails, each with the code that stands beside it.
password_links = Table(
    "password_links",
    metadata,
    hash_column("token_hash", primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("purpose", String(16), nullable=False),
    hash_column("code_hash", nullable=True),
    Column("wrong_tries", Integer, nullable=False),
    Column("created_on", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("used_on", UtcTime),
    of_user(),
)

# What the hosted CloudLink gave a person at their sign-in, when that is the one in use.
hosted_tokens = Table(
    "hosted_tokens",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("principal_id", String(36), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("refresh_token_encrypted", Text, nullable=False),
    Column("changed_on", UtcTime, nullable=False),
    of_user(),
)
