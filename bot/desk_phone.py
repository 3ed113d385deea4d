"""Calls that are placed from a person's desk phone: the buttons of their cards, and what becomes of a press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cards.calling import CallView
from bot.cards.desk_phone import desk_call
from bot.features import OutOfDate
from cloudlink.call_sentences import PROBLEMS, rings
from cloudlink.port import CallFailed
from cloudlink.presses import Presses
from dialing import NumberError, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.cards import Card
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from store.clock import Clock
    from store.dial_links import DialLink, DialLinks

_LONGEST_ID = 64


class DeskPhone:
    """Answers the button."""

    def __init__(self, cloudlink: CloudLink, dial_links: DialLinks, dial_url: Callable[[str], str], now: Clock) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links
        self._dial_url = dial_url
        self._now = now
        self._presses = Presses()

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """Rings the desk phone of whoever pressed. Raises ``OutOfDate`` for a button that is not theirs, or no more."""
        dial_id = data.get("dial")
        link = await self._link(who, dial_id)
        view = CallView(link.name, link.number, self._dial_url(str(dial_id)))
        press = self._presses.name(who, str(dial_id), self._now())
        try:
            call = await self._cloudlink.place_call(who, link.number, request_id=press)
        except CallFailed as error:
            return desk_call(view, PROBLEMS[error.problem](turn.say), turn.say, placed=False)
        sentence = rings(turn.say, call.from_ or "", await self._shown(who, link.number))
        return desk_call(view, sentence, turn.say, placed=True)

    async def _link(self, who: Principal, dial_id: object) -> DialLink:
        if not isinstance(dial_id, str) or not 0 < len(dial_id) <= _LONGEST_ID:
            raise OutOfDate("no such number")
        link = await self._dial_links.find(dial_id)
        if link is None or (link.account_id, link.principal_id) != (who.account_id, who.principal_id):
            raise OutOfDate("no such number of this person")
        return link

    async def _shown(self, who: Principal, number: str) -> str:
        try:
            return normalise(number, (await self._cloudlink.account(who)).dialing).shown
        except NumberError:
            return number
