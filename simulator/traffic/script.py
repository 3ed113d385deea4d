r"""Scripts: one line a happening, played one after the other.

::

    # somebody calls, is answered, held for two seconds, and hangs up
    call +33199001234 "Supplier" -> $me; ring 3; answer; talk 4; hold 2; retrieve; talk 1; clear far
    call $me -> +442079460123; ring 2; answer; talk 5; clear
    call anonymous -> $me; ring 4; clear far
    wait 2
    forward $me -> $colleague
    dnd $me on

A call's steps, divided by ``;``, seconds after those that last:

=====================  ===============================================================================
``ring S``             it rings (an outsider's telephone begins to)
``answer``             whoever is called answers
``talk S``             nothing happens for a while
``hold S``             the extension holds; ``retrieve`` ends that
``divert N``           what rings goes to N; ``pickup N``: N takes it
``transfer N``         hold, ring N, N answers, both are connected; ``conference N``: all three are
``fail CAUSE``         the network cannot reach the number called
``clear``              the extension hangs up; ``clear far``: the other end does
=====================  ===============================================================================

What is left of a call at the end of its line is cleared.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from simulator.switch import Refused, Switch
from simulator.timeline import Steps
from simulator.traffic.live_call import LiveCall

logger = logging.getLogger(__name__)

_CALL = re.compile(r'call\s+(?P<caller>\S+)(?:\s+"(?P<name>[^"]*)")?\s*->\s*(?P<callee>[^\s;]+)(?P<steps>(?:;.*)?)')
_CONSULTATION = 2.0
"""Seconds until a consulted party answers, and again until the two calls are joined."""


class ScriptError(ValueError):
    """A line that is none; says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """A verb and what follows it."""

    verb: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class CallLine:
    """Somebody calls somebody; ``steps`` tell how it goes on. The caller ``anonymous`` withholds the number."""

    caller: str
    callee: str
    name: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ActLine:
    """Anything but a call: a pause or a feature."""

    step: Step


Line = CallLine | ActLine


def load(name: str) -> str:
    """The text of a script of this package, or of a file. Raises ``ScriptError`` when there is neither."""
    shipped = files("simulator.traffic") / "scripts" / f"{name}.txt"
    for source in (shipped, Path(name)):
        if source.is_file():
            return source.read_text(encoding="utf-8")
    raise ScriptError(f"there is no script {name!r}")


def parse(text: str, names: Mapping[str, str] | None = None) -> list[Line]:
    """Read a script; ``names`` are the values of its ``$`` words. Raises ``ScriptError``."""
    lines = []
    for number, written in enumerate(text.splitlines(), start=1):
        line = written.partition("#")[0].strip()
        try:
            lines += [_line(Template(line).substitute(names or {}))] if line else []
        except (KeyError, ValueError) as error:
            raise ScriptError(f"line {number}: {written.strip()!r} is no line of a script") from error
    return lines


def play(switch: Switch, lines: list[Line]) -> Steps:
    """Play line after line. A line that the switch refuses is logged and left."""
    for line in lines:
        yield from play_line(switch, line)


def play_line(switch: Switch, line: Line) -> Steps:
    """One line, after which nothing of its call is left."""
    try:
        yield from _play_call(switch, line) if isinstance(line, CallLine) else _ACTS[line.step.verb](switch, line.step)
    except Refused as refused:
        logger.info("a line could not be played to its end", extra={"reason": str(refused)})


def _line(text: str) -> Line:
    if text.startswith("call"):
        match = _CALL.fullmatch(text)
        if match is None:
            raise ScriptError(text)
        steps = tuple(_step(part, _VERBS) for part in match["steps"].split(";") if part.strip())
        return CallLine(match["caller"], match["callee"], match["name"] or "", steps)
    return ActLine(_step(text, _ACTS))


def _step(text: str, known: Mapping[str, object]) -> Step:
    verb, _, argument = text.strip().partition(" ")
    if verb not in known:
        raise ScriptError(verb)
    if verb in _LASTING:
        float(argument)
    return Step(verb, argument.strip())


def _play_call(switch: Switch, line: CallLine) -> Steps:
    call = _begin(switch, line)
    try:
        for step in line.steps:
            yield from _VERBS[step.verb](call, step.argument)
    finally:
        call.end()


def _begin(switch: Switch, line: CallLine) -> LiveCall:
    if line.caller in switch.extensions:
        return LiveCall.outgoing(switch, line.caller, line.callee)
    hidden = line.caller == "anonymous"
    return LiveCall.incoming(switch, "" if hidden else line.caller, line.callee, line.name, hidden=hidden)


# -- the verbs: each does its act, then yields the seconds that it lasts


def _ring(call: LiveCall, seconds: str) -> Steps:
    call.ring_out()
    yield float(seconds)


def _talk(_: LiveCall, seconds: str) -> Steps:
    yield float(seconds)


def _hold(call: LiveCall, seconds: str) -> Steps:
    call.hold()
    yield float(seconds)


def _clear(call: LiveCall, who: str) -> Steps:
    if who == "far":
        call.far_end_hangs_up()
    else:
        call.hang_up()
    yield 0.0


def _consulting(join: Callable[[LiveCall, LiveCall], None]) -> Callable[[LiveCall, str], Steps]:
    def steps(call: LiveCall, number: str) -> Steps:
        consulted = call.consult(number)
        try:
            yield _CONSULTATION
            consulted.ring_out()
            consulted.answer()
            yield _CONSULTATION
            join(call, consulted)
        finally:
            consulted.end()

    return steps


def _at_once(act: Callable[[LiveCall, str], None]) -> Callable[[LiveCall, str], Steps]:
    def steps(call: LiveCall, argument: str) -> Steps:
        act(call, argument)
        yield 0.0

    return steps


_LASTING = {"ring", "talk", "hold", "wait"}
_VERBS: dict[str, Callable[[LiveCall, str], Steps]] = {
    "ring": _ring,
    "talk": _talk,
    "hold": _hold,
    "clear": _clear,
    "answer": _at_once(lambda call, _: call.answer()),
    "retrieve": _at_once(lambda call, _: call.retrieve()),
    "divert": _at_once(lambda call, number: call.divert(number)),
    "pickup": _at_once(lambda call, number: call.pick_up(number)),
    "fail": _at_once(lambda call, cause: call.fail(cause)),
    "transfer": _consulting(LiveCall.transfer),
    "conference": _consulting(LiveCall.conference),
}


def _wait(_: Switch, step: Step) -> Steps:
    yield float(step.argument)


def _forward(switch: Switch, step: Step) -> Iterator[float]:
    device, _, to = step.argument.partition("->")
    switch.forward(device.strip(), to.strip())
    yield 0.0


def _feature(switch_it: Callable[[Switch, str, bool], None]) -> Callable[[Switch, Step], Steps]:
    def steps(switch: Switch, step: Step) -> Steps:
        device, _, state = step.argument.partition(" ")
        switch_it(switch, device, state.strip() == "on")
        yield 0.0

    return steps


_ACTS: dict[str, Callable[[Switch, Step], Steps]] = {
    "wait": _wait,
    "forward": _forward,
    "dnd": _feature(lambda switch, device, on: switch.set_do_not_disturb(device, on=on)),
    "message": _feature(lambda switch, device, on: switch.set_message_waiting(device, on=on)),
}
