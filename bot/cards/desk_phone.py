"""Call buttons for people who call with their desk phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.cards.call_log import call_log_button
from bot.cards.calling import party, who_is
from bot.cards.vocabulary import card, execute, line, open_url, plain

if TYPE_CHECKING:
    from bot.cards.calling import CallView
    from bot.cards.vocabulary import Card
    from i18n import Translator

DESK_CALL_VERB = "deskCall"

_DIAL_ID = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def with_desk_phone(drawn: Card, dial_address: str) -> Card:
    """The same card, whose call buttons ask us to ring the desk phone in place of opening the dial page.

    ``dial_address`` is what the address of each dial page begins with. One that goes on behind the id stays as it is.
    """
    changed: Card = _changed(drawn, dial_address)
    return changed


def _changed(part: Any, dial_address: str) -> Any:
    """Parts of cards are shared, so none of them is changed itself."""
    if isinstance(part, dict):
        dial_id = part["url"].removeprefix(dial_address) if part.get("type") == "Action.OpenUrl" else ""
        if _DIAL_ID.fullmatch(dial_id):
            return execute(part["title"], {"verb": DESK_CALL_VERB, "dial": dial_id}, tooltip=part.get("tooltip"))
        return {name: _changed(value, dial_address) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_changed(each, dial_address) for each in part]
    return part


def desk_call(view: CallView, sentence: str, say: Translator, *, placed: bool) -> Card:
    """What became of the call, and how else, or again, it can be made."""
    told = line(plain(sentence)) if placed else line(plain("⚠ "), plain(sentence))
    again = open_url(say("Call again"), view.dial_url, tooltip=say("Call {who}", who=who_is(view)))
    other = open_url(
        say("Call with MiCollab"), f"{view.dial_url}?with=micollab", tooltip=say("Call {who}", who=who_is(view))
    )
    actions = [again, other, call_log_button(say("Call log"))]
    return card([line(*party(view, size="large")), told], actions=actions, lang=say.language, summary=sentence)
