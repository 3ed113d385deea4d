"""Rows of CloudLink's tables as the nouns of ``cloudlink.model``; columns are selected in the order of the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudlink.model import Account, Call, DialSettings, Endpoint, User
from store.schema import accounts, calls, endpoints, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from dataclasses import Field

    from sqlalchemy import ColumnElement, Table


def _columns(table: Table, fields: Mapping[str, Field[Any]]) -> tuple[ColumnElement[Any], ...]:
    return tuple(table.c[name] for name in fields)


ACCOUNT_COLUMNS = _columns(accounts, Account.__dataclass_fields__)
USER_COLUMNS = _columns(users, User.__dataclass_fields__)
ENDPOINT_COLUMNS = _columns(endpoints, Endpoint.__dataclass_fields__)
CALL_COLUMNS = _columns(calls, Call.__dataclass_fields__)


def to_account(row: Sequence[Any]) -> Account:
    """From a row of ``ACCOUNT_COLUMNS``."""
    account_id, name, language_code, time_zone, active, dialing = row
    return Account(account_id, name, language_code, time_zone, active, dial_settings(dialing))


def dial_settings(stored: Mapping[str, Any]) -> DialSettings:
    """From the JSON of ``accounts.dialing``; a setting that is not stored has its default."""
    barred = tuple(stored.get("barred_prefixes", ()))
    return DialSettings(**{**stored, "barred_prefixes": barred})


def to_user(row: Sequence[Any]) -> User:
    """From a row of ``USER_COLUMNS``."""
    return User(*row)


def to_endpoint(row: Sequence[Any]) -> Endpoint:
    """From a row of ``ENDPOINT_COLUMNS``."""
    return Endpoint(*row)


def to_call(row: Sequence[Any]) -> Call:
    """From a row of ``CALL_COLUMNS``."""
    return Call(*row)
