"""The call log of a principal: pages by keyset, single records, hiding.

Each kind of list has its own index (``store.schema``) in which a page is one range, so the last page of a long log
costs no more than the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, bindparam, select, true, tuple_, update

from cloudlink.model import Direction
from cloudlink.port import MAX_HIDDEN, CallKind, CallPage, UnknownId, check_limit
from cloudlink.service import cursors
from store.rows import CALL_COLUMNS, to_call
from store.schema import UtcTime, calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import Call, Principal
    from store.database import Database, Parameters

_OWN = (calls.c.account_id == bindparam("account_id")) & (calls.c.principal_id == bindparam("principal_id"))
_CURSOR = tuple_(bindparam("created_on", type_=UtcTime), bindparam("id"))
_OLDER = tuple_(calls.c.created_on, calls.c.id) < _CURSOR
_OF_KIND: dict[CallKind, ColumnElement[bool]] = {
    CallKind.ALL: true(),
    CallKind.MISSED: calls.c.missed.is_(True),
    CallKind.INCOMING: calls.c.direction == Direction.INBOUND.value,
    CallKind.OUTGOING: calls.c.direction == Direction.OUTBOUND.value,
}


def _page(kind: CallKind) -> Select[*tuple[object, ...]]:
    shown = calls.c.hidden.is_(False)
    newest_first = (calls.c.created_on.desc(), calls.c.id.desc())
    return (
        select(*CALL_COLUMNS, calls.c.id)
        .where(_OWN, shown, _OF_KIND[kind])
        .order_by(*newest_first)
        .limit(bindparam("limit"))
    )


FIRST_PAGE = {kind: _page(kind) for kind in CallKind}
LATER_PAGE = {kind: page.where(_OLDER) for kind, page in FIRST_PAGE.items()}
_ONE = select(*CALL_COLUMNS).where(_OWN, calls.c.call_id == bindparam("call_id"))
_HIDE = (
    update(calls)
    .where(
        calls.c.account_id == bindparam("of_account"),
        calls.c.principal_id == bindparam("of_principal"),
        calls.c.call_id.in_(bindparam("call_ids", expanding=True)),
        calls.c.hidden != bindparam("hide"),
    )
    .values(hidden=bindparam("hide"))
    .returning(calls.c.call_id)
)


async def page(database: Database, who: Principal, kind: CallKind, cursor: str | None, limit: int) -> CallPage:
    """Answers ``CloudLink.calls``. Raises ``ValueError`` for a foreign cursor or a limit out of range."""
    check_limit(limit)
    parameters: dict[str, object] = {**_own(who), "limit": limit + 1}
    statement = FIRST_PAGE[kind]
    if cursor is not None:
        statement = LATER_PAGE[kind]
        parameters["created_on"], parameters["id"] = cursors.decode(cursor)
    rows = await database.read(statement, parameters)
    items = [to_call(row[:-1]) for row in rows[:limit]]
    more = len(rows) > limit
    return CallPage(items, cursors.encode(items[-1].created_on, rows[limit - 1][-1]) if more else None)


async def one(database: Database, who: Principal, call_id: str) -> Call:
    """Answers ``CloudLink.call``."""
    rows = await database.read(_ONE, {**_own(who), "call_id": call_id})
    if not rows:
        raise UnknownId("no such call")
    return to_call(rows[0])


async def hide(database: Database, who: Principal, call_ids: Sequence[str], *, hidden: bool) -> Sequence[str]:
    """Answers ``CloudLink.hide_calls``. Raises ``ValueError`` for too many at once."""
    if len(call_ids) > MAX_HIDDEN:
        raise ValueError(f"at most {MAX_HIDDEN} calls at once")
    parameters = {
        "of_account": who.account_id,
        "of_principal": who.principal_id,
        # What no column can hold is nobody's id.
        "call_ids": [call_id for call_id in call_ids if call_id.isprintable()],
        "hide": hidden,
    }
    return await database.write(lambda connection: list(connection.execute(_HIDE, parameters).scalars()))


def _own(who: Principal) -> Parameters:
    return {"account_id": who.account_id, "principal_id": who.principal_id}
