"""What the assistant can do for somebody who is signed in, each thing by the word, button or dialog that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.cards import Card
    from bot.commands import Command, Intent
    from bot.turn import Reply, Turn
    from cloudlink.model import Principal
    from store.dialogs import DialogState

    Said = Callable[[Turn, Principal, Command], Awaitable[Reply]]
    Pressed = Callable[[Turn, Principal, Mapping[str, Any]], Awaitable[Card]]
    GoesOn = Callable[[Turn, Principal, DialogState], Awaitable[Reply]]


class OutOfDate(ValueError):
    """A card asks for something that does not exist, or no longer."""


class Features:
    """Finds who answers. All of it is asked for in a personal chat, by whom the principal names.

    ``said`` answers commands; ``pressed`` answers buttons, by the ``verb`` in their data, with the card that takes the
    place of theirs, and trusts nothing else in that data; ``dialogs`` answers what is no command while the dialog of
    that name is open.
    """

    def __init__(
        self, said: Mapping[Intent, Said], pressed: Mapping[str, Pressed], dialogs: Mapping[str, GoesOn]
    ) -> None:
        self._said = said
        self._pressed = pressed
        self._dialogs = dialogs

    async def said(self, turn: Turn, who: Principal, command: Command) -> Reply:
        """Answers a command."""
        return await self._said[command.intent](turn, who, command)

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """The card for a button. Raises ``OutOfDate`` for one that does not exist."""
        verb = data.get("verb")
        if not isinstance(verb, str) or verb not in self._pressed:
            raise OutOfDate("no such button")
        return await self._pressed[verb](turn, who, data)

    def holds(self, dialog: str) -> bool:
        """Whether the dialog of that name is one of these."""
        return dialog in self._dialogs

    async def goes_on(self, turn: Turn, who: Principal, dialog: DialogState) -> Reply:
        """Gives the open dialog what was typed."""
        return await self._dialogs[dialog.name](turn, who, dialog)
