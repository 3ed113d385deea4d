"""Who asks something of the message extension, whether they may, and what answers it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from bot import invokes
from bot.extension import answers, numbers
from bot.extension.asked import Credentials, Malformed, MessageRead, Pasted, Query, command_of, pressed
from cloudlink.port import CloudLinkError, UnknownId

if TYPE_CHECKING:
    from bot.connected_tenants import IsConnected
    from bot.extension.entrance import Entrance
    from bot.extension.links import Links
    from bot.extension.numbers import MessageNumbers
    from bot.extension.search import Search
    from bot.invokes import Body
    from bot.turn import Turn
    from cloudlink.model import Principal

logger = logging.getLogger(__name__)

# The commands' ids in the manifest.
FIND_CONTACT = "findContact"
CALL_NUMBERS = "callNumbers"

QUERY = "composeExtension/query"
LINK = "composeExtension/queryLink"
# Teams brings a token of single sign-on for these; other invokes have a person sign in by our page.
_SILENT = frozenset({QUERY})


class UnknownInvoke(Exception):
    """Nothing of the message extension is called like this."""


class Extending(Protocol):
    """What answers the invokes of the message extension."""

    async def invoked(self, turn: Turn, name: str, value: object) -> Body:
        """The body of the answer to the invoke ``name``. Raises ``Malformed``, ``UnknownInvoke``."""


class MessageExtension:
    """Fulfils ``Extending``. What it answers is shown to who asks alone, except the card of a link."""

    def __init__(
        self,
        entrance: Entrance,
        search: Search,
        numbers_of: MessageNumbers,
        links: Links,
        *,
        is_connected: IsConnected | None,
    ) -> None:
        self._entrance = entrance
        self._search = search
        self._numbers = numbers_of
        self._links = links
        self._is_connected = is_connected
        self._answers = {QUERY: self._query, numbers.FETCH: self._read, numbers.SUBMIT: self._press}

    async def invoked(self, turn: Turn, name: str, value: object) -> Body:
        if name != LINK and name not in self._answers:
            raise UnknownInvoke
        if not isinstance(value, dict):
            raise Malformed("value is not an object")
        connected = self._is_connected is None or await self._is_connected(turn.user.tenant_id)
        if name == LINK:
            return await self._link(turn, value, connected=connected)
        return await self._asked(turn, name, value) if connected else invokes.sentence(name, _not_connected(turn))

    async def _link(self, turn: Turn, value: dict[str, Any], *, connected: bool) -> Body:
        """Whoever has a link may see where it leads, so nobody has to sign in; whatever goes wrong, it stays a link."""
        asked = Pasted.from_json(value)
        try:
            return await self._links.answer(turn, asked) if connected else answers.results([])
        except CloudLinkError as error:
            logger.info("no card for a link", extra={"cause": type(error).__name__})
            return answers.results([])

    async def _asked(self, turn: Turn, name: str, value: dict[str, Any]) -> Body:
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
        _expect(FIND_CONTACT, value)
        asked = Query.from_json(value)
        return await self._search.answer(turn, who, asked) or invokes.sentence(QUERY, _nothing(turn, asked))

    async def _read(self, turn: Turn, who: Principal, value: dict[str, Any]) -> Body:
        _expect(CALL_NUMBERS, value)
        return await self._numbers.answer(turn, who, MessageRead.from_json(value))

    async def _press(self, turn: Turn, who: Principal, value: dict[str, Any]) -> Body:
        _expect(CALL_NUMBERS, value)
        return await self._numbers.pressed(turn, who, pressed(value))


def _expect(command: str, value: dict[str, Any]) -> None:
    if command_of(value) != command:
        raise Malformed("value.commandId is no command of ours")


def _not_connected(turn: Turn) -> str:
    return turn.say("Your organisation is not connected yet. Write to Mitel Assistant to see how that is done.")


def _nothing(turn: Turn, asked: Query) -> str:
    if not asked.text:
        return turn.say("Write a part of a name, or a number.")
    return turn.say("Nobody is found. Write a part of a name, or a number.")
