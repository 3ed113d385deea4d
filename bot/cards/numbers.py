"""The telephone numbers of a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.calling import party, who_is
from bot.cards.vocabulary import buttons, card, columns, line, open_url, paragraph, submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards.calling import CallView
    from bot.cards.vocabulary import Card, Part
    from i18n import Translator

SHARE_VERB = "share"


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """Somebody who can be called, and ``dial_id``, by which a button names them."""

    view: CallView
    dial_id: str


def numbers(found: Sequence[FoundNumber], say: Translator) -> Card:
    """Each number with a button that calls it and one that puts it into the conversation as a contact card."""
    hint = say("Calling opens a page, where you press once more. Nothing dials by itself.")
    summary = say.plural("{n} telephone number", "{n} telephone numbers", len(found))
    return card([paragraph(hint), *(_row(each, say) for each in found)], lang=say.language, summary=summary)


def _row(found: FoundNumber, say: Translator) -> Part:
    who = who_is(found.view)
    call = open_url(say("Call"), found.view.dial_url, tooltip=say("Call {who}", who=who))
    data = {"verb": SHARE_VERB, "dial": found.dial_id}
    share = submit(say("Share"), data, tooltip=say("Put {who} into the conversation as a contact", who=who))
    return columns([line(*party(found.view))], [buttons(call, share)], separator=True)
