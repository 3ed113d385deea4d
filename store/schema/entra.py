"""Microsoft Entra ID: the tenant and domains of an account, who of them is linked, and who may synchronise."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text, UniqueConstraint

from store.schema.types import UtcTime, account_column, hash_column, metadata, of_user

# What an account has connected: single sign-on, synchronisation, presence. At most one of each kind.
integrations = Table(
    "integrations",
    metadata,
    account_column(primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("configuration", JSON, nullable=False),
    Column("secret_encrypted", Text),
    Column("secret_expires_on", UtcTime),
    Column("created_on", UtcTime, nullable=False),
    Column("modified_on", UtcTime, nullable=False),
)

# A tenant is proved by an administrator's consent and belongs to one account.
tenants = Table(
    "tenants",
    metadata,
    Column("tenant_id", String(36), primary_key=True),
    account_column(),
    Column("proved_on", UtcTime, nullable=False),
    Column("proved_by", String(36)),
)

# The single-use state that an administrator's consent, or a sign-in at Entra ID, carries there and back.
entra_states = Table(
    "entra_states",
    metadata,
    hash_column("state_hash", primary_key=True),
    Column("purpose", String(32), nullable=False),
    # Whose states are counted together: a network address or a user.
    hash_column("opener_hash"),
    # What goes on after the return: the MSAL flow, where to, which sign-in. Encrypted, since the flow holds a verifier.
    Column("details_encrypted", Text, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Index("ix_entra_states_opener", "opener_hash", "expires_at"),
)

# An e-mail domain routes a sign-in to its account's Entra ID once it is verified. It never proves anything else.
domains = Table(
    "domains",
    metadata,
    account_column(primary_key=True),
    Column("domain", String(253), primary_key=True),
    Column("verification", String(64), nullable=False),
    Column("created_on", UtcTime, nullable=False),
    # At most one account holds a domain verified: this repeats its name from then on.
    Column("verified_domain", String(253), unique=True),
    Column("verified_on", UtcTime),
)

# From the first sign-in on a person is known by tenant and object id alone, whatever their names become.
entra_links = Table(
    "entra_links",
    metadata,
    Column("tenant_id", String(36), primary_key=True),
    Column("object_id", String(36), primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("principal_id", String(36), nullable=False),
    Column("linked_on", UtcTime, nullable=False),
    UniqueConstraint("account_id", "principal_id", "tenant_id"),
    of_user(),
)

scim_tokens = Table(
    "scim_tokens",
    metadata,
    hash_column("token_hash", primary_key=True),
    account_column(),
    Column("token_id", String(36), nullable=False),
    Column("created_on", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("used_on", UtcTime),
)
