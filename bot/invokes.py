"""What an invoke answers with: the bodies of Universal Actions for Adaptive Cards, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.wire import CARD

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = dict[str, Any]


def card(value: Mapping[str, Any]) -> Body:
    """``value`` takes the place of the card whose button was pressed."""
    return {"statusCode": 200, "type": CARD, "value": value}


def message(text: str) -> Body:
    """The card stays, and the person reads a sentence."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": text}


def error(status: int, code: str, text: str) -> Body:
    """Something that the client, not the person, has done wrong."""
    return {"statusCode": status, "type": "application/vnd.microsoft.error", "value": {"code": code, "message": text}}
