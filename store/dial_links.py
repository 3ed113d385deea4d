"""Opaque links that stand for a number, since a card travels and a URL ends in logs.

The link of a call lives as long as its record. Where the record is not ours, since the hosted CloudLink keeps it, it
lives for ``REMOTE`` after the call was last shown. The link of a number that a person asked for lives as long as told.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, exists, or_, select, update

from store.clock import Clock, utc_now
from store.schema import calls as call_records
from store.schema import dial_links
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, Update

    from cloudlink.model import Call, Principal
    from store.database import Database

REMOTE = timedelta(days=90)
"""How long a card's call button works when only another server knows whether the call's record is still there."""

_c = dial_links.c
_LONGEST_NAME = 200
# The part of its lifetime that a link must have before it for being shared again.
_SERVES_AGAIN = 2 / 3
_ADD = insert(dial_links).on_conflict_do_nothing()
_EXPIRED = delete(dial_links).where(_c.expires_at <= bindparam("now"))
_RECORD = exists().where(
    and_(
        call_records.c.account_id == _c.account_id,
        call_records.c.principal_id == _c.principal_id,
        call_records.c.call_id == _c.call_id,
    )
)
_FIND = select(_c.account_id, _c.principal_id, _c.number, _c.name).where(
    _c.dial_id == bindparam("dial_id"), or_(_c.expires_at > bindparam("now"), and_(_c.expires_at.is_(None), _RECORD))
)


@cache
def _of_calls(count: int) -> Select[str, str]:
    """The links of so many calls that live longer than ``until``: the parameters ``call_0``, ``call_1`` and so on."""
    return select(_c.call_id, _c.dial_id).where(
        _c.account_id == bindparam("account_id"),
        _c.principal_id == bindparam("principal_id"),
        _c.call_id.in_([bindparam(f"call_{place}") for place in range(count)]),
        or_(_c.expires_at > bindparam("until"), and_(_c.expires_at.is_(None), _RECORD)),
    )


@cache
def _last(count: int) -> Update:
    """Gives the links of so many calls until ``expires``, unless a record of ours says how long they live."""
    return (
        update(dial_links)
        .where(
            _c.account_id == bindparam("of_account"),
            _c.principal_id == bindparam("of_principal"),
            _c.call_id.in_([bindparam(f"call_{place}") for place in range(count)]),
            ~_RECORD,
        )
        .values(expires_at=bindparam("expires"))
    )


@cache
def _of_numbers(count: int) -> Select[str, str | None, str]:
    """The links to so many numbers, the parameters ``number_0`` and so on, that live longer than ``until``."""
    return select(_c.number, _c.name, _c.dial_id).where(
        _c.account_id == bindparam("account_id"),
        _c.principal_id == bindparam("principal_id"),
        _c.call_id.is_(None),
        _c.expires_at > bindparam("until"),
        _c.number.in_([bindparam(f"number_{place}") for place in range(count)]),
    )


@dataclass(frozen=True, slots=True)
class DialLink:
    """Whose link it is and what it dials: a device identifier as the PBX shows it, or a number as a person typed it."""

    account_id: str
    principal_id: str
    number: str
    name: str | None


class DialLinks:
    """The links of cards to the dial page. An id has 128 random bits, so finding it is enough to know it."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def for_calls(self, who: Principal, calls: Sequence[Call]) -> dict[str, str]:
        """The ids of the links to the other parties of the principal's calls, by call id.

        A call whose other party is withheld has none. Missing links are made; when none is missing this is one read.
        """
        callable_ = {call.call_id: call for call in calls if call.peer}
        if not callable_:
            return {}
        now = self._now()
        key = {**_who(who), **_call_parameters(callable_), "until": now + REMOTE * _SERVES_AGAIN}
        of_calls = _of_calls(len(callable_))
        links: dict[str, str] = {row[0]: row[1] for row in await self._database.read(of_calls, key)}
        missing = [call_id for call_id in callable_ if call_id not in links]
        rows = [
            {**self._row(who, call.peer, call.peer_name), "call_id": call.call_id, "expires_at": None}
            for call in (callable_[call_id] for call_id in missing)
        ]

        def work(connection: Connection) -> dict[str, str]:
            connection.execute(_EXPIRED, {"now": now})
            connection.execute(_ADD, rows)
            owner = {"of_account": who.account_id, "of_principal": who.principal_id}
            connection.execute(_last(len(missing)), {**owner, **_call_parameters(missing), "expires": now + REMOTE})
            # Another task may have made some of them first: the stored ones are the ones to show.
            return dict(connection.execute(of_calls, key).all())

        return await self._database.write(work) if missing else links

    async def for_number(self, who: Principal, number: str, name: str | None, lifetime: timedelta) -> str:
        """The id of a new link to a number that the principal asked for."""
        row = {**self._row(who, number, name), "call_id": None, "expires_at": self._now() + lifetime}
        await self._add([row])
        return str(row["dial_id"])

    async def for_numbers(
        self, who: Principal, parties: Sequence[tuple[str, str | None]], lifetime: timedelta
    ) -> list[str]:
        """The ids of links to numbers, each with its name, that the principal may share.

        A link of theirs to the same number and name serves again while most of ``lifetime`` is left to it, so that a
        search which is typed letter by letter makes few. Signing out ends them, as it ends every link to a number.
        """
        shared = [(number, name[:_LONGEST_NAME] if name else None) for number, name in parties]
        if not shared:
            return []
        links = await self._living(who, [number for number, _ in shared], self._now() + lifetime * _SERVES_AGAIN)
        expires_at = self._now() + lifetime
        missing = [
            {**self._row(who, number, name), "call_id": None, "expires_at": expires_at}
            for number, name in dict.fromkeys(shared)
            if (number, name) not in links
        ]
        if missing:
            await self._add(missing)
        links |= {(row["number"], row["name"]): str(row["dial_id"]) for row in missing}
        return [links[party] for party in shared]

    async def _living(
        self, who: Principal, numbers: Sequence[str], until: datetime
    ) -> dict[tuple[object, object], str]:
        """The ids of the principal's links to these numbers that live longer than ``until``, by number and name."""
        key = {**_who(who), "until": until, **{f"number_{place}": number for place, number in enumerate(numbers)}}
        return {(row[0], row[1]): row[2] for row in await self._database.read(_of_numbers(len(numbers)), key)}

    async def _add(self, rows: Sequence[dict[str, object]]) -> None:
        def work(connection: Connection) -> None:
            connection.execute(_EXPIRED, {"now": self._now()})
            connection.execute(_ADD, rows)

        await self._database.write(work)

    async def find(self, dial_id: str) -> DialLink | None:
        """What the id stands for; ``None`` when unknown or expired, or when the call's record is gone."""
        rows = await self._database.read(_FIND, {"dial_id": dial_id, "now": self._now()})
        return DialLink(*rows[0]) if rows else None

    def _row(self, who: Principal, number: str | None, name: str | None) -> dict[str, object]:
        return {
            "dial_id": secrets.token_urlsafe(16),
            **_who(who),
            "number": number,
            "name": name,
            "created_on": self._now(),
        }


def _who(who: Principal) -> dict[str, object]:
    return {"account_id": who.account_id, "principal_id": who.principal_id}


def _call_parameters(call_ids: Iterable[str]) -> dict[str, object]:
    return {f"call_{place}": call_id for place, call_id in enumerate(call_ids)}
