"""``/tabs/calls``: the person's own calls, newest first, in four lists and in pages.

A change answers with a redirect to the list, which offers to take it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from cloudlink.model import Direction
from cloudlink.port import MAX_PAGE, CallKind
from dialing import Device, NumberError, device_of, links_for, normalise
from i18n import in_zone
from tabs.csv_download import CsvDownload
from tabs.personal.navigation import CALLS
from tabs.personal.search import Search, find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.model import Account, Call
    from cloudlink.port import CloudLink
    from i18n import Translator
    from store.dial_links import DialLinks
    from tabs.personal.frame import PersonalVisit

PAGE = 50
# Cursors and ids are ours and short; what is longer was never one.
_LONGEST_CURSOR = 200
_LONGEST_ID = 64
_APPLE_MOBILES = frozenset({Device.IOS, Device.IPADOS})


@dataclass(frozen=True, slots=True)
class Row:
    """A call as it is drawn. ``href`` dials, or is empty; ``on_touch`` takes its place on a Mac that is an iPad."""

    call_id: str
    fate: str
    missed: bool
    who: str
    number: str
    details: str
    href: str
    on_touch: str


class CallLogPages:
    """Handlers."""

    def __init__(self, cloudlink: CloudLink, dial_links: DialLinks) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """A page of a list: ``kind``, ``cursor`` and a search; ``hidden`` is a call that was just hidden.

        404 for a place that is not there.
        """
        query = visit.request.query
        cursor, hidden = query.get("cursor"), query.get("hidden", "")
        if len(cursor or "") > _LONGEST_CURSOR or len(hidden) > _LONGEST_ID:
            raise web.HTTPNotFound
        try:
            kind, search = _asked(query)
            found = await find(self._cloudlink, visit.who, kind, search, zone=visit.zone, cursor=cursor, limit=PAGE)
        except ValueError:
            raise web.HTTPNotFound from None
        account = await self._cloudlink.account(visit.who)
        links = await self._links(visit, found.items)
        asked = {"kind": kind.value, **search.fields()}
        return visit.page(
            "calls.html",
            rows=[_row(call, links.get(call.call_id), account, visit) for call in found.items],
            kinds=[
                (_address({**asked, "kind": each.value}), text, each == kind)
                for each, text in _kinds(visit.say).items()
            ],
            asked=asked,
            search=search,
            export=_address(asked, "/export.csv"),
            older=_address({**asked, "cursor": found.next_cursor}) if found.next_cursor else "",
            newest=cursor is None,
            hidden=hidden,
        )

    async def _links(self, visit: PersonalVisit, calls: Sequence[Call]) -> dict[str, str]:
        """By call id. A search may find more calls than are asked for at once."""
        links: dict[str, str] = {}
        for start in range(0, len(calls), PAGE):
            links |= await self._dial_links.for_calls(visit.who, calls[start : start + PAGE])
        return links

    async def export(self, visit: PersonalVisit) -> web.StreamResponse:
        """A whole list as a CSV file, with times on the person's clock; 404 for no such list."""
        try:
            kind, search = _asked(visit.request.query)
        except ValueError:
            raise web.HTTPNotFound from None
        cursor = None
        download = await CsvDownload.begin(visit.request, "calls.csv", _columns(visit.say))
        while True:
            found = await find(self._cloudlink, visit.who, kind, search, zone=visit.zone, cursor=cursor, limit=MAX_PAGE)
            await download.write([_cells(call, visit) for call in found.items])
            cursor = found.next_cursor
            if cursor is None:
                return await download.end()

    async def hide(self, visit: PersonalVisit) -> web.StreamResponse:
        """Hides ``call_id``, or with ``undo`` shows it again; then the list of ``kind``. An unknown id does nothing."""
        call_id = visit.sent.get("call_id", "")
        try:
            kind, search = _asked(visit.sent)
        except ValueError:
            raise web.HTTPBadRequest from None
        if not 0 < len(call_id) <= _LONGEST_ID:
            raise web.HTTPBadRequest
        undo = "undo" in visit.sent
        changed = await self._cloudlink.hide_calls(visit.who, [call_id], hide=not undo)
        hidden = {"hidden": call_id} if changed and not undo else {}
        raise web.HTTPSeeOther(_address({"kind": kind.value, **search.fields(), **hidden}))


def _asked(query: Mapping[str, str]) -> tuple[CallKind, Search]:
    """The list and the search that a page or a form names. Raises ``ValueError`` for what cannot be."""
    return CallKind(query.get("kind", CallKind.ALL)), Search.read(query)


def _address(query: Mapping[str, str], path: str = "") -> str:
    return f"{CALLS.path}{path}?{urlencode(query)}"


def _kinds(say: Translator) -> Mapping[CallKind, str]:
    return {
        CallKind.ALL: say("All"),
        CallKind.MISSED: say("Missed"),
        CallKind.INCOMING: say("Incoming"),
        CallKind.OUTGOING: say("Outgoing"),
    }


def _columns(say: Translator) -> Sequence[str]:
    return [say("Time"), say("Call"), say("Name"), say("Number"), say("Seconds")]


def _cells(call: Call, visit: PersonalVisit) -> Sequence[str]:
    """The time is that of ISO 8601, which spreadsheets of every language read."""
    local = in_zone(call.created_on, visit.zone).replace(tzinfo=None, microsecond=0)
    seconds = str(round(call.billing_time)) if call.completed else ""
    return [local.isoformat(" "), _fate(call, visit.say), call.peer_name or "", call.peer or "", seconds]


def _row(call: Call, dial_id: str | None, account: Account, visit: PersonalVisit) -> Row:
    say = visit.say
    details = [say.when(call.created_on, now=visit.now, zone=visit.zone)]
    if call.completed:
        details.append(say.duration(call.billing_time))
    elif not call.missed:
        details.append(say("no answer"))
    dial_page = f"/dial/{dial_id}" if dial_id else ""
    device = device_of(visit.request.headers.get("User-Agent", ""))
    return Row(
        call_id=call.call_id,
        fate=_fate(call, say),
        missed=call.missed,
        who=call.peer_name or call.peer or say("Unknown number"),
        number=call.peer or "" if call.peer_name else "",
        details=" · ".join(details),
        href=dial_page if device in _APPLE_MOBILES else _tel(call, account),
        on_touch=dial_page if device is Device.MAC else "",
    )


def _tel(call: Call, account: Account) -> str:
    """The link that a desktop or Android opens its softphone by; empty for a number that may not be dialled."""
    try:
        number = normalise(call.peer or "", account.dialing)
    except NumberError:
        return ""
    return links_for(Device.WEB, number, account.dialing)[0].href or ""


def _fate(call: Call, say: Translator) -> str:
    if call.missed:
        return say("Missed call")
    return say("Incoming call") if call.direction == Direction.INBOUND else say("Outgoing call")
