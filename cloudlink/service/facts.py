"""Writes what a gateway tells of an account, with its outbox event, in the caller's transaction.

A gateway knows extensions and what the PBX displays; whose extension it is and what that person is called comes from
here. Ids of principals that a gateway claims are not believed.
"""

from __future__ import annotations

from dataclasses import fields, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError

from cloudlink.model import Call, Direction, wire_name
from cloudlink.topics import CALL_RECORDED, LINE_CHANGED
from cloudlink.uplink import CallRecorded, LineChanged
from store import outbox
from store.schema import calls, endpoints, users
from store.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from cloudlink.uplink import Fact


_ENDPOINT = select(endpoints.c.endpoint_id, endpoints.c.principal_id).where(
    endpoints.c.account_id == bindparam("account_id"), endpoints.c.name == bindparam("extension")
)
_PARTY = (
    select(users.c.principal_id, users.c.name)
    .join(
        endpoints,
        (endpoints.c.account_id == users.c.account_id) & (endpoints.c.principal_id == users.c.principal_id),
    )
    .where(endpoints.c.account_id == bindparam("account_id"), endpoints.c.name == bindparam("extension"))
)
_ADD_CALL = insert(calls).on_conflict_do_nothing()
_CALL_FIELDS = tuple(field.name for field in fields(Call))
_LENGTHS = {name: getattr(calls.c[name].type, "length", None) for name in _CALL_FIELDS}


class Unusable(Exception):
    """A fact that can be read but never be used; the text says why, without quoting it."""


def write(connection: Connection, account_id: str, fact: Fact, now: datetime) -> bool:
    """Writes the fact, or nothing of it when it raises ``Unusable``; answers whether a call is new in a log."""
    try:
        with connection.begin_nested():
            if isinstance(fact, CallRecorded):
                return _write_call(connection, account_id, fact, now)
            _write_line(connection, account_id, fact, now)
            return False
    except (IntegrityError, DataError, UnicodeError, OverflowError) as error:
        raise Unusable(f"the database cannot hold it: {type(error).__name__}") from None


def _write_call(connection: Connection, account_id: str, fact: CallRecorded, now: datetime) -> bool:
    endpoint = _endpoint(connection, account_id, fact.extension)
    if endpoint.principal_id is None:
        raise Unusable("nobody has this extension")
    call = _with_parties(connection, account_id, fact.call, endpoint.principal_id)
    row = {
        **{name: getattr(call, name) for name in _CALL_FIELDS},
        "account_id": account_id,
        "principal_id": endpoint.principal_id,
        "endpoint_id": endpoint.endpoint_id,
        "missed": call.missed,
        "hidden": False,
    }
    _fit(row)
    if added := connection.execute(_ADD_CALL, row).rowcount == 1:
        payload = {"principal_id": endpoint.principal_id, "call_id": call.call_id, "missed": call.missed}
        outbox.append(connection, account_id, CALL_RECORDED, payload, now)
    return added


def _write_line(connection: Connection, account_id: str, fact: LineChanged, now: datetime) -> None:
    endpoint = _endpoint(connection, account_id, fact.extension)
    told = {"state": fact.state, "dnd": fact.dnd, "message_waiting": fact.message_waiting}
    news = {name: value for name, value in told.items() if value is not None}
    if not news:
        return
    this = (endpoints.c.account_id == account_id) & (endpoints.c.endpoint_id == endpoint.endpoint_id)
    not_older = or_(endpoints.c.changed_at.is_(None), endpoints.c.changed_at <= fact.at)
    differs = or_(*(endpoints.c[name] != value for name, value in news.items()))
    changed = update(endpoints).where(this, not_older, differs).values(**news, changed_at=fact.at)
    if connection.execute(changed).rowcount == 1:
        payload = {"principal_id": endpoint.principal_id, "endpoint_id": endpoint.endpoint_id, **news}
        outbox.append(connection, account_id, LINE_CHANGED, payload, now)


def _endpoint(connection: Connection, account_id: str, extension: str) -> Row[str, str | None]:
    endpoint = connection.execute(_ENDPOINT, {"account_id": account_id, "extension": extension}).first()
    if endpoint is None:
        raise Unusable("no such extension")
    return endpoint


def _with_parties(connection: Connection, account_id: str, call: Call, owner: str) -> Call:
    """The call with both parties' principals, and their names from the directory when the PBX gave none."""
    from_id, from_name = _party(connection, account_id, call.from_, is_number=call.from_number_e164)
    to_id, to_name = _party(connection, account_id, call.to, is_number=call.to_number_e164)
    if call.direction == Direction.INBOUND:
        to_id = owner
    else:
        from_id = owner
    return replace(
        call,
        from_principal_id=from_id,
        from_name=call.from_name or from_name,
        to_principal_id=to_id,
        to_name=call.to_name or to_name,
    )


def _party(
    connection: Connection, account_id: str, device: str | None, *, is_number: bool
) -> tuple[str | None, str | None]:
    if device is None or is_number:
        return None, None
    party = connection.execute(_PARTY, {"account_id": account_id, "extension": device}).first()
    return (party.principal_id, party.name) if party else (None, None)


def _fit(row: dict[str, Any]) -> None:
    """Bounds the texts, since SQLite stores any length and every card that shows one would be too large.

    A name is whatever a caller has chosen: it is cut. A number that long is none, and only kept as the PBX told it.
    Raises ``Unusable`` for anything else, which no PBX of good will sends.
    """
    if not all(isfinite(value) for value in row.values() if isinstance(value, float)):
        raise Unusable("a duration is no number of seconds")
    for name, longest in _LENGTHS.items():
        value = row[name]
        if longest is None or not isinstance(value, str) or len(value) <= longest:
            continue
        if name in {"from_name", "to_name"}:
            row[name] = value[:longest]
        elif name in {"from_", "to"}:
            row[name] = None
            row["extra_pbx_data"] = {**row["extra_pbx_data"], wire_name(name): value}
        else:
            raise Unusable(f"{name} is longer than {longest} characters")
