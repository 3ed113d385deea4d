"""Statements of what is kept of people whose do not disturb travels from Teams to their telephone.

Only who differs from ``mirror.NOTHING`` has a row.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from presence.mirror import NOTHING, Memory
from store.padding import padded
from store.schema import presence_mirrors, users
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

_AT_ONCE = 500

_p = presence_mirrors.c
_OF_ACCOUNT = _p.account_id == bindparam("of_account")
_ALL = select(_p.principal_id, _p.by_teams, _p.teams_dnd).where(_OF_ACCOUNT)
_SOME = _p.principal_id.in_(bindparam("principals", expanding=True))
_FORGET = delete(presence_mirrors).where(_OF_ACCOUNT, _SOME)
_USERS = select(users.c.principal_id).where(
    users.c.account_id == bindparam("of_account"), users.c.principal_id.in_(bindparam("principals", expanding=True))
)
_KEEP = insert(presence_mirrors)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=list(presence_mirrors.primary_key),
    set_={name: _KEEP.excluded[name] for name in ("by_teams", "teams_dnd", "changed_on")},
)


async def kept(database: Database, account_id: str) -> dict[str, Memory]:
    """By principal id."""
    found = await database.scan(_ALL, {"of_account": account_id})
    return {principal_id: Memory(by_teams, teams_dnd) for principal_id, by_teams, teams_dnd in found}


async def keep(database: Database, account_id: str, memories: Mapping[str, Memory], now: datetime) -> None:
    """Writes what is otherwise than before, by principal id; a user who is gone meanwhile is left out."""
    principal_ids = list(memories)
    for start in range(0, len(principal_ids), _AT_ONCE):
        some = principal_ids[start : start + _AT_ONCE]
        await database.write(partial(_write, account_id=account_id, principal_ids=some, memories=memories, now=now))


def _write(
    connection: Connection,
    *,
    account_id: str,
    principal_ids: Sequence[str],
    memories: Mapping[str, Memory],
    now: datetime,
) -> None:
    forgotten = [principal_id for principal_id in principal_ids if memories[principal_id] == NOTHING]
    if forgotten:
        connection.execute(_FORGET, {"of_account": account_id, "principals": padded(forgotten)})
    lasting = [principal_id for principal_id in principal_ids if memories[principal_id] != NOTHING]
    if not lasting:
        return
    there = connection.scalars(_USERS, {"of_account": account_id, "principals": padded(lasting)}).all()
    rows = [
        {
            "account_id": account_id,
            "principal_id": principal_id,
            "by_teams": memories[principal_id].by_teams,
            "teams_dnd": memories[principal_id].teams_dnd,
            "changed_on": now,
        }
        for principal_id in there
    ]
    if rows:
        connection.execute(_KEEP, rows)
