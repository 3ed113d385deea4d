"""The ledger says of each extension what it did in each call."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.ledger import Ledger, Part
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import Group, GroupKind, Party, Switch
from simulator.timeline import Timeline
from simulator.traffic.playing import play
from simulator.traffic.script import parse
from tests.simulator.client import Client

OUTSIDE = "+33199001234"
Told = tuple[str, str, str, bool, float, float]
"""Extension, direction, the number at the other end, answered, seconds of ringing, seconds of talking."""


def parts_of(text: str) -> list[Part]:
    timeline, parts = Timeline(datetime(2026, 1, 1, tzinfo=UTC)), list[Part]()
    numbers = zip(("500", "501", "502"), GroupKind, strict=True)
    groups = [Group(Party(number), kind, ("201", "202")) for number, kind in numbers]
    switch = Switch((Party(number) for number in ("201", "202", "203", "204")), groups=groups)
    ledger = Ledger(switch.extensions, timeline.now, parts.append)
    switch.listeners.append(ledger.hear)
    timeline.play(play(switch, parse(text)))
    timeline.advance(600)
    assert ledger.open == 0
    return parts


def told(part: Part) -> Told:
    direction = "outbound" if part.outbound else "inbound"
    return part.extension, direction, part.other, part.answered, part.ring, part.talk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 3; answer; talk 5; hold 2; retrieve; talk 1; clear far",
            [("201", "inbound", OUTSIDE, True, 3, 8)],
            id="answered, with a pause",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 4; clear far", [("201", "inbound", OUTSIDE, False, 4, 0)], id="missed"
        ),
        pytest.param("call anonymous -> 201; ring 4; clear far", [("201", "inbound", "", False, 4, 0)], id="withheld"),
        pytest.param(
            f"call 201 -> {OUTSIDE}; talk 1; ring 2; answer; talk 9; clear",
            [("201", "outbound", OUTSIDE, True, 2, 9)],
            id="outgoing",
        ),
        pytest.param(
            f"call 201 -> {OUTSIDE}; fail busy; talk 3; clear", [("201", "outbound", OUTSIDE, False, 0, 0)], id="busy"
        ),
        pytest.param(
            "call 201 -> 202; ring 2; answer; talk 5; clear",
            [("201", "outbound", "202", True, 2, 5), ("202", "inbound", "201", True, 2, 5)],
            id="internal",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 2; divert 202; ring 3; answer; talk 4; clear far",
            [("201", "inbound", OUTSIDE, False, 2, 0), ("202", "inbound", OUTSIDE, True, 3, 4)],
            id="diverted",
        ),
        pytest.param(
            f"forward 201 -> 202\ncall {OUTSIDE} -> 201; ring 3; clear far",
            [("201", "inbound", OUTSIDE, False, 0, 0), ("202", "inbound", OUTSIDE, False, 3, 0)],
            id="forwarded before it rang",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 2; pickup 202; talk 4; clear far",
            [("201", "inbound", OUTSIDE, False, 2, 0), ("202", "inbound", OUTSIDE, True, 0, 4)],
            id="picked up",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 1; answer; talk 5; transfer 202; talk 7; clear far",
            [
                ("201", "outbound", "202", True, 2, 2),
                ("201", "inbound", OUTSIDE, True, 1, 9),
                ("202", "inbound", "201", True, 2, 9),
            ],
            id="transferred after consultation",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 1; answer; talk 5; conference 202; talk 7; clear far",
            [
                ("201", "outbound", "202", True, 2, 2),
                ("201", "inbound", OUTSIDE, True, 1, 16),
                ("202", "inbound", "201", True, 2, 9),
            ],
            id="a conference",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 1; answer; talk 5; early 202; ring 3; answer; talk 7; clear far",
            [
                ("201", "outbound", "202", False, 4, 0),
                ("201", "inbound", OUTSIDE, True, 1, 9),
                ("202", "inbound", OUTSIDE, True, 7, 7),
            ],
            id="transferred while it rang",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 1; answer; talk 5; blind 202; ring 3; answer; talk 7; clear far",
            [("201", "inbound", OUTSIDE, True, 1, 5), ("202", "inbound", OUTSIDE, True, 3, 7)],
            id="transferred in one step",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 500; ring 3; answer 202; talk 7; clear far",
            [("201", "inbound", OUTSIDE, False, 3, 0), ("202", "inbound", OUTSIDE, True, 3, 7)],
            id="a ring group",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 501; ring 3; hunt; ring 2; answer; talk 7; clear far",
            [("201", "inbound", OUTSIDE, False, 3, 0), ("202", "inbound", OUTSIDE, True, 2, 7)],
            id="a hunt group",
        ),
        pytest.param(
            "call 203 -> 502; talk 9; serve; ring 2; answer; talk 7; clear far",
            [("203", "outbound", "502", True, 2, 7), ("201", "inbound", "203", True, 2, 7)],
            id="a queue",
        ),
        pytest.param(
            f"call {OUTSIDE} -> 201; ring 1; answer; waiting +442079460123; talk 3; clear far",
            [("201", "inbound", OUTSIDE, True, 1, 7), ("201", "inbound", "+442079460123", True, 2, 2)],
            id="call waiting",
        ),
    ],
)
def test_each_part_is_told_once(text: str, expected: list[Told]) -> None:
    assert sorted(map(told, parts_of(text))) == sorted(expected)


@pytest.mark.parametrize("text", ["call 203 -> 500; ring 3; answer 202", "call 203 -> 201; ring 3; pickup 202"])
def test_who_took_a_call_elsewhere_is_told(text: str) -> None:
    assert {part.extension: part.taken_by for part in parts_of(text)} == {"201": "202", "202": "", "203": ""}


def test_a_receiver_that_is_only_lifted_makes_no_part() -> None:
    switch, parts = Switch([Party("201")]), list[Part]()
    switch.listeners.append(Ledger(switch.extensions, lambda: datetime(2026, 1, 1, tzinfo=UTC), parts.append).hear)
    switch.clear(switch.seize("201"), "201")
    assert parts == []


def test_a_part_keeps_every_id_that_the_call_had_for_it() -> None:
    parts = parts_of(f"call {OUTSIDE} -> 201; answer; transfer 202; talk 1; clear")
    consulted = next(part for part in parts if part.extension == "202")
    assert (consulted.calls, consulted.call) == (["2", "1"], "1")


def test_a_call_transferred_while_it_rings_is_from_whom_was_held() -> None:
    parts: list[Part] = []
    pbx = Simulator(SimulatorSettings(), Timeline())
    pbx.keep_ledger(parts.append)
    held = pbx.ring(OUTSIDE, "201")
    held.answer()
    held.transfer(held.consult("202"))
    held.end()
    assert [told(part)[:4] for part in parts if part.extension == "202"] == [("202", "inbound", OUTSIDE, False)]


async def test_a_part_is_stamped_when_its_last_event_is_written(pbx: Simulator, client: Client) -> None:
    parts: list[Part] = []
    pbx.keep_ledger(parts.append)
    await client.monitor("201")
    call = pbx.ring(OUTSIDE, "201")
    before = time.monotonic(), time.time()
    call.far_end_hangs_up()
    after = time.monotonic(), time.time()
    (part,) = parts
    assert before[0] <= part.monotonic <= after[0]
    assert before[1] <= part.wall <= after[1]


async def test_the_ledger_may_be_a_file_that_is_read_while_it_grows(tmp_path: Path, timeline: Timeline) -> None:
    path = tmp_path / "ledger.jsonl"
    async with Simulator(SimulatorSettings(port=0, ledger=str(path)), timeline) as pbx:
        pbx.ring(OUTSIDE, "201").answer()
        assert path.read_text(encoding="utf-8") == ""
        pbx.ring("", "202", hidden=True).far_end_hangs_up()
        (line,) = path.read_text(encoding="utf-8").splitlines()
    part = json.loads(line)
    assert part.keys() == {
        *("extension", "calls", "direction", "calling", "called", "other", "answered", "takenBy"),
        *("began", "ended", "ring", "talk", "wall", "monotonic"),
    }
    assert (part["extension"], part["direction"], part["called"], part["other"]) == ("202", "inbound", "202", "")


async def test_a_ledger_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        async with Simulator(SimulatorSettings(port=0, ledger=str(tmp_path / "nowhere" / "ledger"))):
            pass
