"""What an invoke answers with, as JSON: the bodies of Universal Actions for Adaptive Cards, and plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.wire import CARD

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = dict[str, Any]

# How the names of the message extension's invokes begin; these two of them open a dialog, or end it.
EXTENSION = "composeExtension/"
_DIALOGS = frozenset({f"{EXTENSION}fetchTask", f"{EXTENSION}submitAction"})


def card(value: Mapping[str, Any]) -> Body:
    """``value`` takes the place of the card whose button was pressed."""
    return {"statusCode": 200, "type": CARD, "value": value}


def message(text: str) -> Body:
    """The card stays, and the person reads a sentence."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": text}


def sentence(invoke: str | None, text: str) -> Body:
    """A sentence to the person, in the shape that the client reads after the invoke of that name."""
    if invoke in _DIALOGS:
        return {"task": {"type": "message", "value": text}}
    if invoke and invoke.startswith(EXTENSION):
        return {"composeExtension": {"type": "message", "text": text}}
    return message(text)


def error(status: int, code: str, text: str) -> Body:
    """Something that the client, not the person, has done wrong."""
    return {"statusCode": status, "type": "application/vnd.microsoft.error", "value": {"code": code, "message": text}}
