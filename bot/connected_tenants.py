"""Who gets more than instructions: people of a tenant that an account has connected.

A tenant is connected by *Add to tenant* in the console, where an administrator of Entra ID consents for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import cards
from bot.turn import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.cards import Card
    from bot.turn import Answering, Turn

    IsConnected = Callable[[str], Awaitable[bool]]


class ConnectedTenants:
    """Fulfils ``Answering``: ``answering`` for people of connected tenants, and for all others how to connect theirs.

    ``is_connected`` is asked with a tenant's id at every turn, so that one that is given up is served no more.
    """

    def __init__(self, answering: Answering, is_connected: IsConnected, *, console_url: str) -> None:
        self._answering = answering
        self._is_connected = is_connected
        self._console_url = console_url

    async def welcome(self, turn: Turn) -> Sequence[Reply]:
        return await self._answering.welcome(turn) if await self._knows(turn) else self._instructions(turn)

    async def message(self, turn: Turn) -> Sequence[Reply]:
        return await self._answering.message(turn) if await self._knows(turn) else self._instructions(turn)

    async def action(self, turn: Turn) -> Card:
        return await self._answering.action(turn) if await self._knows(turn) else self._card(turn)

    async def code(self, turn: Turn, code: str) -> Sequence[Reply]:
        return await self._answering.code(turn, code) if await self._knows(turn) else self._instructions(turn)

    async def token(self, turn: Turn, token: str) -> Sequence[Reply] | None:
        return await self._answering.token(turn, token) if await self._knows(turn) else None

    async def _knows(self, turn: Turn) -> bool:
        return await self._is_connected(turn.user.tenant_id)

    def _instructions(self, turn: Turn) -> Sequence[Reply]:
        return [Reply(card=self._card(turn))]

    def _card(self, turn: Turn) -> Card:
        return cards.connect_tenant(self._console_url, turn.say)
