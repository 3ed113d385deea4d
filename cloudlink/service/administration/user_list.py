"""Pages of an account's users, by name: each list of the console, searched by a text.

A text can stand anywhere in a name, so a search looks at all users of the account, off the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, true, tuple_

from cloudlink.administration.users import UserFilter, UserPage
from cloudlink.port import MAX_PAGE
from cloudlink.service.administration.roles import ADMINISTRATORS
from cloudlink.service.administration.user_rows import RECORD_COLUMNS, to_record
from cloudlink.service.like import ESCAPE, literal
from store import places
from store.directory import fold
from store.schema import users

if TYPE_CHECKING:
    from store.database import Database

_ORDER = (users.c.name_folded, users.c.principal_id)
_SEARCHED = (users.c.name_folded, users.c.email_folded, users.c.login_id_folded, users.c.extension)
_OF_KIND: dict[UserFilter, ColumnElement[bool]] = {
    UserFilter.ALL: true(),
    UserFilter.ADMINS: users.c.role.in_([role.value for role in ADMINISTRATORS]),
    UserFilter.REGISTERED: users.c.registered_on.is_not(None),
    UserFilter.UNREGISTERED: users.c.registered_on.is_(None),
    UserFilter.PBX_USERS: users.c.extension.is_not(None),
    UserFilter.INACTIVE: users.c.active.is_(False),
    UserFilter.SYNCHRONISED: users.c.synchronised.is_(True),
}


def _contains(column: ColumnElement[str | None]) -> ColumnElement[bool]:
    return column.contains(bindparam("text"), autoescape=False, escape=ESCAPE)


def _matching(kind: UserFilter) -> ColumnElement[bool]:
    found = or_(*(_contains(column) for column in _SEARCHED))
    return and_(users.c.account_id == bindparam("account_id"), _OF_KIND[kind], found)


_AFTER = tuple_(*_ORDER) > tuple_(bindparam("name"), bindparam("principal_id"))
_FIRST = {
    kind: select(*RECORD_COLUMNS, users.c.name_folded)
    .where(_matching(kind))
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
    for kind in UserFilter
}
_LATER = {kind: page.where(_AFTER) for kind, page in _FIRST.items()}
_TOTAL = {kind: select(func.count()).select_from(users).where(_matching(kind)) for kind in UserFilter}


async def page(
    database: Database, account_id: str, kind: UserFilter, text: str, *, cursor: str | None, limit: int
) -> UserPage:
    """Answers ``Users.find``. Raises ``ValueError`` for a foreign cursor or a limit out of range."""
    if not 1 <= limit <= MAX_PAGE:
        raise ValueError(f"limit must be 1 to {MAX_PAGE}")
    asked = {"account_id": account_id, "text": literal(fold(text)), "limit": limit + 1}
    statement = _FIRST[kind]
    if cursor is not None:
        statement = _LATER[kind]
        asked["name"], asked["principal_id"] = places.decode(cursor, 2)
    rows = await database.scan(statement, asked)
    ((total,),) = await database.scan(_TOTAL[kind], {name: asked[name] for name in ("account_id", "text")})
    items = [to_record(row[:-1]) for row in rows[:limit]]
    more = len(rows) > limit
    return UserPage(items, total, places.encode((rows[limit - 1][-1], items[-1].user.principal_id)) if more else None)
