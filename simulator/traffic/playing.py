"""Playing the lines of a script upon a switch."""

import logging
from collections.abc import Callable

from simulator.switch import Forwarding, Refused, Switch
from simulator.timeline import Steps
from simulator.traffic.live_call import LiveCall
from simulator.traffic.script import CallLine, Line, Step

logger = logging.getLogger(__name__)

_CONSULTATION = 2.0
"""Seconds until a consulted party answers, and again until the two calls are joined."""


def play(switch: Switch, lines: list[Line]) -> Steps:
    """Play line after line. A line that the switch refuses is logged and left."""
    for line in lines:
        yield from _play_line(switch, line)


def _play_line(switch: Switch, line: Line) -> Steps:
    """One line, after which nothing of its call is left."""
    try:
        yield from _play_call(switch, line) if isinstance(line, CallLine) else _ACTS[line.step.verb](switch, line.step)
    except Refused as refused:
        logger.info("a line could not be played to its end", extra={"reason": str(refused)})


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


def _consulting(
    join: Callable[[LiveCall, LiveCall], None], *, answered: bool = True
) -> Callable[[LiveCall, str], Steps]:
    def steps(call: LiveCall, number: str) -> Steps:
        consulted = call.consult(number)
        try:
            yield _CONSULTATION
            consulted.ring_out()
            if answered:
                consulted.answer()
            yield _CONSULTATION
            join(call, consulted)
        finally:
            consulted.end()

    return steps


def _waiting(call: LiveCall, caller: str) -> Steps:
    second = call.second(caller, waiting=True)
    try:
        yield _CONSULTATION
        call.hold()
        second.answer()
        yield _CONSULTATION
        second.end()
        call.retrieve()
    finally:
        second.end()


def _knock(call: LiveCall, caller: str) -> Steps:
    second = call.second(caller, waiting=False)
    try:
        yield _CONSULTATION
        if second.rings:
            second.answer()
            yield _CONSULTATION
    finally:
        second.end()


def _at_once(act: Callable[[LiveCall, str], None]) -> Callable[[LiveCall, str], Steps]:
    def steps(call: LiveCall, argument: str) -> Steps:
        act(call, argument)
        yield 0.0

    return steps


_VERBS: dict[str, Callable[[LiveCall, str], Steps]] = {
    "ring": _ring,
    "talk": _talk,
    "hold": _hold,
    "clear": _clear,
    "answer": _at_once(LiveCall.answer),
    "noanswer": _at_once(lambda call, _: call.no_answer()),
    "hunt": _at_once(lambda call, _: call.hunt_on()),
    "serve": _at_once(lambda call, _: call.distribute()),
    "retrieve": _at_once(lambda call, _: call.retrieve()),
    "divert": _at_once(lambda call, number: call.divert(number)),
    "pickup": _at_once(lambda call, number: call.pick_up(number)),
    "fail": _at_once(lambda call, cause: call.fail(cause)),
    "transfer": _consulting(LiveCall.transfer),
    "early": _consulting(LiveCall.transfer, answered=False),
    "blind": _at_once(LiveCall.transfer_blind),
    "conference": _consulting(LiveCall.conference),
    "waiting": _waiting,
    "knock": _knock,
}


def _wait(_: Switch, step: Step) -> Steps:
    yield float(step.argument)


def _forward(switch: Switch, step: Step) -> Steps:
    who, _, to = step.argument.partition("->")
    *when, device = who.split()
    switch.forward(device, to.strip(), _FORWARDINGS[" ".join(when)])
    yield 0.0


_FORWARDINGS = {"": Forwarding.ALWAYS, "busy": Forwarding.BUSY, "noanswer": Forwarding.NO_ANSWER}


def _feature(switch_it: Callable[[Switch, str, bool], None]) -> Callable[[Switch, Step], Steps]:
    def steps(switch: Switch, step: Step) -> Steps:
        device, _, state = step.argument.partition(" ")
        switch_it(switch, device, state.strip() == "on")
        yield 0.0

    return steps


def _offering(switch: Switch, step: Step) -> Steps:
    switch.offers = step.argument == "on"
    yield 0.0


_ACTS: dict[str, Callable[[Switch, Step], Steps]] = {
    "wait": _wait,
    "forward": _forward,
    "dnd": _feature(lambda switch, device, on: switch.set_do_not_disturb(device, on=on)),
    "callwaiting": _feature(lambda switch, device, on: switch.set_call_waiting(device, on=on)),
    "offering": _offering,
    "message": _feature(lambda switch, device, on: switch.set_message_waiting(device, on=on)),
}
