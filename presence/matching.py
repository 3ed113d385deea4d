"""Finds out who of the account's tenant its users are, and writes it down.

Everybody of the tenant is read, page after page, and held for as long as it takes. Graph is asked for nothing that
needs more than ``User.ReadBasic.All``: it filters by nothing, and addresses are compared here. Nothing is kept of a
reading that was interrupted; the next one begins anew.

Of one account one matching at a time: two could give one person to two users.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from graph.errors import GraphError, NotFound
from graph.permissions import READ_BASIC_PROFILES
from graph.users import list_users, read_user
from presence import match_rows
from presence.identifying import Found, Persons, identify
from presence.model import NotSynced

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from graph.client import TenantGraph
    from graph.users import User
    from presence.identifying import Sought
    from store.clock import Clock
    from store.database import Database

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=6)
"""How often all are matched anew."""
SOON = timedelta(minutes=10)
"""When after trouble, or where ``match_users`` has left somebody to be found by mail."""
# Of more users at once, reading all of the tenant asks Graph less.
_MOST_SINGLY = 20
_MOST_ASKED_FOR = 1000
# That of Microsoft's.
_LONGEST_ID = 36
_BAD_REQUEST = 400


async def match(database: Database, graph: TenantGraph, account_id: str, tenant_id: str, now: Clock) -> None:
    """All users who have a telephone. ``tenant_id`` is that of ``graph``. Raises ``GraphError``."""
    persons = await _everybody(graph)
    sought = await match_rows.sought(database, account_id, tenant_id)
    # For tens of thousands this takes seconds.
    changed, reasons = await asyncio.to_thread(_identify, sought, persons)
    await match_rows.write(database, account_id, tenant_id, changed, now())
    await match_rows.forget_others(database, account_id, sought)
    logger.info(
        "users were matched", extra={"account_id": account_id, "people": len(persons.by_id), "users": dict(reasons)}
    )


async def match_users(
    database: Database,
    graph: TenantGraph,
    account_id: str,
    tenant_id: str,
    principal_ids: Collection[str],
    *,
    now: Clock,
) -> bool:
    """Users who are new or otherwise than before; false where ``match`` has to look for some of them.

    Graph is asked for one person by object id or user principal name; who has an address as their mail is not found so.
    Raises ``GraphError``.
    """
    if len(principal_ids) > _MOST_ASKED_FOR:
        await match(database, graph, account_id, tenant_id, now)
        return True
    sought = await match_rows.some_sought(database, account_id, tenant_id, principal_ids)
    if ended := set(principal_ids) - {user.principal_id for user in sought}:
        await match_rows.forget(database, account_id, ended)
    unsettled = [user for user in sought if user.kept is None or user.linked not in {None, user.kept}]
    persons = await _of(graph, unsettled) if len(unsettled) <= _MOST_SINGLY else None
    held = await match_rows.holders(database, account_id, tenant_id, persons.by_id) if persons else {}
    # Who has signed in as a user may have been taken for another one, who is then nobody.
    if persons is None or any(
        held.get(user.linked or "", user.principal_id) != user.principal_id for user in unsettled
    ):
        await match(database, graph, account_id, tenant_id, now)
        return True
    found = _singly(unsettled, persons, held)
    await match_rows.write(database, account_id, tenant_id, _changed(unsettled, found), now())
    return all(each.reason != NotSynced.NOT_MATCHED_YET for each in found.values())


def _identify(sought: Sequence[Sought], persons: Persons) -> tuple[list[tuple[Sought, Found]], Counter[str]]:
    """Who is otherwise than before, and how many there are of each kind."""
    found = identify(sought, persons)
    return _changed(sought, found), Counter(each.reason or "matched" for each in found.values())


def _singly(sought: Sequence[Sought], persons: Persons, held: Mapping[str, str]) -> dict[str, Found]:
    """As far as it can be said without knowing everybody."""
    own = {user.principal_id for user in sought}
    found = identify(sought, persons, [person for person, holder in held.items() if holder not in own])
    later = Found(reason=NotSynced.NOT_MATCHED_YET)
    return {who: later if each.reason == NotSynced.NOBODY else each for who, each in found.items()}


async def _everybody(graph: TenantGraph) -> Persons:
    persons = Persons()
    async for user in list_users(graph, READ_BASIC_PROFILES):
        if len(user.object_id) <= _LONGEST_ID:
            persons.add(user)
    return persons


async def _of(graph: TenantGraph, sought: Sequence[Sought]) -> Persons:
    """The person of each, if they are found without their mail."""
    persons = Persons()
    for user in sought:
        for name in (user.linked, user.kept, user.email):
            if name and (person := await _read(graph, name)):
                persons.add(person)
                break
    return persons


async def _read(graph: TenantGraph, name: str) -> User | None:
    try:
        return await read_user(graph, name)
    except NotFound:
        return None
    except GraphError as error:
        if error.status == _BAD_REQUEST:
            # An address that is no name to Graph is nobody's.
            return None
        raise


def _changed(sought: Sequence[Sought], found: Mapping[str, Found]) -> list[tuple[Sought, Found]]:
    return [(user, found[user.principal_id]) for user in sought if user.before != found[user.principal_id]]
