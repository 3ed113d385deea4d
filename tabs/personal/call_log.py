"""``/tabs/calls``: the person's own calls, newest first, in four lists and in pages; and a whole list as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from cloudlink.search import find, find_all
from store.hidings import LONGEST_ID
from tabs.csv_download import CsvDownload
from tabs.devices import device_of_request
from tabs.personal.asked import Asked, kinds
from tabs.personal.rows import Drawing, cells, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import Call
    from cloudlink.port import CallPage, CloudLink
    from store.call_notes import CallNotes
    from store.dial_links import DialLinks
    from store.hidings import Hidings
    from tabs.micollab import UserWarnings
    from tabs.personal.frame import PersonalVisit

PAGE = 50
# Cursors are CloudLink's, and short; what is longer was never one.
_LONGEST_CURSOR = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list begins, and what was just hidden from it."""

    asked: Asked
    cursor: str | None
    hiding: str


class CallLogPages:
    """Handlers."""

    def __init__(
        self, cloudlink: CloudLink, dial_links: DialLinks, notes: CallNotes, hidings: Hidings, warnings: UserWarnings
    ) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links
        self._notes = notes
        self._hidings = hidings
        self._warnings = warnings

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """A page of a list: ``kind``, ``cursor`` and a search; ``hiding`` is what was just hidden.

        404 for a place that is not there.
        """
        try:
            place = _place(visit)
            query = await place.asked.query(visit, self._notes)
            found = await find(self._cloudlink, visit.who, query, cursor=place.cursor, limit=PAGE)
        except ValueError:
            raise web.HTTPNotFound from None
        drawing = await self._drawing(visit, found.items)
        hidden = await self._hidings.count(visit.who, place.hiding) if place.hiding else 0
        return visit.page(
            "calls.html",
            rows=drawing.rows(found.items),
            hiding=place.hiding,
            hidden=hidden,
            warnings=await self._warnings.of(drawing.account, device_of_request(visit.request), visit.say),
            **_around(place, found, visit),
        )

    async def _drawing(self, visit: PersonalVisit, calls: Sequence[Call]) -> Drawing:
        """A search may find more calls than links are asked for at once."""
        links: dict[str, str] = {}
        for start in range(0, len(calls), PAGE):
            links |= await self._dial_links.for_calls(visit.who, calls[start : start + PAGE])
        notes = await self._notes.of(visit.who, [call.call_id for call in calls])
        return Drawing(visit, await self._cloudlink.account(visit.who), links, notes)

    async def export(self, visit: PersonalVisit) -> web.StreamResponse:
        """A whole list as a CSV file, with times on the person's clock; 404 for no such list."""
        try:
            asked = Asked.read(visit.request.query)
        except ValueError:
            raise web.HTTPNotFound from None
        query, notes = await asked.query(visit, self._notes), await self._notes.all(visit.who)
        download = await CsvDownload.begin(visit.request, "calls.csv", columns(visit.say))
        async for calls in find_all(self._cloudlink, visit.who, query):
            await download.write([cells(call, notes.get(call.call_id), visit) for call in calls])
        return await download.end()


def _place(visit: PersonalVisit) -> Place:
    """Raises ``ValueError`` for one that is not there."""
    query = visit.request.query
    place = Place(Asked.read(query), query.get("cursor"), query.get("hiding", ""))
    if len(place.cursor or "") > _LONGEST_CURSOR or len(place.hiding) > LONGEST_ID:
        raise ValueError("longer than any of ours")
    return place


def _around(place: Place, found: CallPage, visit: PersonalVisit) -> dict[str, Any]:
    """What stands around the rows: the lists, the search, where to go from here."""
    asked = place.asked
    return {
        "kinds": [
            (Asked(kind, asked.search).address(), text, kind == asked.kind) for kind, text in kinds(visit.say).items()
        ],
        "asked": asked,
        "fields": asked.fields(),
        "search": asked.search,
        "older": asked.address(cursor=found.next_cursor) if found.next_cursor else "",
        "newest": place.cursor is None,
    }
