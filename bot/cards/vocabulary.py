"""The words of Adaptive Cards that our cards use, as functions that answer wire JSON.

The elements are those of the ``adaptivecards`` package, which knows no actions: they are added here. The package drops
a misspelt keyword without a word, so cards use these functions instead of its classes. Everything is of version 1.2,
which is what Teams draws on a telephone, but for two things that an older client does without: ``Action.Execute``
(1.4), whose ``fallback`` is an ``Action.Submit`` with the same data, and ``tooltip`` (1.5).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptivecards import containers, elements
from adaptivecards.adaptivecard import AdaptiveCard
from adaptivecards.baseobject import Element

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Card: TypeAlias = dict[str, Any]
Part: TypeAlias = dict[str, Any]

# A PBX seldom sends more, and more would only push the rest of the card away.
_LONGEST = 40
# Controls, and the marks by which a caller's name could turn the text around it.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")


class _Execute(Element):  # type: ignore[misc]  # the package ships no types
    element_type = "Action.Execute"


class _Submit(Element):  # type: ignore[misc]
    element_type = "Action.Submit"


class _OpenUrl(Element):  # type: ignore[misc]
    element_type = "Action.OpenUrl"


def card(body: Sequence[Part], *, actions: Sequence[Part] = (), lang: str, summary: str) -> Card:
    """A whole card. ``summary`` is what a screen reader says first and what a client that draws no cards shows."""
    said = {"lang": lang, "speak": summary, "fallbackText": summary}
    return {**_shape(AdaptiveCard), **said, "body": list(body), **({"actions": list(actions)} if actions else {})}


def title(text: str) -> Part:
    """The first line of a card."""
    return {**_shape(elements.TextBlock, size="large", weight="bolder", wrap=True), "text": text}


def paragraph(text: str) -> Part:
    """A sentence of ours. Markdown in it is drawn, so nothing that somebody else wrote belongs here."""
    return {**_shape(elements.TextBlock, wrap=True), "text": text}


def line(*runs: Part, **look: str) -> Part:
    """A line of ``plain`` runs. ``look``: ``spacing`` to the part above (``none``, ``small``, ...)."""
    return {**_shape(elements.RichTextBlock, **look), "inlines": list(runs)}


def plain(text: str, **look: str | bool) -> Part:
    """Text drawn as it is, without markdown: the only place for what somebody else wrote.

    ``look``: ``weight``, ``color``, ``size``, ``isSubtle``. Control and direction characters are left out.
    """
    return {**_shape(elements.TextRun, **look), "text": visible(text)}


def visible(text: str) -> str:
    """The text without control and direction characters."""
    return _UNSEEN.sub("", text)


def brief(text: str) -> str:
    """A name or number as ``visible``, cut to what a line of a card holds: 40 characters."""
    seen = visible(text)
    return seen if len(seen) <= _LONGEST else f"{seen[: _LONGEST - 1]}…"


def columns(*content: Sequence[Part], separator: bool = False) -> Part:
    """Columns as narrow as their content, except the one before the last, which takes the rest of the width.

    A column that stands alone takes it all.
    """
    widest = max(0, len(content) - 2)
    parts = [_column(items, "stretch" if place == widest else "auto") for place, items in enumerate(content)]
    return {**_shape(containers.ColumnSet, separator=separator, spacing="small"), "columns": parts}


def _column(items: Sequence[Part], width: str) -> Part:
    return {**_shape(containers.Column, width=width, verticalContentAlignment="center"), "items": list(items)}


def buttons(*actions: Part) -> Part:
    """Buttons in the midst of a card."""
    return {**_shape(containers.ActionSet), "actions": list(actions)}


def text_input(name: str, label: str, value: str = "", *, longest: int, lines: bool = True) -> Part:
    """A field for text. What is entered comes back under ``name`` in the data of the button that is pressed.

    Labels of inputs are of version 1.3: ``label`` is what an empty field shows, and a line above belongs to the card.
    """
    field = {"type": "Input.Text", "id": name, "placeholder": label, "maxLength": longest, "isMultiline": lines}
    return {**field, **({"value": value} if value else {})}


def toggle(name: str, text: str, *, on: bool) -> Part:
    """A switch, which comes back as ``"true"`` or ``"false"``."""
    return {"type": "Input.Toggle", "id": name, "title": text, "value": "true" if on else "false", "wrap": True}


def time_input(name: str, value: str) -> Part:
    """A time of day as ``HH:MM``."""
    return {"type": "Input.Time", "id": name, "value": value}


def choices(name: str, options: Mapping[str, str], value: str, *, several: bool = False) -> Part:
    """A choice among options, which are texts by value; ``several`` come back with commas between them."""
    shown = [{"title": text, "value": each} for each, text in options.items()]
    look = {"style": "expanded", "isMultiSelect": True} if several else {"style": "compact"}
    return {"type": "Input.ChoiceSet", "id": name, "choices": shown, "value": value, "wrap": True, **look}


def execute(text: str, data: Mapping[str, Any], *, tooltip: str | None = None) -> Part:
    """A button that asks us for the card to take this one's place; ``data["verb"]`` says which."""
    shared = {"title": text, "data": dict(data), **({"tooltip": tooltip} if tooltip else {})}
    return {**_shape(_Execute), **shared, "verb": data["verb"], "fallback": {**_shape(_Submit), **shared}}


def open_url(text: str, url: str, *, tooltip: str) -> Part:
    """A button that opens an ``https`` page. ``tooltip`` is read to people who cannot see what the button is beside."""
    return {**_shape(_OpenUrl), "title": text, "url": url, "tooltip": tooltip}


def submit(text: str, data: Mapping[str, Any], *, tooltip: str) -> Part:
    """A button of a dialog, which ends it and brings us ``data``."""
    return {**_shape(_Submit), "title": text, "data": dict(data), "tooltip": tooltip}


def open_sign_in(text: str, url: str, *, tooltip: str) -> Part:
    """A button that opens a page in Teams' own sign-in window, which brings the page's code back by itself."""
    opens = {"msteams": {"type": "signin", "value": url}}
    return {**_shape(_Submit), "title": text, "data": opens, "tooltip": tooltip}


# Built by the package once and then copied: it takes about 4 µs for an element, and a call log has more than a hundred.
@cache
def _shape(element: type[Any], **look: str | bool) -> Part:
    rendered: Part = element(**look).render()
    return rendered
