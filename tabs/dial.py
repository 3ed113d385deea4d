"""The dial page: from the opaque id in a card's link to an anchor that a person taps. Nothing dials by itself."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.model import Principal
from cloudlink.port import CloudLinkUnavailable, UnknownId
from dialing import MINIMUM, Barred, Choice, Device, Need, NumberError, device_of, links_for, normalise
from tabs.micollab import ios_warning
from tabs.pages import browser_language, page

if TYPE_CHECKING:
    from cloudlink.port import CloudLink
    from i18n import Translator
    from store.dial_links import DialLink, DialLinks

logger = logging.getLogger(__name__)

_DIAL_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def dial_routes(links: DialLinks, cloudlink: CloudLink) -> list[web.AbstractRouteDef]:
    """``GET /dial/{dial_id}``. The page needs ``/static/page.css`` and ``/static/dial.js``."""
    return [web.get("/dial/{dial_id}", DialPage(links, cloudlink).show)]


class DialPage:
    """The page of one link. Whoever has the id may see the number: the id cannot be guessed (``store.dial_links``)."""

    def __init__(self, links: DialLinks, cloudlink: CloudLink) -> None:
        self._links = links
        self._cloudlink = cloudlink

    async def show(self, request: web.Request) -> web.Response:
        """200 with the number, 404 for a link that is unknown, expired or of a closed account, 503 without CloudLink.

        A number that cannot be dialled, or may not be, is a page as well: it says so and has no link.
        """
        say = browser_language(request)
        try:
            link = await self._find(request.match_info["dial_id"])
            account = await self._cloudlink.account(Principal(link.account_id, link.principal_id))
        except UnknownId:
            return page("gone.html", say, status=HTTPStatus.NOT_FOUND)
        except CloudLinkUnavailable:
            logger.warning("no dial page: CloudLink does not answer")
            return page("unavailable.html", say, status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            number = normalise(link.number, account.dialing)
        except NumberError as error:
            return _dial_page(say, link, shown=link.number, copied=link.number, refusal=_refusal(error, say))
        choices = links_for(device_of(request.headers.get("User-Agent", "")), number, account.dialing)
        too_old = ios_warning(account.dialing.micollab_version, say)
        return _dial_page(say, link, shown=number.shown, copied=number.dialled, choices=choices, too_old=too_old)

    async def _find(self, dial_id: str) -> DialLink:
        link = await self._links.find(dial_id) if _DIAL_ID.fullmatch(dial_id) else None
        if link is None:
            raise UnknownId("no such dial link")
        return link


def _refusal(error: NumberError, say: Translator) -> str:
    if isinstance(error, Barred):
        return say("Your company does not allow calls to this number.")
    return say("This is not a number that can be called.")


def _dial_page(
    say: Translator,
    link: DialLink,
    *,
    shown: str,
    copied: str,
    choices: tuple[Choice, ...] = (),
    too_old: str = "",
    refusal: str = "",
) -> web.Response:
    values = {
        "name": link.name,
        "number": shown,
        "copied": copied,
        "choices": choices,
        "refusal": refusal,
        "may_be_ipad": {choice.device for choice in choices} == {Device.MAC, Device.IPADOS},
        "micollab": MINIMUM[Need.IOS],
        "too_old": too_old,
    }
    return page("dial.html", say, values, script=True)
