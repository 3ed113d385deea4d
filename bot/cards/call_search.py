"""Calls that were searched for, as a card like the call log's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.call_log import call_row
from bot.cards.vocabulary import brief, card, execute, line, paragraph, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.cards.repeats import CallRow
    from bot.cards.vocabulary import Card, Part
    from i18n import Translator

CALL_SEARCH_VERB = "callSearch"


@dataclass(frozen=True, slots=True)
class Place:
    """What is searched for, and from where on: ``skip`` calls of those that are found from ``cursor`` on are behind."""

    text: str
    cursor: str | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class CallSearchView:
    """A page of what was found. ``now`` is aware; ``zone`` is the IANA zone of the person who reads it."""

    place: Place
    rows: Sequence[CallRow]
    older: Place | None
    now: datetime
    zone: str


def call_search(view: CallSearchView, say: Translator) -> Card:
    """The page, newest call first. Its buttons carry the person's own words, which the card shows too."""
    heading = say("Calls with “{text}”", text=brief(view.place.text))
    rows = [call_row(row, view.now, view.zone, say) for row in view.rows] or [paragraph(_nothing(view, say))]
    again = _button(say("Search again"), Place(view.place.text))
    older = [_button(say("Older calls"), view.older)] if view.older else []
    head = line(plain(heading, size="large", weight="bolder"))
    return card([head, *rows], actions=[again, *older], lang=say.language, summary=heading)


def _nothing(view: CallSearchView, say: Translator) -> str:
    if view.older:
        return say("Nothing found so far. There are older calls to look through.")
    if view.place == Place(view.place.text):
        return say("No call was found.")
    return say("There are no older calls.")


def _button(text: str, place: Place) -> Part:
    data = {"verb": CALL_SEARCH_VERB, "text": place.text, "cursor": place.cursor, "skip": place.skip}
    return execute(text, data)
