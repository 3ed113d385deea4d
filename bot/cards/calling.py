"""Cards that call somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.vocabulary import brief, buttons, card, columns, line, open_url, paragraph, plain, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards.vocabulary import Card, Part
    from i18n import Translator


@dataclass(frozen=True, slots=True)
class CallView:
    """Somebody who can be called: ``dial_url`` is the https address of the dial page, which holds the link to dial.

    ``line`` says how their line is, empty where nobody knows; it is for the account's own people alone.
    """

    name: str | None
    number: str
    dial_url: str
    line: str = ""


def call(view: CallView, say: Translator) -> Card:
    """One party and a call button. Pressing it opens the dial page; nothing dials without a further tap there."""
    who = who_is(view)
    body = [line(*party(view, size="large"))]
    button = open_url(say("Call"), view.dial_url, tooltip=say("Call {who}", who=who))
    return card(body, actions=[button], lang=say.language, summary=say("Call {who}", who=who))


def contact(view: CallView, say: Translator) -> Card:
    """Somebody, to be shared: whoever reads it may call from their own device. It holds nothing else.

    How the line is would be old by then, and is nobody else's business.
    """
    who = who_is(view)
    body = [line(plain(who, weight="bolder", size="large"))]
    if view.name:
        body.append(line(plain(brief(view.number), isSubtle=True), spacing="none"))
    button = open_url(say("Call"), view.dial_url, tooltip=say("Call {who}", who=who))
    return card(body, actions=[button], lang=say.language, summary=f"{who} {brief(view.number)}" if view.name else who)


def choose(people: Sequence[CallView], say: Translator, *, more: bool = False) -> Card:
    """Several people, each with a call button and the number by which an answer in the chat may name them.

    ``more`` says that others are found who are not shown.
    """
    question = say("Whom would you like to call?")
    rows = [_choice(place, person, say) for place, person in enumerate(people, start=1)]
    hints = [paragraph(say("Press “Call”, or write the number in front of the person."))]
    if more:
        hints.append(
            paragraph(say("More people are found than are shown. Write more letters of the name to find them."))
        )
    return card([title(question), *hints, *rows], lang=say.language, summary=question)


def _choice(place: int, person: CallView, say: Translator) -> Part:
    button = open_url(say("Call"), person.dial_url, tooltip=say("Call {who}", who=who_is(person)))
    return columns([line(plain(f"{place}."))], [line(*party(person))], [buttons(button)], separator=True)


def who_is(view: CallView) -> str:
    """The name, or the number of whom has none, cut to a line."""
    return brief(view.name or view.number)


def party(view: CallView, **look: str) -> list[Part]:
    """The runs of a line that says who it is, the number after a name, and how the line is."""
    more = [brief(view.number)] if view.name else []
    more += [view.line] if view.line else []
    return [plain(who_is(view), weight="bolder", **look), *(plain(f" {text}", isSubtle=True, **look) for text in more)]
