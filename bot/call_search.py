"""``search``: one's own calls with somebody, by name, number or note, as a card like the call log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cards.call_search import CallSearchView, Place, call_search
from bot.cards.repeats import group_repeats
from bot.features import OutOfDate
from bot.turn import Reply
from bot.zones import zone_of
from cloudlink.search import LONGEST_TEXT, Query, Search, find

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.cards.vocabulary import Card
    from bot.commands import Command
    from bot.turn import Turn
    from cloudlink.model import Call, Principal
    from cloudlink.port import CallPage, CloudLink
    from store.call_notes import CallNotes
    from store.clock import Clock
    from store.dial_links import DialLinks

PAGE = 10
# Cursors are CloudLink's, and short; one of its pages holds no more calls than that.
_LONGEST_CURSOR = 200
_FURTHEST = 200


class CallSearch:
    """Reads the port, the person's notes and the dial links, and draws."""

    def __init__(
        self,
        cloudlink: CloudLink,
        notes: CallNotes,
        dial_links: DialLinks,
        dial_url: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._cloudlink = cloudlink
        self._notes = notes
        self._dial_links = dial_links
        self._dial_url = dial_url
        self._now = now

    async def said(self, turn: Turn, who: Principal, command: Command) -> Reply:
        """The newest calls that are found; without a text, a sentence that says what to write."""
        say = turn.say
        if not command.argument:
            return Reply(text=say("Write “search” and a name or a number, for example: search 201"))
        if len(command.argument) > LONGEST_TEXT:
            return Reply(text=say("I look for {n} characters at most. Please search for fewer.", n=LONGEST_TEXT))
        return Reply(card=await self._show(turn, who, Place(command.argument)))

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """The page that a button asks for. Raises ``OutOfDate``; trusts nothing in ``data``."""
        return await self._show(turn, who, _place(data))

    async def _show(self, turn: Turn, who: Principal, place: Place) -> Card:
        try:
            found = await self._find(who, place)
        except ValueError:
            raise OutOfDate("no such cursor") from None
        shown = found.items[place.skip : place.skip + PAGE]
        view = CallSearchView(
            place=place,
            rows=group_repeats(shown, await self._dial_urls(who, shown)),
            older=_older(place, found),
            now=self._now(),
            zone=await zone_of(self._cloudlink, turn, who),
        )
        return call_search(view, turn.say)

    async def _find(self, who: Principal, place: Place) -> CallPage:
        words = {call_id: note.words for call_id, note in (await self._notes.all(who)).items()}
        query = Query(search=Search(place.text), notes=words)
        return await find(self._cloudlink, who, query, cursor=place.cursor, limit=PAGE)

    async def _dial_urls(self, who: Principal, calls: Sequence[Call]) -> dict[str, str]:
        links = await self._dial_links.for_calls(who, calls)
        return {call_id: self._dial_url(link) for call_id, link in links.items()}


def _older(place: Place, found: CallPage) -> Place | None:
    """A stretch of the log may hold more calls than a card shows: then the next card goes on within it."""
    if len(found.items) > place.skip + PAGE:
        return Place(place.text, place.cursor, place.skip + PAGE)
    return Place(place.text, found.next_cursor) if found.next_cursor else None


def _place(data: Mapping[str, Any]) -> Place:
    text, cursor, skip = data.get("text"), data.get("cursor"), data.get("skip")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_TEXT:
        raise OutOfDate("no such search")
    if cursor is not None and (not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR):
        raise OutOfDate("no such cursor")
    if not isinstance(skip, int) or isinstance(skip, bool) or not 0 <= skip <= _FURTHEST:
        raise OutOfDate("no such place")
    return Place(text.strip(), cursor, skip)
