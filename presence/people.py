"""Whose telephone is shown in Teams and whose is not, and why: user by user, by what ``lines`` and ``matching`` go by.

The first that holds is told, so that what an administrator has to put right comes before what passes by itself: no
telephone, no role, a PBX that tells nothing, nobody in the tenant, a gateway that is away or has told nothing yet.

Users are read some hundreds at a time, in the order of their names, and judged here, since no database can read the
report of a gateway. Those who are not active are left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, tuple_

from presence.model import NotSynced, People, Person
from presence.told import Telephone, told_now
from store import places
from store.directory import fold
from store.monitored import MONITORED_BY_ANY
from store.rows import ENDPOINT_COLUMNS, to_endpoint
from store.schema import endpoints, presence_matches, users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select

    from presence.told import Told
    from store.database import Database

MOST = 500
"""Of one page."""

# To judge as many takes some ten milliseconds of the event loop.
_READ_AT_ONCE = 500

_u, _m, _e = users.c, presence_matches.c, endpoints.c
# Where in a row a telephone begins.
_TELEPHONE = 10
_PLACE = (_u.name_folded, _u.principal_id)
_USERS = (
    select(
        *_PLACE, _u.account_id, _u.name, _u.email, _u.email_folded, _u.extension, MONITORED_BY_ANY.label("monitored")
    )
    .where(_u.account_id == bindparam("account_id"), _u.active.is_(True))
    .order_by(*_PLACE)
    .limit(bindparam("limit"))
)
_AFTER = tuple_(*_PLACE) > tuple_(bindparam("name"), bindparam("principal_id"))


def _with_all(some: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Each of these users once for each of their telephones, and at least once."""
    those = some.subquery()
    of_them = those.c
    matched = and_(_m.account_id == of_them.account_id, _m.principal_id == of_them.principal_id)
    has = and_(_e.account_id == of_them.account_id, _e.principal_id == of_them.principal_id)
    # A user with another address is somebody else until they are matched anew. Of which tenant a match is, is asked
    # later: PostgreSQL would read all of the tenant for each user, as long as it has not counted the rows.
    current = _m.email_folded == of_them.email_folded
    return (
        select(
            *(of_them[name] for name in ("name_folded", "principal_id", "name", "email", "extension", "monitored")),
            *(_m.tenant_id, _m.object_id, _m.reason, _m.candidate, _e.told_by, _e.changed_at, *ENDPOINT_COLUMNS),
        )
        .select_from(those.outerjoin(presence_matches, and_(matched, current)).outerjoin(endpoints, has))
        .order_by(of_them.name_folded, of_them.principal_id)
    )


_FIRST = _with_all(_USERS)
_LATER = _with_all(_USERS.where(_AFTER))


@dataclass(frozen=True, slots=True)
class _Found:
    """One person, and their place in the list."""

    place: tuple[str, str]
    person: Person


async def page(
    database: Database,
    account_id: str,
    tenant_id: str,
    now: datetime,
    *,
    only_not_synced: bool = True,
    reason: NotSynced | None = None,
    text: str = "",
    cursor: str | None = None,
    limit: int,
) -> People:
    """Users by name: those who are not in sync, for that reason if one is given; or everybody.

    ``text`` is a part of the name, e-mail address or extension. Raises ``ValueError`` for what is no cursor of this
    list, or a limit out of range.
    """
    if not 1 <= limit <= MOST:
        raise ValueError(f"limit must be 1 to {MOST}")
    folded = fold(text)
    found: list[_Found] = []
    size = _READ_AT_ONCE if only_not_synced or reason or folded else limit + 1
    async for each in _walk(database, account_id, tenant_id, now, cursor=cursor, size=size):
        why = each.person.reason
        if (why == reason if reason else why or not only_not_synced) and _has(each, folded):
            found.append(each)
            if len(found) > limit:
                break
    more = len(found) > limit
    shown = found[:limit]
    return People([each.person for each in shown], places.encode(shown[-1].place) if more else None)


async def counts(
    database: Database, account_id: str, tenant_id: str, now: datetime
) -> tuple[int, Mapping[NotSynced, int]]:
    """How many active users are in sync, and how many are not for each reason."""
    counted = Counter([each.person.reason async for each in _walk(database, account_id, tenant_id, now)])
    return counted[None], {reason: counted[reason] for reason in NotSynced if counted[reason]}


def _has(found: _Found, text: str) -> bool:
    person = found.person
    return any(text in each for each in (found.place[0], fold(person.email), person.extension or ""))


async def _walk(
    database: Database,
    account_id: str,
    tenant_id: str,
    now: datetime,
    *,
    cursor: str | None = None,
    size: int = _READ_AT_ONCE,
) -> AsyncIterator[_Found]:
    told = await told_now(database, account_id, now)
    asked: dict[str, object] = {"account_id": account_id, "limit": size}
    place = places.decode(cursor, 2) if cursor is not None else None
    while True:
        after = {} if place is None else {"name": place[0], "principal_id": place[1]}
        rows = await database.scan(_FIRST if place is None else _LATER, asked | after)
        found = list(_found(rows, told, tenant_id))
        for each in found:
            yield each
        if len(found) < size:
            return
        place = list(found[-1].place)


def _found(rows: Sequence[Sequence[Any]], told: Told, tenant_id: str) -> Iterator[_Found]:
    for (folded, principal_id), of_user in groupby(rows, key=lambda row: (row[0], row[1])):
        lines = list(of_user)
        name, email, extension, monitored, of_tenant, *match = lines[0][2:_TELEPHONE]
        object_id, unmatched, candidate = match if of_tenant == tenant_id else (None, None, None)
        telephone = told.why_unknown([_telephone(row) for row in lines if row[_TELEPHONE + 2] is not None])
        if not extension:
            why: NotSynced | None = NotSynced.NO_TELEPHONE
        elif told.by_anybody and not monitored:
            why = NotSynced.NO_ROLE
        elif telephone is NotSynced.PBX_TELLS_NOTHING or object_id is not None:
            why = telephone
        else:
            why = NotSynced(unmatched or NotSynced.NOT_MATCHED_YET)
        likely = candidate if why == unmatched else None
        yield _Found((folded, principal_id), Person(principal_id, name, email, extension, why, likely or ""))


def _telephone(row: Sequence[Any]) -> Telephone:
    told_by, changed_at, *endpoint = row[_TELEPHONE:]
    return Telephone(told_by, changed_at, to_endpoint(endpoint))
