"""Pages of the accounts that an actor sees, by name, each with the number of its users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, func, or_, select, tuple_

from cloudlink.administration.accounts import AccountPage
from cloudlink.model import Role
from cloudlink.port import MAX_PAGE
from cloudlink.service.administration.account_rows import RECORD_COLUMNS, to_record
from cloudlink.service.like import ESCAPE, literal
from store import places
from store.directory import fold
from store.schema import accounts, users

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from cloudlink.administration.actor import Actor
    from store.database import Database

_ORDER = (accounts.c.name_folded, accounts.c.account_id)
_USERS = select(func.count()).where(users.c.account_id == accounts.c.account_id).scalar_subquery()
_FOUND = or_(
    *(
        column.contains(bindparam("text"), autoescape=False, escape=ESCAPE)
        for column in (accounts.c.name_folded, func.lower(accounts.c.account_number))
    )
)
_OWN = accounts.c.account_id == bindparam("own_account")
_AFTER = tuple_(*_ORDER) > tuple_(bindparam("name"), bindparam("account_id"))


def _page(*seen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = (*RECORD_COLUMNS, _USERS, accounts.c.name_folded)
    return select(*columns).where(_FOUND, *seen).order_by(*_ORDER).limit(bindparam("limit"))


_EVERY = _page()
_PARTNERS = _page(or_(_OWN, accounts.c.partner_id == bindparam("own_account")))
_ONLY_OWN = _page(_OWN)
_LATER = {first: first.where(_AFTER) for first in (_EVERY, _PARTNERS, _ONLY_OWN)}


async def page(database: Database, actor: Actor, text: str, *, cursor: str | None, limit: int) -> AccountPage:
    """Answers ``Accounts.find``. Raises ``ValueError`` for a foreign cursor or a limit out of range."""
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"limit must be 1 to {MAX_PAGE}")
    statement = _seen_by(actor)
    asked: dict[str, object] = {"text": literal(fold(text)), "limit": limit + 1}
    if not actor.unbound:
        asked["own_account"] = actor.account_id
    if cursor is not None:
        statement = _LATER[statement]
        asked["name"], asked["account_id"] = places.decode(cursor, 2)
    rows = await database.scan(statement, asked)
    items = [to_record(row[:-2]) for row in rows[:limit]]
    counts = {item.account_id: row[-2] for item, row in zip(items, rows, strict=False)}
    more = len(rows) > limit
    return AccountPage(items, counts, places.encode((rows[limit - 1][-1], items[-1].account_id)) if more else None)


def _seen_by(actor: Actor) -> Select[*tuple[Any, ...]]:
    if actor.unbound:
        return _EVERY
    return _PARTNERS if actor.role == Role.PARTNER_ADMIN else _ONLY_OWN
