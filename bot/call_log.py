"""The call log: a page of the person's own calls as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cards.call_log import CallLogView, call_log
from bot.cards.repeats import group_repeats
from bot.features import OutOfDate
from bot.turn import Reply
from bot.zones import zone_of
from cloudlink.port import CallKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.cards.vocabulary import Card
    from bot.commands import Command
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from store.clock import Clock
    from store.dial_links import DialLinks

PAGE = 10
# Cursors are ours and short; what is longer was never one.
_LONGEST_CURSOR = 200


class CallLog:
    """Reads the port and the dial links, and draws. ``dial_url`` makes the address of a dial link's page."""

    def __init__(self, cloudlink: CloudLink, dial_links: DialLinks, dial_url: Callable[[str], str], now: Clock) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links
        self._dial_url = dial_url
        self._now = now

    async def said(self, turn: Turn, who: Principal, command: Command) -> Reply:
        """The newest page of the list that was asked for."""
        return Reply(card=await self.show(turn, who, command.kind))

    async def show(self, turn: Turn, who: Principal, kind: CallKind, cursor: str | None = None) -> Card:
        """One page, newest first, from ``cursor`` on. Raises ``OutOfDate`` for a cursor that is not CloudLink's."""
        try:
            page = await self._cloudlink.calls(who, kind, cursor=cursor, limit=PAGE)
        except ValueError:
            raise OutOfDate("no such cursor") from None
        links = await self._dial_links.for_calls(who, page.items)
        view = CallLogView(
            kind=kind,
            rows=group_repeats(page.items, {call_id: self._dial_url(link) for call_id, link in links.items()}),
            next_cursor=page.next_cursor,
            is_first_page=cursor is None,
            now=self._now(),
            zone=await zone_of(self._cloudlink, turn, who),
        )
        return call_log(view, turn.say)

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """The page that a button of the card asks for. Raises ``OutOfDate``; trusts nothing in ``data``."""
        kind, cursor = data.get("kind"), data.get("cursor")
        if not isinstance(kind, str) or kind not in set(CallKind):
            raise OutOfDate("no such list")
        if cursor is not None and (not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR):
            raise OutOfDate("no such cursor")
        return await self.show(turn, who, CallKind(kind), cursor)
