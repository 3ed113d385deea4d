"""Writes what a gateway tells of an account, with its outbox events, in the caller's transaction.

A gateway knows extensions and what the PBX displays; whose extension it is and what that person is called comes from
here. Ids of principals that a gateway claims are not believed.

Facts are written many at a time, by a handful of statements however many they are. Of a line that changed more than
once among them only the last state is written and told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from cloudlink.model import Call, Direction, wire_name
from cloudlink.topics import CALL_RECORDED, LINE_CHANGED
from cloudlink.uplink import CallRecorded, LineChanged
from store import outbox
from store.padding import padded
from store.schema import calls, endpoints, users

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from cloudlink.uplink import AboutExtension
    from store.outbox import News


_LINE = ("state", "dnd", "message_waiting")
_e = endpoints.c
_ENDPOINTS = (
    select(
        _e.name, _e.endpoint_id, _e.principal_id, users.c.name, _e.changed_at, _e.told_by, *(_e[name] for name in _LINE)
    )
    .outerjoin(users, (users.c.account_id == _e.account_id) & (users.c.principal_id == _e.principal_id))
    .where(_e.account_id == bindparam("account_id"), _e.name.in_(bindparam("extensions", expanding=True)))
)
_SET_LINE = (
    update(endpoints)
    .where(_e.account_id == bindparam("of_account"), _e.endpoint_id == bindparam("of_endpoint"))
    .values(
        changed_at=bindparam("at"), told_by=bindparam("teller"), **{name: bindparam(f"new_{name}") for name in _LINE}
    )
)
_KNOWN = select(calls.c.principal_id, calls.c.call_id).where(
    calls.c.account_id == bindparam("account_id"), calls.c.call_id.in_(bindparam("call_ids", expanding=True))
)
# Before there was a telephone system of ours, and for as long as stored times are exact.
_POSSIBLE = 1970, 2240
_NO_TIME = "a time is out of the question"
_ADD_CALLS = insert(calls)
_CALL_FIELDS = tuple(field.name for field in fields(Call))
_LENGTHS = {name: getattr(calls.c[name].type, "length", None) for name in _CALL_FIELDS}


@dataclass(slots=True)
class Written:
    """``calls`` are those that are new in a log; ``unusable`` says why each fact that was not kept was not."""

    calls: list[Call] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)


class _Unusable(Exception):
    """A fact that can be read but never be used; the text says why, without quoting it."""


def write(
    connection: Connection,
    account_id: str,
    facts: Sequence[AboutExtension],
    now: datetime,
    *,
    told_by: str | None = None,
) -> Written:
    """Writes the facts, in their order, but for those that cannot be used. ``told_by`` is the gateway's id."""
    try:
        with connection.begin_nested():
            return _Writing(connection, account_id, facts, told_by).write(now)
    except (IntegrityError, DataError, UnicodeError, OverflowError) as error:
        if len(facts) == 1:
            return Written(unusable=[f"the database cannot hold it: {type(error).__name__}"])
    # One of them spoils the statement for all: the others are found by halves.
    written = Written()
    for half in (facts[: len(facts) // 2], facts[len(facts) // 2 :]):
        part = write(connection, account_id, half, now, told_by=told_by)
        written.calls += part.calls
        written.unusable += part.unusable
    return written


@dataclass(slots=True)
class _Endpoint:
    """An extension's endpoint as the database has it, and then as the facts have left it."""

    endpoint_id: str
    principal_id: str | None
    user_name: str | None
    changed_at: datetime | None
    told_by: str | None
    shows: dict[str, Any]
    news: dict[str, Any] = field(default_factory=dict)
    touched: bool = False


class _Writing:
    def __init__(
        self, connection: Connection, account_id: str, facts: Sequence[AboutExtension], told_by: str | None
    ) -> None:
        self._connection = connection
        self._account_id = account_id
        self._facts = facts
        self._told_by = told_by
        self._endpoints = self._read_endpoints()
        self._seen = self._read_known_calls()
        self._rows: list[dict[str, Any]] = []
        # By endpoint, so that a line that changes again is told where it did so last.
        self._told: dict[str, News] = {}
        self._written = Written()

    def write(self, now: datetime) -> Written:
        for fact in self._facts:
            try:
                endpoint = self._endpoint(fact.extension)
                if isinstance(fact, LineChanged):
                    self._change_line(endpoint, fact, now)
                else:
                    self._add_call(endpoint, fact)
            except _Unusable as error:
                self._written.unusable.append(str(error))
        if self._rows:
            self._connection.execute(_ADD_CALLS, self._rows)
        if lines := [self._line(endpoint) for endpoint in self._endpoints.values() if endpoint.touched]:
            self._connection.execute(_SET_LINE, lines)
        outbox.append_all(self._connection, self._account_id, [*self._told.values()], now)
        return self._written

    def _read_endpoints(self) -> dict[str, _Endpoint]:
        names = {fact.extension for fact in self._facts}
        for fact in self._facts:
            if isinstance(fact, CallRecorded):
                names.update(_devices(fact.call))
        parameters = {"account_id": self._account_id, "extensions": padded(names)}
        rows = self._connection.execute(_ENDPOINTS, parameters)
        return {
            name: _Endpoint(
                endpoint_id, principal_id, user_name, changed_at, told_by, dict(zip(_LINE, shows, strict=True))
            )
            for name, endpoint_id, principal_id, user_name, changed_at, told_by, *shows in rows
        }

    def _read_known_calls(self) -> set[tuple[str, str]]:
        """Nobody else writes meanwhile, so this stays true until the commit."""
        ids = {fact.call.call_id for fact in self._facts if isinstance(fact, CallRecorded)}
        if not ids:
            return set()
        rows = self._connection.execute(_KNOWN, {"account_id": self._account_id, "call_ids": padded(ids)})
        return {(principal_id, call_id) for principal_id, call_id in rows}

    def _endpoint(self, extension: str) -> _Endpoint:
        endpoint = self._endpoints.get(extension)
        if endpoint is None:
            raise _Unusable("no such extension")
        return endpoint

    def _change_line(self, endpoint: _Endpoint, fact: LineChanged, now: datetime) -> None:
        told = {name: value for name in _LINE if (value := getattr(fact, name)) is not None}
        if not _is_possible(fact.at):
            raise _Unusable(_NO_TIME)
        before = endpoint.changed_at
        # A change of the future was told by a clock that has been put right since.
        if before is not None and fact.at < before <= now:
            return
        if endpoint.told_by != self._told_by:
            # Who tells it is no news of the device, so nobody is told of it.
            endpoint.told_by, endpoint.touched = self._told_by, True
        if all(endpoint.shows[name] == value for name, value in told.items()):
            # Told again by a gateway that has started anew: it is so now, and no news.
            endpoint.changed_at, endpoint.touched = fact.at, True
            return
        endpoint.touched = True
        endpoint.shows |= told
        endpoint.news |= told
        endpoint.changed_at = fact.at
        about = {"principal_id": endpoint.principal_id, "endpoint_id": endpoint.endpoint_id}
        self._told.pop(endpoint.endpoint_id, None)
        self._told[endpoint.endpoint_id] = (LINE_CHANGED, {**about, **endpoint.news})

    def _line(self, endpoint: _Endpoint) -> dict[str, Any]:
        shows = {f"new_{name}": value for name, value in endpoint.shows.items()}
        of = {"of_account": self._account_id, "of_endpoint": endpoint.endpoint_id}
        return {**of, "at": endpoint.changed_at, "teller": endpoint.told_by, **shows}

    def _add_call(self, endpoint: _Endpoint, fact: CallRecorded) -> None:
        if endpoint.principal_id is None:
            raise _Unusable("nobody has this extension")
        call = self._with_parties(fact.call, endpoint.principal_id)
        row = {
            **{name: getattr(call, name) for name in _CALL_FIELDS},
            "account_id": self._account_id,
            "principal_id": endpoint.principal_id,
            "endpoint_id": endpoint.endpoint_id,
            "missed": call.missed,
            "hidden": False,
        }
        _fit(row)
        key = endpoint.principal_id, call.call_id
        if key in self._seen:
            return
        self._seen.add(key)
        self._rows.append(row)
        self._written.calls.append(call)
        payload = {"principal_id": endpoint.principal_id, "call_id": call.call_id, "missed": call.missed}
        self._told[" ".join(key)] = (CALL_RECORDED, payload)

    def _with_parties(self, call: Call, owner: str) -> Call:
        """The call with both parties' principals, and their names from the directory when the PBX gave none."""
        from_id, from_name = self._party(call.from_, is_number=call.from_number_e164)
        to_id, to_name = self._party(call.to, is_number=call.to_number_e164)
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

    def _party(self, device: str | None, *, is_number: bool) -> tuple[str | None, str | None]:
        endpoint = None if device is None or is_number else self._endpoints.get(device)
        return (None, None) if endpoint is None else (endpoint.principal_id, endpoint.user_name)


def _is_possible(at: datetime) -> bool:
    """Times at the ends of what a datetime holds cannot be put into another time zone."""
    return _POSSIBLE[0] <= at.year <= _POSSIBLE[1]


def _devices(call: Call) -> Iterator[str]:
    """The parties that may be extensions of the account."""
    if call.from_ is not None and not call.from_number_e164:
        yield call.from_
    if call.to is not None and not call.to_number_e164:
        yield call.to


def _fit(row: dict[str, Any]) -> None:
    """Bounds the texts, since SQLite stores any length and every card that shows one would be too large.

    A name is whatever a caller has chosen: it is cut. A number that long is none, and only kept as the PBX told it.
    Raises ``_Unusable`` for anything else, which no PBX of good will sends.
    """
    if not all(isfinite(value) for value in row.values() if isinstance(value, float)):
        raise _Unusable("a duration is no number of seconds")
    if not all(_is_possible(value) for value in row.values() if isinstance(value, datetime)):
        raise _Unusable(_NO_TIME)
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
            raise _Unusable(f"{name} is longer than {longest} characters")
