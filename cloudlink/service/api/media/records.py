"""Call records for the public API: of a principal or of a whole account, newest first, in pages by keyset.

A filter that no index answers is tried on ``WINDOW`` calls at a time. A page may then hold fewer calls than asked for,
none even, and still have a next one: so no filter can keep the database busy, however long the log is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, select, tuple_, update

from cloudlink.model import Direction, Principal, wire_name
from cloudlink.port import CallKind, CallPage
from cloudlink.service import call_log, cursors
from cloudlink.service.api.errors import BadRequest
from cloudlink.service.api.odata.sql import condition
from cloudlink.service.api.odata.syntax import BadFilter
from store.rows import CALL_COLUMNS, to_call
from store.schema import UtcTime, calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Subquery

    from cloudlink.service.api.media.questions import Question
    from cloudlink.service.api.paging import Asked
    from store.database import Database, Rows

WINDOW = 5000
_HIDDEN_AT_ONCE = 500
# Names of the public API that a filter may use; ``extraPbxData`` is JSON and left out.
FIELDS = tuple(column.name for column in CALL_COLUMNS if column.name != "extra_pbx_data")

_ACCOUNT = calls.c.account_id == bindparam("account_id")
_PRINCIPAL = calls.c.principal_id == bindparam("principal_id")
_SHOWN = calls.c.hidden.is_(False)
_NEWEST = (calls.c.created_on.desc(), calls.c.id.desc())
_PLACE = tuple_(bindparam("created_on", type_=UtcTime), bindparam("id"))
_OLDER = tuple_(calls.c.created_on, calls.c.id) < _PLACE
_ROW = (*CALL_COLUMNS, calls.c.id)
_OF_ACCOUNT = select(*_ROW).where(_ACCOUNT, _SHOWN).order_by(*_NEWEST).limit(bindparam("limit"))
_OF_ACCOUNT_LATER = _OF_ACCOUNT.where(_OLDER)
_ONE_CALL = select(*_ROW, calls.c.hidden).where(_ACCOUNT, calls.c.call_id == bindparam("call_id")).order_by(*_NEWEST)
_ONE_OWN_CALL = _ONE_CALL.where(_PRINCIPAL)
_HIDE = (
    update(calls)
    .where(
        calls.c.account_id == bindparam("of_account"),
        calls.c.id.in_(bindparam("ids", expanding=True)),
        calls.c.hidden != bindparam("hide"),
    )
    .values(hidden=bindparam("hide"))
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose records are asked for; ``principal_id`` is ``None`` for the whole account's."""

    account_id: str
    principal_id: str | None

    def parameters(self) -> dict[str, object]:
        own: dict[str, object] = {} if self.principal_id is None else {"principal_id": self.principal_id}
        return {"account_id": self.account_id, **own}


@dataclass(frozen=True, slots=True)
class Found:
    """A page, and how many calls that were to be skipped lie behind it."""

    page: CallPage
    skip: int = 0


class Records:
    """Reads and hides call records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, scope: Scope, question: Question, asked: Asked) -> Found:
        """Raises ``BadRequest`` for a foreign cursor and for a filter on fields that there are not."""
        if asked.top == 0:
            return Found(CallPage([], None))
        try:
            if question.call_id is not None:
                return await self._one(scope, question, asked)
            if question.kind is None or (scope.principal_id is None and question.kind is not CallKind.ALL):
                return await self._searched(scope, question, asked)
            if asked.skip:
                return Found(await self._skipped(scope, question.kind, asked))
            return Found(await self._listed(scope, question.kind, asked))
        except BadFilter as error:
            raise BadRequest(f"$filter: {error}") from None
        except ValueError:
            raise BadRequest("$skiptoken: not one of this service") from None

    async def of_call(self, scope: Scope, call_id: str) -> CallPage:
        """Every record of a call within the scope, hidden ones too."""
        rows = await self._rows_of_call(scope, call_id)
        return CallPage([to_call(row[:-2]) for row in rows], None)

    async def hide(self, scope: Scope, question: Question, *, hide: bool) -> int:
        """Hides, or shows again, all that the question asks for; answers how many records changed.

        One transaction for each few hundred, newest first: a long log does not keep others from writing.
        """
        changed, place = 0, None
        while True:
            rows, place = await self._to_change(scope, question, place, hidden=not hide)
            ids = [row[0] for row in rows]
            for start in range(0, len(ids), _HIDDEN_AT_ONCE):
                changed += await self._hide(scope, ids[start : start + _HIDDEN_AT_ONCE], hide=hide)
            if place is None:
                return changed

    async def hide_call(self, scope: Scope, call_id: str, *, hide: bool) -> bool:
        """Whether there is such a record within the scope."""
        rows = await self._rows_of_call(scope, call_id)
        await self._hide(scope, [row[-2] for row in rows], hide=hide)
        return bool(rows)

    async def _listed(self, scope: Scope, kind: CallKind, asked: Asked) -> CallPage:
        """A list of the call log: one range of an index."""
        if scope.principal_id is not None:
            who = Principal(scope.account_id, scope.principal_id)
            return await call_log.page(self._database, who, kind, asked.cursor, asked.top)
        statement = _OF_ACCOUNT if asked.cursor is None else _OF_ACCOUNT_LATER
        parameters = {**scope.parameters(), **_place(asked.cursor), "limit": asked.top + 1}
        return _page(await self._database.read(statement, parameters), asked.top)

    async def _skipped(self, scope: Scope, kind: CallKind, asked: Asked) -> CallPage:
        """The same list, some calls later: the database steps over them in the index, off the event loop."""
        first = _OF_ACCOUNT if scope.principal_id is None else call_log.FIRST_PAGE[kind]
        statement = first.offset(asked.skip) if asked.cursor is None else first.where(_OLDER).offset(asked.skip)
        parameters = {**scope.parameters(), **_place(asked.cursor), "limit": asked.top + 1}
        return _page(await self._database.scan(statement, parameters), asked.top)

    async def _searched(self, scope: Scope, question: Question, asked: Asked) -> Found:
        """What a filter finds within one window."""
        window = _window(scope, asked.cursor)
        found = _matching(window, question, limit=asked.skip + asked.top + 1)
        rows = await self._database.scan(found, {**scope.parameters(), **_place(asked.cursor)})
        page = _page(rows[asked.skip :], asked.top)
        if page.next_cursor is not None:
            return Found(page)
        end = await self._end(scope, asked.cursor)
        return Found(replace(page, next_cursor=end), max(0, asked.skip - len(rows)) if end else 0)

    async def _one(self, scope: Scope, question: Question, asked: Asked) -> Found:
        rows = [row for row in await self._rows_of_call(scope, question.call_id or "", question) if not row[-1]]
        return Found(CallPage([to_call(row[:-2]) for row in rows[asked.skip : asked.skip + asked.top]], None))

    async def _rows_of_call(self, scope: Scope, call_id: str, question: Question | None = None) -> Rows:
        statement = _ONE_CALL if scope.principal_id is None else _ONE_OWN_CALL
        parameters = {**scope.parameters(), "call_id": call_id}
        conditions = _conditions(question, calls.c) if question else []
        if conditions:
            return await self._database.scan(statement.where(*conditions), parameters)
        return await self._database.read(statement, parameters)

    async def _end(self, scope: Scope, cursor: str | None, *, hidden: bool = False) -> str | None:
        """Where the window after a place ends; ``None`` when the log ends before."""
        place = (
            select(calls.c.created_on, calls.c.id)
            .where(*_within(scope, cursor, hidden=hidden))
            .order_by(*_NEWEST)
            .offset(WINDOW - 1)
            .limit(1)
        )
        rows = await self._database.scan(place, {**scope.parameters(), **_place(cursor)})
        return cursors.encode(*rows[0]) if rows else None

    async def _to_change(
        self, scope: Scope, question: Question, place: str | None, *, hidden: bool
    ) -> tuple[Rows, str | None]:
        """Ids that the question asks for in a window of the hidden, or the other, calls; and where the next begins."""
        if question.call_id is not None:
            rows = await self._rows_of_call(scope, question.call_id, question)
            return [(row[-2],) for row in rows], None
        window = _window(scope, place, hidden=hidden)
        try:
            found = _matching(window, question, limit=WINDOW).with_only_columns(window.c.id)
        except BadFilter as error:
            raise BadRequest(f"$filter: {error}") from None
        rows = await self._database.scan(found, {**scope.parameters(), **_place(place)})
        # Before anything changes: what has changed is no longer among these calls.
        return rows, await self._end(scope, place, hidden=hidden)

    async def _hide(self, scope: Scope, ids: Sequence[int], *, hide: bool) -> int:
        parameters = {"of_account": scope.account_id, "ids": list(ids), "hide": hide}
        return await self._database.write(lambda connection: connection.execute(_HIDE, parameters).rowcount)


def _window(scope: Scope, cursor: str | None, *, hidden: bool = False) -> Subquery:
    return select(*_ROW).where(*_within(scope, cursor, hidden=hidden)).order_by(*_NEWEST).limit(WINDOW).subquery()


def _within(scope: Scope, cursor: str | None, *, hidden: bool = False) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_ACCOUNT, calls.c.hidden.is_(hidden)]
    if scope.principal_id is not None:
        conditions.append(_PRINCIPAL)
    if cursor is not None:
        conditions.append(_OLDER)
    return conditions


def _matching(window: Subquery, question: Question, *, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        select(window)
        .where(*_conditions(question, window.c))
        .order_by(window.c.created_on.desc(), window.c.id.desc())
        .limit(limit)
    )


def _conditions(question: Question, columns: Any) -> list[ColumnElement[bool]]:
    named = {wire_name(name): columns[name] for name in FIELDS}
    found = [condition(part, named) for part in question.rest]
    if question.kind in {CallKind.INCOMING, CallKind.OUTGOING, CallKind.MISSED}:
        wanted = Direction.OUTBOUND if question.kind is CallKind.OUTGOING else Direction.INBOUND
        found.append(columns.direction == wanted.value)
    if question.kind is CallKind.MISSED:
        found.append(columns.completed.is_(False))
    return found


def _place(cursor: str | None) -> dict[str, object]:
    if cursor is None:
        return {}
    created_on, row_id = cursors.decode(cursor)
    return {"created_on": created_on, "id": row_id}


def _page(rows: Rows, top: int) -> CallPage:
    items = [to_call(row[:-1]) for row in rows[:top]]
    more = len(rows) > top
    return CallPage(items, cursors.encode(items[-1].created_on, rows[top - 1][-1]) if more else None)
