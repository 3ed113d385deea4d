"""What CloudLink tells the gateway to do at once: never kept, never done twice, never done late.

The gateway counts a command's time from its own ``take`` (see ``cloudlink.uplink``). A log line of a command names the
extension and how it ended, and of a number no more than what kind it is.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from cloudlink.commands import AnswerCall, EndCall, ListCalls, MakeCall, Outcome, Result, SetDoNotDisturb
from cloudlink.uplink import CommandEnded, CommandGiven, CommandOffered, CommandTaken
from gateway.side import CommandFailed, NotConnected, NotMonitored, NotOffered, RefusedByPbx

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable
    from typing import NoReturn

    from cloudlink.commands import Command
    from cloudlink.uplink import Frame
    from gateway.calls.lines import Lines
    from gateway.side import PbxSide

logger = logging.getLogger(__name__)

REMEMBERED = 1000
"""Ids of commands that are known when they come again."""

# A feature code must not reach the PBX, whoever sends it: CloudLink's own check of it is not the only one.
_EXTENSION = re.compile(r"[0-9]{1,20}", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{3,14}", re.ASCII)
_LONGEST_REASON = 64

_RESULTS: tuple[tuple[type[CommandFailed], Result], ...] = (
    (NotMonitored, Result.NOT_MONITORED),
    (NotConnected, Result.NOT_CONNECTED),
    (NotOffered, Result.NOT_OFFERED),
    (RefusedByPbx, Result.REFUSED),
)


class Orders:
    """Does commands on ``pbx``. ``outside`` is how the PBX wants a number outside: ``{digits}`` is E.164 without ``+``.

    ``clock`` is in seconds and never set. ``counters`` counts ``commands``, and ``commands_late`` which were not done.
    """

    def __init__(
        self,
        pbx: PbxSide,
        lines: Lines,
        counters: Counter[str],
        *,
        outside: str = "+{digits}",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._pbx = pbx
        self._lines = lines
        self._counters = counters
        self._outside = outside
        self._clock = clock
        # When each was taken; ``None`` once it has come.
        self._known: OrderedDict[str, float | None] = OrderedDict()

    async def serve(
        self, frames: asyncio.Queue[CommandOffered | CommandGiven], send: Callable[[Frame], Awaitable[None]]
    ) -> NoReturn:
        """Hears the frames of one connection, and answers on it, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task(self._hear(await frames.get(), send))
        raise AssertionError("the loop ends by being cancelled")

    async def _hear(self, frame: CommandOffered | CommandGiven, send: Callable[[Frame], Awaitable[None]]) -> None:
        # A connection that has gone is noticed by whoever reads it.
        with suppress(ConnectionError):
            if isinstance(frame, CommandGiven):
                taken, self._known[frame.command_id] = self._known.get(frame.command_id), None
                if taken is not None:
                    await send(CommandEnded(frame.command_id, await self._outcome(frame, taken)))
            elif frame.command_id not in self._known:
                self._known[frame.command_id] = self._clock()
                if len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
                await send(CommandTaken(frame.command_id))

    async def _outcome(self, given: CommandGiven, taken: float) -> Outcome:
        self._counters["commands"] += 1
        command = given.command
        left = taken + given.within - self._clock()
        if left <= 0:
            self._counters["commands_late"] += 1
            outcome = Outcome(Result.NOT_CONNECTED, reason="late")
        else:
            outcome = await self._within(command, left)
        told = {"command": command.kind, "extension": command.extension, "result": outcome.result}
        number = {"to": _kind(command.number)} if isinstance(command, MakeCall) else {}
        logger.info("command", extra={**told, **number, "reason": outcome.reason})
        return outcome

    async def _within(self, command: Command, seconds: float) -> Outcome:
        try:
            async with asyncio.timeout(seconds):
                return await self._do(command)
        except TimeoutError:
            return Outcome(Result.UNANSWERED)
        except CommandFailed as error:
            reason = error.reason[:_LONGEST_REASON] if isinstance(error, RefusedByPbx) else None
            result = next((result for kind, result in _RESULTS if isinstance(error, kind)), Result.UNANSWERED)
            return Outcome(result, reason)
        except Exception:
            # It costs this command; calls and monitors go on.
            self._counters["faults"] += 1
            logger.exception("a command failed by a fault of this gateway")
            return Outcome(Result.UNANSWERED)

    async def _do(self, command: Command) -> Outcome:
        """Raises ``CommandFailed``."""
        match command:
            case MakeCall(extension, number):
                call = await self._pbx.place_call(extension, self._dialled(number))
                return Outcome(Result.DONE, call_id=self._lines.expect(extension, call) if call else None)
            case ListCalls(extension):
                if self._pbx.monitoring().connected_since is None:
                    raise NotConnected
                calls = self._lines.calls(extension)
                if calls is None:
                    raise NotMonitored
                return Outcome(Result.DONE, calls=tuple(calls))
            case SetDoNotDisturb(extension, on):
                await self._pbx.set_do_not_disturb(extension, on=on)
                return Outcome(Result.DONE)
            case AnswerCall(extension, call_id) | EndCall(extension, call_id):
                call = self._lines.switch_call(extension, call_id)
                if call is None:
                    return Outcome(Result.UNKNOWN_CALL)
                act = self._pbx.answer_call if isinstance(command, AnswerCall) else self._pbx.clear_connection
                await act(extension, call)
                return Outcome(Result.DONE, call_id=call_id)

    def _dialled(self, number: str) -> str:
        """Raises ``RefusedByPbx`` for what is neither an extension nor E.164."""
        if _E164.fullmatch(number):
            return self._outside.replace("{digits}", number[1:])
        if _EXTENSION.fullmatch(number):
            return number
        raise RefusedByPbx("invalidCalledDeviceID")


def _kind(number: str) -> str:
    return "outside" if number.startswith("+") else "inside"
