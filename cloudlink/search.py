"""Searching one's own calls by name, number, day and one's own notes; for the tab and for the bot.

The port's pages are read one after another and looked through here: so it is the same with either CloudLink, in upper
and lower case of every language, and asks of Mitel's service no filter that it does not document.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from typing import TYPE_CHECKING, Self

from cloudlink.port import MAX_PAGE, CallKind, CallPage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from cloudlink.model import Call, Principal
    from cloudlink.port import CloudLink

LONGEST_TEXT = 100
# One answer looks through so many pages at most; the next one goes on from there.
_MOST_PAGES = 10
_NOT_DIALLED = re.compile(r"[\s().\-/]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """What a call must have: ``text`` in its name, number or note, a day from ``since`` to ``until``, both included."""

    text: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the fields of the page's form: ``q``, ``since``, ``until``. Raises ``ValueError`` for what is no day."""
        text = query.get("q", "").strip()
        if len(text) > LONGEST_TEXT:
            raise ValueError("the text is too long")
        return cls(text, _day(query.get("since", "")), _day(query.get("until", "")))

    def fields(self) -> dict[str, str]:
        """The fields again, without the empty ones."""
        days = {name: day.isoformat() for name, day in (("since", self.since), ("until", self.until)) if day}
        return ({"q": self.text} if self.text else {}) | days


@dataclass(frozen=True, slots=True)
class Query:
    """A search in one of the lists. Days are those of ``clock``; ``notes`` are texts that belong to calls, by id."""

    kind: CallKind = CallKind.ALL
    search: Search = field(default_factory=Search)
    clock: tzinfo = UTC
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def finds_all(self) -> bool:
        """Whether every call of the list is one of those."""
        return self.search == Search()

    def finds(self, call: Call) -> bool:
        """Whether the call is one of those."""
        return self._on_day(call) and (self._in_text(call) or _in_number(self.search.text, call.peer or ""))

    def ends_before(self, call: Call) -> bool:
        """Whether neither the call nor any older one can be one of those."""
        return self.search.since is not None and self._day_of(call) < self.search.since

    def _on_day(self, call: Call) -> bool:
        since, until = self.search.since, self.search.until
        if since is None and until is None:
            return True
        day = self._day_of(call)
        return (since is None or since <= day) and (until is None or day <= until)

    def _in_text(self, call: Call) -> bool:
        wanted = self.search.text.casefold()
        texts = call.peer_name or "", self.notes.get(call.call_id, "")
        return any(wanted in text.casefold() for text in texts)

    def _day_of(self, call: Call) -> date:
        return call.created_on.astimezone(self.clock).date()


async def find(cloudlink: CloudLink, who: Principal, query: Query, *, cursor: str | None, limit: int) -> CallPage:
    """At least ``limit`` calls from ``cursor`` on, unless there are fewer, or they lie too far apart for one answer.

    Raises ``ValueError`` for a foreign cursor, as the port does.
    """
    if query.finds_all:
        await asyncio.sleep(0)
        return await cloudlink.calls(who, query.kind, cursor=cursor, limit=limit)
    found: list[Call] = []
    for _ in range(_MOST_PAGES):
        page = await cloudlink.calls(who, query.kind, cursor=cursor, limit=MAX_PAGE)
        # SQLite answers without letting anybody else have a turn.
        await asyncio.sleep(0)
        found += filter(query.finds, page.items)
        cursor = page.next_cursor
        if page.items and query.ends_before(page.items[-1]):
            cursor = None
        if cursor is None or len(found) >= limit:
            break
    return CallPage(found, cursor)


async def find_all(cloudlink: CloudLink, who: Principal, query: Query) -> AsyncIterator[Sequence[Call]]:
    """All calls that are found, in parts; some may be empty."""
    page = await find(cloudlink, who, query, cursor=None, limit=MAX_PAGE)
    yield page.items
    while page.next_cursor is not None:
        page = await find(cloudlink, who, query, cursor=page.next_cursor, limit=MAX_PAGE)
        yield page.items


async def find_newest(cloudlink: CloudLink, who: Principal, query: Query, most: int) -> CallPage:
    """So many calls that are found, the newest; there are more if it has a cursor."""
    calls: list[Call] = []
    page = CallPage(calls, "")
    cursor = None
    while page.next_cursor is not None and len(calls) <= most:
        page = await find(cloudlink, who, query, cursor=cursor, limit=MAX_PAGE)
        calls += page.items
        cursor = page.next_cursor
    return CallPage(calls[:most], page.next_cursor or ("" if len(calls) > most else None))


def _in_number(text: str, number: str) -> bool:
    """Without the signs between digits; a national number is found in the international one that it is part of."""
    wanted = _NOT_DIALLED.sub("", text)
    return bool(wanted) and (wanted in number or (number.startswith("+") and wanted.lstrip("0") in number))


def _day(text: str) -> date | None:
    if not text:
        return None
    if not _DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)
