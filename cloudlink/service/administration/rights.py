"""Who may do what with an account.

| role | own account | the partner's customers |
| --- | --- | --- |
| User, Guest | see | nothing |
| Account Admin | see, administer | nothing |
| Partner | see, administer | see, administer, own |

An operator on the server itself may do everything. What an actor may not even see is unknown to them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.administration.refusals import NotAllowed
from cloudlink.model import Role
from cloudlink.port import UnknownId
from store.schema import accounts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from store.database import Database

_PARTNER_OF = select(accounts.c.partner_id).where(accounts.c.account_id == bindparam("account_id"))


class Right(IntEnum):
    """Each includes those before it. ``OWN`` is what only a customer's partner may: deactivate, delete, set limits."""

    SEE = 1
    ADMINISTER = 2
    OWN = 3


async def require(database: Database, actor: Actor, account_id: str, right: Right) -> None:
    """Raises ``UnknownId`` for an account that the actor does not see, ``NotAllowed`` when they may less."""
    rows = await database.read(_PARTNER_OF, {"account_id": account_id})
    _decide(actor, account_id, rows[0][0] if rows else None, right, there=bool(rows))


def require_in(connection: Connection, actor: Actor, account_id: str, right: Right) -> None:
    """``require`` within a transaction."""
    row = connection.execute(_PARTNER_OF, {"account_id": account_id}).first()
    _decide(actor, account_id, row[0] if row else None, right, there=row is not None)


def _decide(actor: Actor, account_id: str, partner_id: str | None, right: Right, *, there: bool) -> None:
    held = _held(actor, account_id, partner_id) if there else None
    if held is None:
        raise UnknownId("no such account")
    if held < right:
        raise NotAllowed(f"{actor.role} may not {right.name.lower()} this account")


def _held(actor: Actor, account_id: str, partner_id: str | None) -> Right | None:
    if actor.unbound:
        return Right.OWN
    if actor.account_id is None:
        return None
    if actor.account_id == account_id:
        return Right.ADMINISTER if actor.role in {Role.ACCOUNT_ADMIN, Role.PARTNER_ADMIN} else Right.SEE
    return Right.OWN if actor.account_id == partner_id and actor.role == Role.PARTNER_ADMIN else None
