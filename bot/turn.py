"""What the assistant is told and what it answers, in our own words: one turn of a conversation and its replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from i18n import Translator
    from store.identity import TeamsUser


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a person said or pressed.

    ``text`` has no mention of the bot; ``value`` is the data of a pressed card button, untrusted; ``zone`` is the IANA
    name that the client told, if any; ``reply_to_id`` is the message whose button was pressed. ``say`` speaks the
    person's language. ``personal`` is false in group chats and channels, where others read along.
    """

    user: TeamsUser
    conversation_id: str
    personal: bool
    say: Translator
    display_name: str
    text: str = ""
    value: Mapping[str, Any] | None = None
    zone: str | None = None
    reply_to_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the person: a card, a sentence or both.

    With ``replaces``, the id of an earlier message of the bot, that message changes in place.
    """

    card: Mapping[str, Any] | None = None
    text: str = ""
    replaces: str | None = None
