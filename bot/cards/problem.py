"""The card of what did not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.vocabulary import card, line, plain

if TYPE_CHECKING:
    from bot.cards.vocabulary import Card
    from i18n import Translator


def error(sentence: str, say: Translator, *, reference: str | None = None) -> Card:
    """What happened and what to do next. ``reference`` is what support finds in the log."""
    body = [line(plain("⚠ "), plain(sentence))]
    if reference:
        body.append(line(plain(say("Reference: {reference}", reference=reference), isSubtle=True)))
    return card(body, lang=say.language, summary=sentence)
