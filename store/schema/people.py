"""Whom people can look for: contacts of Microsoft 365, and the words by which they and users are found."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from store.schema.types import UtcTime, account_column, metadata


def _ordered(length: int) -> String:
    """A text in the order of its code points on both databases, so that what begins alike lies together."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


# A copy of what the account's tenant says, for as long as the account may read it.
contacts = Table(
    "contacts",
    metadata,
    account_column(primary_key=True),
    # Microsoft's id of the object.
    Column("contact_id", String(64), primary_key=True),
    # The user who is the same person, or the contact itself.
    Column("person_id", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False),
    # ``[kind, number]`` each, with a ``NumberKind``.
    Column("numbers", JSON, nullable=False),
    # What a user is recognised by.
    Column("email_folded", String(640)),
    Column("login_id_folded", String(640)),
    Column("mobile", String(32)),
    Column("extension", String(32)),
    Column("tenant_id", String(36), nullable=False, server_default=""),
    # The reading that saw it last.
    Column("sync_id", String(36), nullable=False),
    Index("ix_contacts_tenant", "account_id", "tenant_id", "sync_id"),
    Index("ix_contacts_person", "account_id", "person_id"),
    Index("ix_contacts_email", "account_id", "email_folded"),
    Index("ix_contacts_login_id", "account_id", "login_id_folded"),
    Index("ix_contacts_mobile", "account_id", "mobile"),
    Index("ix_contacts_extension", "account_id", "extension"),
)

# One row for each word of each person, and one with the empty word, by which all are listed.
# The reading of a tenant's contacts: where it is, and what an administrator sees of it.
contact_syncs = Table(
    "contact_syncs",
    metadata,
    account_column(primary_key=True),
    Column("tenant_id", String(36), primary_key=True),
    Column("sync_id", String(36)),
    # Which list, and the path of the page that comes next.
    Column("source", String(16), nullable=False),
    Column("place", Text),
    Column("contacts", Integer, nullable=False),
    Column("finished_on", UtcTime),
    Column("trouble", String(32)),
    Column("next_at", UtcTime, nullable=False),
    # Until when no other server reads it.
    Column("claimed_until", UtcTime),
)

people_words = Table(
    "people_words",
    metadata,
    account_column(primary_key=True),
    # A user's ``principal_id``, or the ``contact_id`` of somebody who is no user.
    Column("person_id", String(64), primary_key=True),
    Column("word", _ordered(64), primary_key=True),
    # The contact that the word is of; empty for the user themself.
    Column("contact_id", String(64), primary_key=True),
    # Where the person stands in the order of names.
    Column("sort_key", _ordered(100), nullable=False),
    # A question reads this index alone: it finds a word's people in the order of their names.
    Index("ix_people_words_word", "account_id", "word", "sort_key", "person_id"),
)
