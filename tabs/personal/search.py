"""Searching one's own calls by name, number and day.

The port's pages are read one after another and looked through here: so it is the same with either CloudLink, in upper
and lower case of every language, and asks of Mitel's service no filter that it does not document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Self

from cloudlink.port import MAX_PAGE, CallPage
from i18n import in_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.model import Call, Principal
    from cloudlink.port import CallKind, CloudLink

# One answer looks through so many pages at most; the next one goes on from there.
_MOST_PAGES = 10
_LONGEST_TEXT = 100
_NOT_DIALLED = re.compile(r"[\s().\-/]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """What a call must have: ``text`` in its name or number, a day from ``since`` to ``until``, both included."""

    text: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the fields of the page's form: ``q``, ``since``, ``until``. Raises ``ValueError`` for what is no day."""
        text = query.get("q", "").strip()
        if len(text) > _LONGEST_TEXT:
            raise ValueError("the text is too long")
        return cls(text, _day(query.get("since", "")), _day(query.get("until", "")))

    def fields(self) -> dict[str, str]:
        """The fields again, without the empty ones."""
        days = {name: day.isoformat() for name, day in (("since", self.since), ("until", self.until)) if day}
        return ({"q": self.text} if self.text else {}) | days

    def finds(self, call: Call, zone: str) -> bool:
        """Whether the call is one of those; its day is that of an IANA zone."""
        day = in_zone(call.created_on, zone).date()
        if (self.since and day < self.since) or (self.until and day > self.until):
            return False
        return self._in_name(call) or self._in_number(call)

    def ends_before(self, call: Call, zone: str) -> bool:
        """Whether neither the call nor any older one can be one of those."""
        return self.since is not None and in_zone(call.created_on, zone).date() < self.since

    def _in_name(self, call: Call) -> bool:
        return self.text.casefold() in (call.peer_name or "").casefold()

    def _in_number(self, call: Call) -> bool:
        """Without the signs between digits; a national number is found in the international one that it is part of."""
        wanted, number = _NOT_DIALLED.sub("", self.text), call.peer or ""
        return bool(wanted) and (wanted in number or (number.startswith("+") and wanted.lstrip("0") in number))


async def find(
    cloudlink: CloudLink, who: Principal, kind: CallKind, search: Search, *, zone: str, cursor: str | None, limit: int
) -> CallPage:
    """At least ``limit`` calls from ``cursor`` on, unless there are fewer, or they lie too far apart for one answer.

    Raises ``ValueError`` for a foreign cursor, as the port does.
    """
    if search == Search():
        return await cloudlink.calls(who, kind, cursor=cursor, limit=limit)
    found: list[Call] = []
    for _ in range(_MOST_PAGES):
        page = await cloudlink.calls(who, kind, cursor=cursor, limit=MAX_PAGE)
        found += [call for call in page.items if search.finds(call, zone)]
        cursor = page.next_cursor
        if page.items and search.ends_before(page.items[-1], zone):
            cursor = None
        if cursor is None or len(found) >= limit:
            break
    return CallPage(found, cursor)


def _day(text: str) -> date | None:
    if not text:
        return None
    if not _DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)
