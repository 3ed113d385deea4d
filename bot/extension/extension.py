"""Who asks something of the message extension, whether they may, and what answers it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from bot import invokes
from bot.extension.asked import Credentials, Malformed, Query, command_of
from cloudlink.port import CloudLinkError, UnknownId

if TYPE_CHECKING:
    from bot.connected_tenants import IsConnected
    from bot.extension.entrance import Entrance
    from bot.extension.search import Search
    from bot.invokes import Body
    from bot.turn import Turn
    from cloudlink.model import Principal

logger = logging.getLogger(__name__)

# The commands' ids in the manifest.
FIND_CONTACT = "findContact"

QUERY = "composeExtension/query"
# Teams brings a token of single sign-on for these; other invokes have a person sign in by our page.
_SILENT = frozenset({QUERY})


class UnknownInvoke(Exception):
    """Nothing of the message extension is called like this."""


class Extending(Protocol):
    """What answers the invokes of the message extension."""

    async def invoked(self, turn: Turn, name: str, value: object) -> Body:
        """The body of the answer to the invoke ``name``. Raises ``Malformed``, ``UnknownInvoke``."""


class MessageExtension:
    """Fulfils ``Extending``. Its answers are shown to who asks alone, so they may hold what is theirs."""

    def __init__(self, entrance: Entrance, search: Search, is_connected: IsConnected | None) -> None:
        self._entrance = entrance
        self._search = search
        self._is_connected = is_connected
        self._answers = {QUERY: self._query}

    async def invoked(self, turn: Turn, name: str, value: object) -> Body:
        if name not in self._answers:
            raise UnknownInvoke
        if not isinstance(value, dict):
            raise Malformed("value is not an object")
        if self._is_connected is not None and not await self._is_connected(turn.user.tenant_id):
            return invokes.sentence(name, _not_connected(turn))
        try:
            return await self._as_somebody(turn, name, value)
        except UnknownId:
            await self._entrance.forget(turn)
            return await self._entrance.offer(turn, silent=False)
        except CloudLinkError as error:
            logger.info("no answer in the message extension", extra={"cause": type(error).__name__})
            sorry = turn.say("Your telephone system cannot be reached. Please try again in a few minutes.")
            return invokes.sentence(name, sorry)

    async def _as_somebody(self, turn: Turn, name: str, value: dict[str, Any]) -> Body:
        given = Credentials.from_json(value)
        who = await self._entrance.principal(turn, given)
        if who is None:
            # A token that signs nobody in is not asked for a second time.
            return await self._entrance.offer(turn, silent=name in _SILENT and given.token is None)
        return await self._answers[name](turn, who, value)

    async def _query(self, turn: Turn, who: Principal, value: dict[str, Any]) -> Body:
        if command_of(value) != FIND_CONTACT:
            raise Malformed("value.commandId is no search of ours")
        asked = Query.from_json(value)
        return await self._search.answer(turn, who, asked) or invokes.sentence(QUERY, _nothing(turn, asked))


def _not_connected(turn: Turn) -> str:
    return turn.say("Your organisation is not connected yet. Write to Mitel Assistant to see how that is done.")


def _nothing(turn: Turn, asked: Query) -> str:
    if not asked.text:
        return turn.say("Write a part of a name, or a number.")
    return turn.say("Nobody is found. Write a part of a name, or a number.")
