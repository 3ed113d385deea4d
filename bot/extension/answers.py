"""What the message extension answers, as the JSON that Teams reads."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from bot.cards.vocabulary import brief
from bot.wire import CARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards import Card
    from bot.invokes import Body

_HERO = "application/vnd.microsoft.card.hero"


@dataclass(frozen=True, slots=True)
class Result:
    """A card that can be inserted, and the two lines by which it is chosen from a list."""

    card: Card
    title: str
    text: str = ""


def results(found: Sequence[Result]) -> Body:
    """A list to choose from; for a link the one card that stands for it."""
    return {
        "composeExtension": {
            "type": "result",
            "attachmentLayout": "list",
            "attachments": [_attachment(each) for each in found],
        }
    }


def sign_in(url: str, title: str, *, silent: bool) -> Body:
    """The way to our sign-in page; with ``silent`` Teams first tries to get a token of ours without a word."""
    action = {"type": "openUrl", "value": url, "title": title}
    kind = "silentAuth" if silent else "auth"
    return {"composeExtension": {"type": kind, "suggestedActions": {"actions": [action]}}}


def dialog(title: str, card: Card, *, tall: bool) -> Body:
    """A card in a window of its own, for whoever asked alone."""
    shown = {"title": title, "height": "medium" if tall else "small", "width": "medium"}
    return {"task": {"type": "continue", "value": {**shown, "card": {"contentType": CARD, "content": card}}}}


def _attachment(result: Result) -> Body:
    # Teams draws HTML in the text of a hero card, and none in its title.
    preview = {"title": brief(result.title), "text": escape(brief(result.text))}
    return {"contentType": CARD, "content": result.card, "preview": {"contentType": _HERO, "content": preview}}
