"""Contacts of Microsoft 365, and the words that people are found by."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import phonenumbers
import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

revision = "0004"
down_revision = "0003"

_ROWS = 500


def _ordered(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Every user who can be found gets their words, by the rules of the day of this revision."""
    op.create_table(
        "contacts",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("email_folded", sa.String(length=640), nullable=True),
        sa.Column("login_id_folded", sa.String(length=640), nullable=True),
        sa.Column("mobile", sa.String(length=32), nullable=True),
        sa.Column("extension", sa.String(length=32), nullable=True),
        sa.Column("sync_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "contact_id"),
    )
    op.create_index("ix_contacts_person", "contacts", ["account_id", "person_id"])
    op.create_index("ix_contacts_email", "contacts", ["account_id", "email_folded"])
    op.create_index("ix_contacts_login_id", "contacts", ["account_id", "login_id_folded"])
    op.create_index("ix_contacts_mobile", "contacts", ["account_id", "mobile"])
    op.create_index("ix_contacts_extension", "contacts", ["account_id", "extension"])
    words = op.create_table(
        "people_words",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("word", _ordered(64), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("sort_key", _ordered(100), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "person_id", "word", "contact_id"),
    )
    op.create_index("ix_people_words_word", "people_words", ["account_id", "word", "sort_key", "person_id"])
    op.create_index("ix_endpoints_user", "endpoints", ["account_id", "principal_id"])
    _index_users(words)


def _index_users(words: sa.Table) -> None:
    names = ("account_id", "principal_id", "name", "extension", "mobile", "phone", "active")
    users = sa.table("users", *(sa.column(name) for name in names))
    found = op.get_bind().execute(sa.select(users).where(users.c.extension.is_not(None), users.c.active.is_(sa.true())))
    for rows in found.partitions(_ROWS):
        op.bulk_insert(words, [word for row in rows for word in _words(row)])


def _words(user: Sequence[Any]) -> Iterator[dict[str, str]]:
    account_id, principal_id, name, extension, mobile, phone, _ = user
    key = " ".join(filter(None, map(_folded, name.split())))[:100].rstrip()
    made = {"account_id": account_id, "person_id": principal_id, "contact_id": "", "sort_key": key}
    found = dict.fromkeys([""])
    for word in name.split():
        parts = [_folded(part) for part in re.split(r"[^\w]+", word)]
        found |= dict.fromkeys("".join(parts[start:]) for start in range(len(parts)) if parts[start])
    for number in filter(None, (extension, mobile, phone)):
        found |= dict.fromkeys(_number_words(number))
    for word in list(dict.fromkeys(word[:64] for word in found))[:32]:
        yield {**made, "word": word}


def _folded(word: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", word).casefold() if letter.isalnum())


def _number_words(number: str) -> list[str]:
    digits = re.sub(r"\D+", "", number, flags=re.ASCII)
    if not number.startswith("+") or not digits:
        return [digits] if digits else []
    try:
        national = phonenumbers.national_significant_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return [digits]
    return [digits, national, national if national.startswith("0") else f"0{national}"]
