"""Commands on their way to gateways, whichever server holds the gateway's link.

A command to a gateway that is linked to this server goes there at once. For one that is linked to another server it
waits in its row, which every server looks at a few times a second; the one that has the link takes it. ``Commands`` of
all servers must share the database, and those of one server must be one object for the short way to be found.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select, update

from cloudlink.commands import FIRST_KINDS, Command, Outcome, Result
from cloudlink.service.availability import PortDatabase
from cloudlink.service.spools import Gateway
from cloudlink.uplink import CommandEnded, CommandGiven, CommandOffered, CommandTaken
from store.clock import Clock, utc_now
from store.schema import commands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cloudlink.uplink import Frame
    from store.database import Database

logger = logging.getLogger(__name__)

_LOOKS_EVERY_S = 0.2
_ASKS_EVERY_S = 0.1

_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
_TOLD: TypeAdapter[Outcome] = TypeAdapter(Outcome)

_c = commands.c
_THIS = _c.command_id == bindparam("this")
_UNTAKEN = _THIS & _c.body.is_not(None)
_ROUTE = (
    update(commands)
    .where(_THIS)
    .values(gateway_id=bindparam("to"), body=bindparam("what"), until=bindparam("deadline"), outcome=None)
)
_TAKE = update(commands).where(_UNTAKEN).values(body=None)
_END = update(commands).where(_THIS).values(outcome=bindparam("told"))
_OUTCOME = select(_c.outcome).where(_c.command_id == bindparam("this"))
_WAITING = select(_c.command_id, _c.account_id, _c.gateway_id, _c.body, _c.until).where(
    _c.asked_at > bindparam("since"), _c.body.is_not(None)
)


@dataclass(slots=True)
class _Asked:
    """A command that somebody waits for; ``given`` once the gateway has it."""

    gateway: Gateway
    command: Command
    deadline: float
    outcome: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    given: bool = False

    def end(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def unheard(self) -> Outcome:
        """What is known when the gateway says nothing more."""
        return Outcome(Result.UNANSWERED if self.given else Result.NOT_CONNECTED)


@dataclass(frozen=True, slots=True)
class _Link:
    """``knows`` are the kinds of command that the gateway can read."""

    send: Callable[[Frame], Awaitable[None]]
    knows: frozenset[str]


class Commands:
    """``perform`` is for whoever has a command; ``attach``, ``hear`` and ``detach`` are for whoever has the links."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = PortDatabase(database)
        self._now = now
        self._links: dict[Gateway, _Link] = {}
        self._asked: dict[str, _Asked] = {}
        self._taken: set[asyncio.Task[None]] = set()

    # -- links

    def attach(
        self, gateway: Gateway, send: Callable[[Frame], Awaitable[None]], knows: frozenset[str] = FIRST_KINDS
    ) -> None:
        """The gateway is linked to this server and knows these kinds; ``send`` may raise ``ConnectionError``."""
        self._links[gateway] = _Link(send, knows)

    def detach(self, gateway: Gateway, send: Callable[[Frame], Awaitable[None]]) -> None:
        """That link has ended, though a newer one may have taken its place."""
        link = self._links.get(gateway)
        if link is not None and link.send == send:
            del self._links[gateway]
            for asked in self._asked.values():
                if asked.gateway == gateway:
                    asked.end(asked.unheard())

    def linked(self, gateway: Gateway) -> bool:
        """Whether the gateway is linked to this server."""
        return gateway in self._links

    async def hear(self, gateway: Gateway, frame: CommandTaken | CommandEnded) -> None:
        """Says the command to a gateway that takes it; hears how it ended. For one that nobody waits for: nothing."""
        asked = self._asked.get(frame.command_id)
        link = self._links.get(gateway)
        if asked is None or asked.gateway != gateway or link is None:
            return
        if isinstance(frame, CommandEnded):
            if asked.given:
                asked.end(frame.outcome)
        elif not asked.given and (left := asked.deadline - asyncio.get_running_loop().time()) > 0:
            asked.given = True
            await link.send(CommandGiven(frame.command_id, left, asked.command))

    # -- commands

    async def perform(self, row_id: str, gateway: Gateway, command: Command, within: float) -> Outcome:
        """Has the gateway do it, within so many seconds. ``row_id`` names a row of ``commands``, free for its use."""
        if gateway in self._links:
            return await self._here(gateway, command, within)
        return await self._elsewhere(row_id, gateway, command, within)

    async def outcome(self, row_id: str, within: float) -> Outcome | None:
        """What becomes of a command that another task, or server, performs."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while True:
                    for (told,) in await self._database.read(_OUTCOME, {"this": row_id}):
                        if told is not None:
                            return _TOLD.validate_python(told)
                    await asyncio.sleep(_ASKS_EVERY_S)
        return None

    async def note(self, row_id: str, outcome: Outcome) -> None:
        """For whoever asks about the row."""
        told = {"this": row_id, "told": _TOLD.dump_python(outcome, mode="json")}
        await self._database.write(lambda connection: connection.execute(_END, told))

    async def _here(self, gateway: Gateway, command: Command, within: float) -> Outcome:
        link = self._links[gateway]
        if command.kind not in link.knows:
            return Outcome(Result.NOT_OFFERED, "gatewayTooOld")
        command_id = uuid4().hex
        asked = _Asked(gateway, command, asyncio.get_running_loop().time() + within)
        self._asked[command_id] = asked
        try:
            async with asyncio.timeout(within):
                await link.send(CommandOffered(command_id))
                return await asked.outcome
        except (TimeoutError, ConnectionError):
            return asked.unheard()
        finally:
            del self._asked[command_id]

    async def _elsewhere(self, row_id: str, gateway: Gateway, command: Command, within: float) -> Outcome:
        deadline = self._now() + timedelta(seconds=within)
        what = _COMMAND.dump_python(command, mode="json")
        row = {"this": row_id, "to": gateway.gateway_id, "what": what, "deadline": deadline}
        await self._database.write(lambda connection: connection.execute(_ROUTE, row))
        outcome = await self.outcome(row_id, within)
        if outcome is None:
            withdrawn = await self._take(row_id)
            outcome = Outcome(Result.NOT_CONNECTED if withdrawn else Result.UNANSWERED)
        return outcome

    async def _take(self, row_id: str) -> bool:
        """Whether this server, and no other, has the command now."""
        return await self._database.write(lambda connection: connection.execute(_TAKE, {"this": row_id}).rowcount == 1)

    # -- commands that other servers have

    async def run(self) -> NoReturn:
        """Does what other servers ask of the gateways that are linked to this one."""
        while True:
            await asyncio.sleep(_LOOKS_EVERY_S)
            if self._links:
                await self.look()

    async def look(self) -> None:
        """Begins what waits for this server."""
        # What counts for nobody says that it was asked for a minute ago.
        since = self._now() - timedelta(minutes=2)
        for row_id, account_id, gateway_id, body, until in await self._database.read(_WAITING, {"since": since}):
            gateway = Gateway(account_id, gateway_id)
            if gateway in self._links and await self._take(row_id):
                task = asyncio.create_task(self._do(row_id, gateway, _COMMAND.validate_python(body), until))
                self._taken.add(task)
                task.add_done_callback(self._taken.discard)

    async def _do(self, row_id: str, gateway: Gateway, command: Command, until: datetime) -> None:
        left = (until - self._now()).total_seconds()
        outcome = Outcome(Result.NOT_CONNECTED)
        if left > 0 and gateway in self._links:
            outcome = await self._here(gateway, command, left)
        await self.note(row_id, outcome)
