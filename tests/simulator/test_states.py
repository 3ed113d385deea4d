"""A file says what each extension does, as the switch knows it."""

import json
import time
from pathlib import Path
from random import Random

import pytest

from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.states import Telephone
from simulator.timeline import Timeline
from simulator.traffic.mix import MIX, Cast
from simulator.traffic.playing import play

OUTSIDE = "+33199001234"


def told_by(pbx: Simulator) -> list[tuple[str, tuple[str, ...], bool]]:
    told: list[tuple[str, tuple[str, ...], bool]] = []

    def note(telephone: Telephone) -> None:
        told.append((telephone.extension, telephone.connections, telephone.do_not_disturb))

    pbx.keep_states(note)
    return told


def test_each_change_is_told_once() -> None:
    pbx = Simulator(SimulatorSettings(), Timeline())
    told = told_by(pbx)
    call = pbx.ring(OUTSIDE, "201")
    call.answer()
    held = call.consult("202")
    pbx.switch.set_do_not_disturb("203", on=True)
    pbx.switch.set_do_not_disturb("203", on=True)
    held.end()
    assert told == [
        ("201", ("alerting",), False),
        ("201", ("connected",), False),
        ("201", ("hold",), False),
        ("201", ("hold", "initiated"), False),
        ("201", ("connected", "hold"), False),
        ("202", ("alerting",), False),
        ("203", (), True),
        ("201", ("hold",), False),
        ("202", (), False),
    ]


@pytest.mark.parametrize("kind", [name for name, kind in MIX.items() if kind.group is None])
def test_what_was_told_last_is_so_at_every_moment_of_a_call(kind: str) -> None:
    timeline = Timeline()
    pbx = Simulator(SimulatorSettings(), timeline)
    last: dict[str, tuple[str, ...]] = {}
    pbx.keep_states(lambda telephone: last.update({telephone.extension: telephone.connections}))
    lines = MIX[kind].story(Cast(pbx.settings.extensions, {}, Random(1)))  # noqa: S311 - nothing secret
    timeline.play(play(pbx.switch, lines))
    timeline.advance(0)
    while pbx.switch.calls:
        assert {number: states for number, states in last.items() if states} == doing(pbx)
        timeline.advance(0.5)
    assert last
    assert not any(last.values())


def doing(pbx: Simulator) -> dict[str, tuple[str, ...]]:
    """The connections of each extension that has any."""
    calls = {number: pbx.switch.calls_of(number) for number in pbx.settings.extensions}
    return {number: tuple(sorted(call.leg(number).state.value for call in own)) for number, own in calls.items() if own}


async def test_they_may_be_a_file_that_is_read_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "states.jsonl"
    async with Simulator(SimulatorSettings(port=0, states=str(path)), Timeline()) as pbx:
        before = time.monotonic()
        pbx.ring(OUTSIDE, "201")
        after = time.monotonic()
        (line,) = path.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert before <= told.pop("monotonic") <= after
    assert told == {"extension": "201", "connections": ["alerting"], "doNotDisturb": False}
