"""What the assistant is told and what it answers, in our own words: one turn of a conversation and its replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.cards import Card
    from i18n import Translator
    from store.identity import TeamsUser


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that a person said or pressed.

    ``text`` has no mention of the bot; ``value`` is the data of a pressed card button, untrusted; ``zone`` is the IANA
    name that the client told, if any; ``reply_to_id`` is the message whose button was pressed; ``object_id`` is the
    person's id at Entra ID, in lower case; ``platform`` is what their Teams runs on, in its own word. ``say``
    speaks the person's language. ``personal`` is false in group chats and channels, where others read along.
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
    object_id: str | None = None
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the person: a card, a sentence or both.

    With ``replaces``, the id of an earlier message of the bot, that message changes in place. ``oauth_card`` is the
    content of an OAuthCard, which only Teams itself can draw.
    """

    card: Mapping[str, Any] | None = None
    text: str = ""
    replaces: str | None = None
    oauth_card: Mapping[str, Any] | None = None


class Answering(Protocol):
    """What answers turns."""

    async def welcome(self, turn: Turn) -> Sequence[Reply]:
        """The greeting after an installation."""

    async def message(self, turn: Turn) -> Sequence[Reply]:
        """Answers what was typed, or a button of a client that knows only ``Action.Submit``."""

    async def action(self, turn: Turn) -> Card:
        """The card that takes the place of the one whose button was pressed."""

    async def code(self, turn: Turn, code: str) -> Sequence[Reply]:
        """Takes the code that Teams' pop-up brings back by itself. Teams may bring it a second time."""

    async def token(self, turn: Turn, token: str) -> Sequence[Reply] | None:
        """Takes the token that Teams got in silence for its user; ``None`` when nobody is signed in by it."""
