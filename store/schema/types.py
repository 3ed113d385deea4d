"""What every table is made of: the metadata that holds them all, row ids and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# SQLite gives a row id only to a column that is exactly INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime as whole microseconds since 1970; reading gives UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        # Half the time of adding a timedelta; a float is exact to the microsecond until the year 2242.
        return None if value is None else datetime.fromtimestamp(value / 1e6, UTC)


def account_column(*, primary_key: bool = False) -> Column[str]:
    """The account that a row belongs to and goes with."""
    reference = ForeignKey("accounts.account_id", ondelete="CASCADE")
    return Column("account_id", reference, primary_key=primary_key, nullable=False)


def hash_column(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    """A SHA-256 in hexadecimal."""
    return Column(name, String(64), primary_key=primary_key, nullable=nullable)


def of_user() -> ForeignKeyConstraint:
    """``account_id`` and ``principal_id`` are a user's, and the row goes with that user."""
    return ForeignKeyConstraint(
        ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
    )
