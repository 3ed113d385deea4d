"""Random traffic, and the far end of calls that a client makes."""

from collections.abc import Callable, Sequence
from random import Random

from simulator.switch import Call, GroupKind, Refused, Switch
from simulator.timeline import Steps, Timeline
from simulator.traffic.live_call import LiveCall
from simulator.traffic.mix import TAKE_PART, random_lines
from simulator.traffic.playing import play

_LOOK_AT = 12
_BUSY_TONE = 4.0
"""Seconds until a caller who cannot get through hangs up."""


def random_calls(switch: Switch, timeline: Timeline, bhcc: float, random: Random, pace: float = 1.0) -> Steps:
    """Begin calls as a Poisson process of ``bhcc`` an hour, for ever, at extensions that are idle while there are any.

    The rate falls short when too few extensions or trunks are left to carry it. People are ``pace`` times quicker than
    in life, once the call has begun.
    """
    extensions, groups = tuple(switch.extensions), _groups(switch)
    while True:
        yield random.expovariate(bhcc / 3600)
        lines = random_lines(_idle(switch, extensions, random), groups, random)
        timeline.play(seconds / pace for seconds in play(switch, lines))


def _idle(switch: Switch, extensions: Sequence[str], random: Random) -> Sequence[str]:
    """Extensions without a call: a few of them when that is easy, else all, or simply everybody if there are none."""
    few = [
        number for number in random.sample(extensions, k=min(_LOOK_AT, len(extensions))) if not switch.engaged(number)
    ]
    if len(few) >= TAKE_PART:
        return few
    return [number for number in extensions if not switch.engaged(number)] or extensions


def _groups(switch: Switch) -> dict[GroupKind, list[str]]:
    numbers: dict[GroupKind, list[str]] = {}
    for group in switch.groups.values():
        numbers.setdefault(group.kind, []).append(group.party.number)
    return numbers


def called_party(switch: Switch, call: Call, digits: str, *, prompted: bool) -> Steps:
    """The rest of a call that a client asked for: it is dialled, rings, is answered, and in the end cleared.

    ``prompted``: the caller's telephone rings first until the receiver is lifted.
    """
    live = LiveCall(switch, call, call.calling.device)
    acts: tuple[tuple[float, Callable[[], None]], ...] = (
        (1.5 if prompted else 0.0, lambda: switch.dial(call, digits)),
        (1.0, live.ring_out),
        (3.0, live.answer),
        (60.0, live.far_end_hangs_up),
    )
    try:
        for pause, act in acts:
            yield pause
            if not live.is_up:
                return
            act()
    except Refused:
        yield _BUSY_TONE
        live.end()
