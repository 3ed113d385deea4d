"""Statements of leases: a server claims an account for a while, again and again, in the row of how presence fares."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, or_, select, update

from store import upsert
from store.schema import accounts, presence_syncs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

LONGEST_CLAIM = timedelta(minutes=10)
"""No server claims an account for so long: a clock was wrong, and the claim is void."""

_y = presence_syncs.c
_THIS = _y.account_id == bindparam("of_account")
OURS = and_(_THIS, _y.claimed_by == bindparam("server"))
"""Holds for the row of an account that the server has claimed."""
_BEGIN = upsert.insert(presence_syncs).on_conflict_do_nothing()
_AT = bindparam("at", type_=_y.claimed_until.type)
_FREE = or_(
    _y.claimed_by.is_(None),
    _y.claimed_by == bindparam("server"),
    _y.claimed_until.is_(None),
    _y.claimed_until <= _AT,
    _y.claimed_until > bindparam("never", type_=_y.claimed_until.type),
)
_IS_THERE = select(accounts.c.account_id).where(accounts.c.account_id == bindparam("of_account"))
_CLAIM = (
    update(presence_syncs)
    .where(_THIS, _FREE)
    .values(claimed_by=bindparam("server"), claimed_until=bindparam("until", type_=_y.claimed_until.type))
)
_RENEW = update(presence_syncs).where(OURS).values(claimed_until=bindparam("until", type_=_y.claimed_until.type))
_HELD = select(_y.claimed_by).where(_THIS)
_SERVERS = select(_y.claimed_by).where(_y.claimed_by.is_not(None)).distinct()
_LET_GO = update(presence_syncs).where(_y.claimed_by == bindparam("server")).values(claimed_by=None, claimed_until=None)
_LET_ONE_GO = update(presence_syncs).where(OURS).values(claimed_by=None, claimed_until=None)


class Claim(StrEnum):
    """What became of a wish to look after an account."""

    OURS = "ours"
    INHERITED = "inherited"
    """Ours, and whoever had it before has not said good-bye."""
    ANOTHERS = "anothers"


def claim(connection: Connection, account_id: str, server: str, now: datetime, lasting: timedelta) -> Claim:
    """Takes the account for as long, unless another server has it, or it has been deleted meanwhile."""
    if connection.execute(_IS_THERE, {"of_account": account_id}).first() is None:
        return Claim.ANOTHERS
    connection.execute(_BEGIN, {"account_id": account_id, "backlog": 0, "throttled": 0})
    before = connection.execute(_HELD, {"of_account": account_id}).scalar()
    parameters = {
        "of_account": account_id,
        "server": server,
        "at": now,
        "until": now + lasting,
        "never": now + LONGEST_CLAIM,
    }
    if connection.execute(_CLAIM, parameters).rowcount == 0:
        return Claim.ANOTHERS
    return Claim.OURS if before in {None, server} else Claim.INHERITED


async def servers(database: Database) -> set[str]:
    """Those that look after any account, or did when they vanished."""
    return {row[0] for row in await database.scan(_SERVERS)}


def renew(connection: Connection, account_ids: Sequence[str], server: str, until: datetime) -> list[str]:
    """Keeps the accounts; answers those that are still ours."""
    kept = []
    for account_id in account_ids:
        parameters = {"of_account": account_id, "server": server, "until": until}
        if connection.execute(_RENEW, parameters).rowcount == 1:
            kept.append(account_id)
    return kept


def let_go(connection: Connection, server: str, account_id: str | None = None) -> None:
    """Leaves the account, or all of them, to whoever comes first."""
    if account_id is None:
        connection.execute(_LET_GO, {"server": server})
    else:
        connection.execute(_LET_ONE_GO, {"of_account": account_id, "server": server})


def is_held(connection: Connection, account_id: str, server: str) -> bool:
    """Whether the server has the account."""
    return connection.execute(_HELD, {"of_account": account_id}).scalar() == server
