"""What kinds of call there are in an office, how often, and how each goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from simulator.switch import GroupKind
from simulator.traffic.people import outsider
from simulator.traffic.script import ActLine, CallLine, Line, Step

TAKE_PART = 3
"""Extensions of which a story takes at most."""

_MEAN_TALK = 90.0
_MEAN_RING = 8.0


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can take part: ``extensions`` (``me`` is the first), and the numbers of groups by their kind."""

    extensions: Sequence[str]
    groups: Mapping[GroupKind, Sequence[str]]
    random: Random

    @property
    def me(self) -> str:
        """Whose story it is."""
        return self.extensions[0]

    @property
    def colleague(self) -> str:
        """Who takes over."""
        return self.extensions[1]

    def seconds(self, shortest: float, longest: float) -> str:
        """A pause of any length between the two."""
        return f"{self.random.uniform(shortest, longest):.1f}"


def random_lines(extensions: Sequence[str], groups: Mapping[GroupKind, Sequence[str]], random: Random) -> list[Line]:
    """One story of the mix, among some of these extensions. Nobody calls, transfers or diverts to oneself."""
    cast = Cast(random.sample(extensions, k=min(TAKE_PART, len(extensions))), groups, random)
    kinds, weights = _possible(len(cast.extensions), tuple(sorted(groups)))
    (kind,) = random.choices(kinds, weights=weights)
    return MIX[kind].story(cast)


def _from_outside(cast: Cast, *steps: Step, to: str = "") -> CallLine:
    number, name = outsider(cast.random)
    return CallLine(number, to or cast.me, name, steps)


def _ring(cast: Cast) -> Step:
    return Step("ring", cast.seconds(2, 2 * _MEAN_RING))


def _talk(cast: Cast) -> Step:
    return Step("talk", f"{cast.random.expovariate(1 / _MEAN_TALK):.1f}")


def _clear(cast: Cast) -> Step:
    return Step("clear", cast.random.choice(("", "far")))


def _answered(cast: Cast) -> tuple[Step, ...]:
    return _ring(cast), Step("answer"), _talk(cast)


def _missed(cast: Cast) -> list[Line]:
    return [_from_outside(cast, _ring(cast), Step("clear", "far"))]


def _going_on(*verbs: str) -> Callable[[Cast], list[Line]]:
    """Somebody outside calls, is answered, and it goes on with these verbs, at a colleague if that is what they do."""

    def story(cast: Cast) -> list[Line]:
        steps: list[Step] = []
        for verb in verbs:
            steps += _step(cast, verb)
        return [_from_outside(cast, *_answered(cast), *steps, _clear(cast))]

    return story


def _step(cast: Cast, verb: str) -> list[Step]:
    match verb:
        case "hold":
            return [Step("hold", cast.seconds(5, 60)), Step("retrieve"), _talk(cast)]
        case "waiting" | "knock":
            return [Step(verb, outsider(cast.random)[0]), _talk(cast)]
        case "early" | "blind":
            return [Step(verb, cast.colleague), *_answered(cast)]
        case _:
            return [Step(verb, cast.colleague), _talk(cast)]


def _outgoing(cast: Cast) -> list[Line]:
    return [CallLine(cast.me, outsider(cast.random)[0], steps=(*_answered(cast), _clear(cast)))]


def _unanswered(cast: Cast) -> list[Line]:
    return [CallLine(cast.me, outsider(cast.random)[0], steps=(_ring(cast), Step("clear")))]


def _busy(cast: Cast) -> list[Line]:
    steps = Step("fail", "busy"), Step("talk", "3"), Step("clear")
    return [CallLine(cast.me, outsider(cast.random)[0], steps=steps)]


def _internal(cast: Cast) -> list[Line]:
    return [CallLine(cast.me, cast.colleague, steps=(*_answered(cast), _clear(cast)))]


def _internal_missed(cast: Cast) -> list[Line]:
    return [CallLine(cast.me, cast.colleague, steps=(_ring(cast), Step("clear")))]


def _diverted(cast: Cast) -> list[Line]:
    return [_from_outside(cast, _ring(cast), Step("divert", cast.colleague), *_answered(cast), _clear(cast))]


def _picked_up(cast: Cast) -> list[Line]:
    return [_from_outside(cast, _ring(cast), Step("pickup", cast.colleague), _talk(cast), _clear(cast))]


def _forwarded(when: str, *steps: Step) -> Callable[[Cast], list[Line]]:
    """While forwarding is on, somebody calls."""

    def story(cast: Cast) -> list[Line]:
        on, off = (ActLine(Step("forward", f"{when} {cast.me} -> {to}".strip())) for to in (cast.colleague, ""))
        return [on, _from_outside(cast, *steps, *_answered(cast), _clear(cast)), off]

    return story


def _forwarded_when_busy(cast: Cast) -> list[Line]:
    on, off = (ActLine(Step("forward", f"busy {cast.me} -> {to}")) for to in (cast.colleague, ""))
    knock = Step("knock", outsider(cast.random)[0])
    return [on, _from_outside(cast, *_answered(cast), knock, _talk(cast), _clear(cast)), off]


def _ring_group(cast: Cast) -> list[Line]:
    return [_for_group(cast, GroupKind.RING, *_answered(cast))]


def _hunted(cast: Cast) -> list[Line]:
    return [_for_group(cast, GroupKind.HUNT, _ring(cast), Step("hunt"), *_answered(cast))]


def _queued(cast: Cast) -> list[Line]:
    return [_for_group(cast, GroupKind.QUEUE, Step("talk", cast.seconds(1, 30)), Step("serve"), *_answered(cast))]


def _for_group(cast: Cast, kind: GroupKind, *steps: Step) -> CallLine:
    return _from_outside(cast, *steps, Step("clear", "far"), to=cast.random.choice(cast.groups[kind]))


@dataclass(frozen=True, slots=True)
class Kind:
    """``weight`` is in a hundred; ``extensions`` and ``group`` are what it takes."""

    weight: int
    story: Callable[[Cast], list[Line]]
    extensions: int = 1
    group: GroupKind | None = None


MIX = {
    "incoming": Kind(22, _going_on()),
    "missed": Kind(10, _missed),
    "held": Kind(5, _going_on("hold")),
    "outgoing": Kind(17, _outgoing),
    "unanswered": Kind(4, _unanswered),
    "busy": Kind(3, _busy),
    "internal": Kind(13, _internal, 2),
    "internal missed": Kind(3, _internal_missed, 2),
    "transferred": Kind(4, _going_on("transfer"), 2),
    "transferred while ringing": Kind(2, _going_on("early"), 2),
    "transferred in one step": Kind(2, _going_on("blind"), 2),
    "conference": Kind(1, _going_on("conference"), 2),
    "diverted": Kind(2, _diverted, 2),
    "forwarded always": Kind(1, _forwarded(""), 2),
    "forwarded when busy": Kind(1, _forwarded_when_busy, 2),
    "forwarded unanswered": Kind(1, _forwarded("noanswer", Step("ring", "8"), Step("noanswer")), 2),
    "picked up": Kind(2, _picked_up, 2),
    "call waiting": Kind(1, _going_on("waiting")),
    "found busy": Kind(1, _going_on("knock")),
    "ring group": Kind(2, _ring_group, group=GroupKind.RING),
    "hunt group": Kind(1, _hunted, group=GroupKind.HUNT),
    "queue": Kind(2, _queued, group=GroupKind.QUEUE),
}
"""All kinds of call."""


@cache
def _possible(extensions: int, groups: tuple[GroupKind, ...]) -> tuple[list[str], list[int]]:
    fitting = {
        name: kind.weight
        for name, kind in MIX.items()
        if kind.extensions <= extensions and (kind.group is None or kind.group in groups)
    }
    return list(fitting), list(fitting.values())
