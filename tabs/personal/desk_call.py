"""``POST /tabs/call``: rings the person's desk phone and calls a number of the page that the button stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.call_sentences import PROBLEMS, rings
from cloudlink.port import CallFailed
from cloudlink.presses import Presses
from dialing import NumberError, links_for, normalise
from tabs.devices import device_of_request
from tabs.personal.navigation import CALLS, TABS

if TYPE_CHECKING:
    from cloudlink.model import Account
    from cloudlink.port import CloudLink
    from tabs.personal.frame import PersonalVisit

PATH = "/tabs/call"

_LONGEST_NUMBER = 128


class DeskCall:
    """The handler."""

    def __init__(self, cloudlink: CloudLink) -> None:
        self._cloudlink = cloudlink
        self._presses = Presses()

    async def place(self, visit: PersonalVisit) -> web.StreamResponse:
        """A page that says what became of it, and offers MiCollab where it did not; 400 for no number."""
        number = visit.sent.get("number", "")
        if not 0 < len(number) <= _LONGEST_NUMBER:
            raise web.HTTPBadRequest
        account = await self._cloudlink.account(visit.who)
        press = self._presses.name(visit.who, f"tab {number}", visit.now)
        shown, href = _micollab(visit, account, number)
        try:
            call = await self._cloudlink.place_call(visit.who, number, request_id=press)
        except CallFailed as error:
            return _page(visit, PROBLEMS[error.problem](visit.say), placed=False, href=href)
        return _page(visit, rings(visit.say, call.from_ or "", shown), placed=True)


def _micollab(visit: PersonalVisit, account: Account, number: str) -> tuple[str, str]:
    """The number as people read it, and the link that dials it on this device, empty where there is none."""
    try:
        dialled = normalise(number, account.dialing)
    except NumberError:
        return number, ""
    choices = links_for(device_of_request(visit.request), dialled, account.dialing)
    return dialled.shown, choices[0].href or ""


def _page(visit: PersonalVisit, sentence: str, *, placed: bool, href: str = "") -> web.Response:
    back = visit.sent.get("back", "")
    known = next((tab.path for tab in TABS if tab.path == back), CALLS.path)
    return visit.page("desk_call.html", sentence=sentence, placed=placed, href=href, back=known)
