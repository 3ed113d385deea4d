"""What stands for a link of ours in a message: it says where the link leads, and nothing of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.vocabulary import card, open_url, paragraph, title

if TYPE_CHECKING:
    from bot.cards.vocabulary import Card
    from i18n import Translator


def call_log_link(url: str, say: Translator) -> Card:
    """The call log of whoever opens it."""
    heading = say("Call log")
    button = open_url(say("Open the call log"), url, tooltip=say("Open the call log"))
    body = [title(heading), paragraph(say("Whoever opens it sees their own calls."))]
    return card(body, actions=[button], lang=say.language, summary=heading)
