"""Random traffic, and the far end of calls that a client makes."""

from collections.abc import Callable, Sequence
from random import Random

from simulator.switch import Call, Refused, Switch
from simulator.timeline import Steps, Timeline
from simulator.traffic.live_call import LiveCall
from simulator.traffic.people import outsider
from simulator.traffic.playing import play_line
from simulator.traffic.script import CallLine, Step

_MEAN_TALK = 90.0
_MEAN_RING = 8.0
_TAKE_PART = 3
"""Extensions of which a call takes at most."""
_LOOK_AT = 12
_BUSY_TONE = 4.0
"""Seconds until a caller who cannot get through hangs up."""


def random_calls(switch: Switch, timeline: Timeline, bhcc: float, random: Random, pace: float = 1.0) -> Steps:
    """Begin calls as a Poisson process of ``bhcc`` an hour, for ever, at extensions that are idle while there are any.

    The rate falls short when too few extensions or trunks are left to carry it. People are ``pace`` times quicker than
    in life, once the call has begun.
    """
    extensions = tuple(switch.extensions)
    while True:
        yield random.expovariate(bhcc / 3600)
        line = random_line(_idle(switch, extensions, random), random)
        timeline.play(seconds / pace for seconds in play_line(switch, line))


def _idle(switch: Switch, extensions: Sequence[str], random: Random) -> Sequence[str]:
    """Extensions without a call: a few of them when that is easy, else all, or simply everybody if there are none."""
    few = [
        number for number in random.sample(extensions, k=min(_LOOK_AT, len(extensions))) if not switch.engaged(number)
    ]
    if len(few) >= _TAKE_PART:
        return few
    return [number for number in extensions if not switch.engaged(number)] or extensions


def random_line(extensions: Sequence[str], random: Random) -> CallLine:
    """One call of the mix: who takes part, and how it goes."""
    me, *others = random.sample(extensions, k=min(_TAKE_PART, len(extensions)))
    # Nobody calls, transfers or diverts to oneself.
    mix = _MIX if others else _ALONE
    (kind,) = random.choices(list(mix), weights=[weight for weight, _ in mix.values()])
    return mix[kind][1](me, others, random)


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


def _ring(random: Random) -> Step:
    return Step("ring", f"{random.uniform(2, 2 * _MEAN_RING):.1f}")


def _talk(random: Random) -> Step:
    return Step("talk", f"{random.expovariate(1 / _MEAN_TALK):.1f}")


def _clear(random: Random) -> Step:
    return Step("clear", random.choice(("", "far")))


def _answered(random: Random) -> tuple[Step, ...]:
    return _ring(random), Step("answer"), _talk(random)


def _from_outside(me: str, random: Random, *steps: Step) -> CallLine:
    number, name = outsider(random)
    return CallLine(number, me, name, steps)


def _incoming(me: str, _: list[str], random: Random) -> CallLine:
    return _from_outside(me, random, *_answered(random), _clear(random))


def _missed(me: str, _: list[str], random: Random) -> CallLine:
    return _from_outside(me, random, _ring(random), Step("clear", "far"))


def _held(me: str, _: list[str], random: Random) -> CallLine:
    held = (Step("hold", f"{random.uniform(5, 60):.1f}"), Step("retrieve"), _talk(random))
    return _from_outside(me, random, *_answered(random), *held, _clear(random))


def _outgoing(me: str, _: list[str], random: Random) -> CallLine:
    return CallLine(me, outsider(random)[0], steps=(*_answered(random), _clear(random)))


def _unanswered(me: str, _: list[str], random: Random) -> CallLine:
    return CallLine(me, outsider(random)[0], steps=(_ring(random), Step("clear")))


def _busy(me: str, _: list[str], random: Random) -> CallLine:
    return CallLine(me, outsider(random)[0], steps=(Step("fail", "busy"), Step("talk", "3"), Step("clear")))


def _internal(me: str, others: list[str], random: Random) -> CallLine:
    return CallLine(me, others[0], steps=(*_answered(random), _clear(random)))


def _transferred(me: str, others: list[str], random: Random) -> CallLine:
    return _from_outside(me, random, *_answered(random), Step("transfer", others[0]), _talk(random), _clear(random))


def _conference(me: str, others: list[str], random: Random) -> CallLine:
    return _from_outside(me, random, *_answered(random), Step("conference", others[0]), _talk(random))


def _diverted(me: str, others: list[str], random: Random) -> CallLine:
    return _from_outside(me, random, _ring(random), Step("divert", others[0]), *_answered(random), _clear(random))


_MIX: dict[str, tuple[int, Callable[[str, list[str], Random], CallLine]]] = {
    "incoming": (34, _incoming),
    "missed": (14, _missed),
    "held": (6, _held),
    "outgoing": (20, _outgoing),
    "unanswered": (6, _unanswered),
    "busy": (3, _busy),
    "internal": (8, _internal),
    "transferred": (5, _transferred),
    "conference": (1, _conference),
    "diverted": (3, _diverted),
}
"""Kinds of call with their weights in a hundred."""

_TAKES_TWO = {"internal", "transferred", "conference", "diverted"}
"""Kinds in which a second extension takes part."""
_ALONE = {kind: how for kind, how in _MIX.items() if kind not in _TAKES_TWO}
