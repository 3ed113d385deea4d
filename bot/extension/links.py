"""Cards in place of our own links that somebody pastes. Teams asks once for all readers, and keeps it for 30 minutes.

So a card shows what the page behind its link shows to whoever has it: a dial page its name and number, the call log
nothing, since it is another one for each reader.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import cards
from bot.cards import CallView
from bot.extension import answers
from bot.extension.answers import Result
from bot.extension.contacts import contact_result
from cloudlink.model import Principal
from cloudlink.port import UnknownId
from dialing import NumberError, normalise

if TYPE_CHECKING:
    from bot.extension.asked import Pasted
    from bot.invokes import Body
    from bot.turn import Turn
    from cloudlink.port import CloudLink
    from store.dial_links import DialLink, DialLinks

_LONGEST_URL = 2048
_DIAL = re.compile(r"/dial/(?P<dial_id>[A-Za-z0-9_-]{16,64})", re.ASCII)
_CALL_LOG = frozenset({"/tabs/calls", "/tabs/teams/calls"})


class Links:
    """Knows the links of ``public_url``, which has no slash at its end."""

    def __init__(self, cloudlink: CloudLink, dial_links: DialLinks, *, public_url: str) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links
        self._public_url = public_url

    async def answer(self, turn: Turn, asked: Pasted) -> Body:
        """The card of the link; no card for one that is dead, not ours, or leads anywhere else."""
        path = self._path(asked.url)
        if path in _CALL_LOG:
            # Without what the link carries behind it, which may be a search.
            card = cards.call_log_link(f"{self._public_url}/tabs/calls", turn.say)
            return answers.results([Result(card, turn.say("Call log"))])
        view = await self._dialled(match["dial_id"]) if (match := _DIAL.fullmatch(path)) else None
        return answers.results([contact_result(view, turn.say)] if view else [])

    def _path(self, url: str) -> str:
        """The path of a link of ours, empty for another's."""
        try:
            given, ours = urlsplit(url), urlsplit(self._public_url)
        except ValueError:
            return ""
        same = (given.scheme, given.netloc.lower()) == (ours.scheme, ours.netloc.lower())
        if len(url) > _LONGEST_URL or not same or not given.path.startswith(ours.path):
            return ""
        return given.path.removeprefix(ours.path).rstrip("/")

    async def _dialled(self, dial_id: str) -> CallView | None:
        """What the page of the link would show, and nothing where there is no such page."""
        link = await self._dial_links.find(dial_id)
        return await self._view(link, dial_id) if link else None

    async def _view(self, link: DialLink, dial_id: str) -> CallView | None:
        try:
            account = await self._cloudlink.account(Principal(link.account_id, link.principal_id))
            number = normalise(link.number, account.dialing)
        except (UnknownId, NumberError):
            return None
        return CallView(link.name, number.shown, f"{self._public_url}/dial/{dial_id}")
