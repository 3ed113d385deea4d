"""Hiding calls: those of a row, or all that a list or a search holds; and taking that back.

What was hidden is kept by the ids of the calls that this hid. So taking it back shows them again and no others, also
when some of them had been hidden from another window, or before.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.port import MAX_HIDDEN, CloudLinkError
from cloudlink.search import find_newest
from store.hidings import LONGEST_ID
from tabs.personal.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.port import CallPage, CloudLink
    from store.call_notes import CallNotes
    from store.hidings import Hidings
    from tabs.personal.frame import PersonalVisit

MOST = 10_000
"""So many calls are hidden at once."""
_LONGEST_CALL_ID = 64
_MOST_OF_A_ROW = 50
# The hosted CloudLink hides one by one. What it did not come to by then can be hidden by asking again.
_PATIENCE_S = 20.0


class HidingPages:
    """Handlers."""

    def __init__(self, cloudlink: CloudLink, notes: CallNotes, hidings: Hidings) -> None:
        self._cloudlink = cloudlink
        self._notes = notes
        self._hidings = hidings

    async def hide(self, visit: PersonalVisit) -> web.StreamResponse:
        """Hides the calls of a row: ``call_id``, ``call_id.1`` and so on. An unknown id does nothing."""
        asked = _asked(visit)
        ids = [value for name, value in visit.sent.items() if name.partition(".")[0] == "call_id"]
        if not 0 < len(ids) <= _MOST_OF_A_ROW or not all(0 < len(each) <= _LONGEST_CALL_ID for each in ids):
            raise web.HTTPBadRequest
        return await self._hidden(visit, asked, ids)

    async def ask(self, visit: PersonalVisit) -> web.StreamResponse:
        """Asks whether to hide all of a list, or of what a search finds, and says how many calls that is."""
        try:
            asked = Asked.read(visit.request.query)
        except ValueError:
            raise web.HTTPNotFound from None
        return await self._question(visit, asked)

    async def hide_all(self, visit: PersonalVisit) -> web.StreamResponse:
        """Hides just those calls that were asked about: if the list has changed since, it asks again."""
        asked = _asked(visit)
        found = await self._found(visit, asked)
        if visit.sent.get("seen") != _seen(found):
            return await self._question(visit, asked, changed=True)
        return await self._hidden(visit, asked, [call.call_id for call in found.items])

    async def undo(self, visit: PersonalVisit) -> web.StreamResponse:
        """Shows again what was hidden as ``hiding``."""
        asked, hiding = _asked(visit), visit.sent.get("hiding", "")
        if not 0 < len(hiding) <= LONGEST_ID:
            raise web.HTTPBadRequest
        ids = await self._hidings.calls(visit.who, hiding)
        for start in range(0, len(ids), MAX_HIDDEN):
            await self._cloudlink.hide_calls(visit.who, ids[start : start + MAX_HIDDEN], hide=False)
        if ids:
            await self._hidings.forget(visit.who, hiding)
        raise web.HTTPSeeOther(asked.address())

    async def _found(self, visit: PersonalVisit, asked: Asked) -> CallPage:
        return await find_newest(self._cloudlink, visit.who, await asked.query(visit, self._notes), MOST)

    async def _question(self, visit: PersonalVisit, asked: Asked, *, changed: bool = False) -> web.StreamResponse:
        found = await self._found(visit, asked)
        return visit.page(
            "hide_all.html",
            calls=len(found.items),
            more=found.next_cursor is not None,
            seen=_seen(found),
            changed=changed,
            fields=asked.fields(),
            back=asked.address(),
        )

    async def _hidden(self, visit: PersonalVisit, asked: Asked, ids: Sequence[str]) -> web.StreamResponse:
        """Leads back to the list, which offers to take back what this hid."""
        changed = await self._hide(visit, ids)
        hiding = {"hiding": await self._hidings.keep(visit.who, changed)} if changed else {}
        raise web.HTTPSeeOther(asked.address(**hiding))

    async def _hide(self, visit: PersonalVisit, ids: Sequence[str]) -> list[str]:
        """The ids of those that it hid: all of them, unless CloudLink is too slow or fails in their midst."""
        changed: list[str] = []
        clock = asyncio.get_running_loop().time
        end = clock() + _PATIENCE_S
        for start in range(0, len(ids), MAX_HIDDEN):
            try:
                changed += await self._cloudlink.hide_calls(visit.who, ids[start : start + MAX_HIDDEN])
            except CloudLinkError:
                if not changed:
                    raise
                break
            if clock() > end:
                break
        return changed


def _asked(visit: PersonalVisit) -> Asked:
    try:
        return Asked.read(visit.sent)
    except ValueError:
        raise web.HTTPBadRequest from None


def _seen(found: CallPage) -> str:
    """Stands for just these calls."""
    return hashlib.sha256("\n".join(call.call_id for call in found.items).encode()).hexdigest()
