"""The words of Adaptive Cards that our cards use, as functions that answer wire JSON.

The elements are those of the ``adaptivecards`` package, which knows no actions: they are added here. The package drops
a misspelt keyword without a word, so cards use these functions instead of its classes. Everything is of version 1.2,
which is what Teams draws on a telephone, but for two things that an older client does without: ``Action.Execute``
(1.4), whose ``fallback`` is an ``Action.Submit`` with the same data, and ``tooltip`` (1.5).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptivecards import containers, elements
from adaptivecards.adaptivecard import AdaptiveCard
from adaptivecards.baseobject import Element, PropertyType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Card: TypeAlias = dict[str, Any]
Part: TypeAlias = dict[str, Any]

# A PBX sends 20 to 40 characters; what is longer would only push the rest of the card away.
_LONGEST = 60
# Controls, and the marks by which a caller's name could turn the text around it.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")


class _Action(Element):  # type: ignore[misc]  # the package ships no types
    title = PropertyType(type=str)
    tooltip = PropertyType(type=str)
    style = PropertyType(type=str)
    data = PropertyType(type=dict)
    fallback = PropertyType(type=dict)


class _Execute(_Action):
    element_type = "Action.Execute"
    verb = PropertyType(type=str)


class _Submit(_Action):
    element_type = "Action.Submit"


class _OpenUrl(_Action):
    element_type = "Action.OpenUrl"
    url = PropertyType(type=str)


def card(body: Sequence[Part], *, actions: Sequence[Part] = (), lang: str, summary: str) -> Card:
    """A whole card. ``summary`` is what a screen reader says first and what a client that draws no cards shows."""
    whole = AdaptiveCard()
    whole.lang = lang
    whole.speak = whole.fallback_text = summary
    whole.body = list(body)
    if actions:
        whole.actions = list(actions)
    return _wire(whole)


def title(text: str) -> Part:
    """The first line of a card."""
    return _wire(elements.TextBlock(text=text, size="large", weight="bolder", wrap=True))


def paragraph(text: str) -> Part:
    """A sentence of ours. Markdown in it is drawn, so nothing that somebody else wrote belongs here."""
    return _wire(elements.TextBlock(text=text, wrap=True))


def line(*runs: Part) -> Part:
    """A line of ``plain`` runs."""
    return _wire(elements.RichTextBlock(inlines=list(runs)))


def plain(text: str, **look: Any) -> Part:
    """Text drawn as it is, without markdown: the only place for what somebody else wrote.

    ``look``: ``weight``, ``color``, ``size``, ``isSubtle``. Control and direction characters are left out.
    """
    return _wire(elements.TextRun(text=_UNSEEN.sub("", text), **look))


def brief(text: str) -> str:
    """A name or number cut to what a line of a card holds: 60 characters."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def columns(*content: Sequence[Part], separator: bool = False) -> Part:
    """Columns as narrow as their content, except the one before the last, which takes the rest of the width.

    A last column that stands alone takes it all.
    """
    widest = max(0, len(content) - 2)
    parts = [
        _wire(
            containers.Column(
                items=list(items), width="stretch" if place == widest else "auto", verticalContentAlignment="center"
            )
        )
        for place, items in enumerate(content)
    ]
    return _wire(containers.ColumnSet(columns=parts, separator=separator, spacing="small"))


def buttons(*actions: Part) -> Part:
    """Buttons in the midst of a card."""
    return _wire(containers.ActionSet(actions=list(actions)))


def execute(text: str, data: Mapping[str, Any]) -> Part:
    """A button that asks us for the card to take this one's place; ``data["verb"]`` says which."""
    data = dict(data)
    fallback = _wire(_Submit(title=text, data=data))
    return _wire(_Execute(title=text, verb=data["verb"], data=data, fallback=fallback))


def open_url(text: str, url: str, *, tooltip: str = "") -> Part:
    """A button that opens an ``https`` page. ``tooltip`` is read to people who cannot see what the button is beside."""
    return _wire(_OpenUrl(title=text, url=url, **({"tooltip": tooltip} if tooltip else {})))


def open_sign_in(text: str, url: str) -> Part:
    """A button that opens a page in Teams' own sign-in window, which brings the page's code back by itself."""
    return _wire(_Submit(title=text, data={"msteams": {"type": "signin", "value": url}}))


def _wire(part: Any) -> Part:
    rendered: Part = part.render()
    return rendered
