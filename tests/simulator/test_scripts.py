"""Scripts as text, and the calls they bring about."""

import asyncio
from importlib.resources import files
from pathlib import Path

import pytest

from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import CallEvent, Event, EventName, Group, GroupKind, Party, Switch
from simulator.timeline import Timeline
from simulator.traffic.playing import play
from simulator.traffic.script import ACTS, LASTING, VERBS, CallLine, ScriptError, Step, load, parse
from tests.simulator.client import Client

OUTSIDE = "+33199001234"


def told_by(text: str, seconds: float = 600) -> list[tuple[float, str]]:
    """Second and name of each call event, and proof that no call is left."""
    timeline, told = Timeline(), list[tuple[float, str]]()
    numbers = ("201", "202", "203")
    groups = [Group(Party(kind), kind, numbers) for kind in GroupKind]
    switch = Switch((Party(number) for number in numbers), groups=groups)
    switch.listeners.append(lambda event: told.append((timeline.seconds, event.name.removesuffix("Event"))))
    timeline.play(play(switch, parse(text)))
    timeline.advance(seconds)
    assert not switch.calls
    return told


def names(text: str) -> list[str]:
    return [name for _, name in told_by(text)]


def test_a_line_names_caller_callee_and_steps() -> None:
    (line,) = parse('call +33199001234 "Travel Desk" -> $me; ring 2.5; clear far  # missed', {"me": "201"})
    assert line == CallLine(OUTSIDE, "201", "Travel Desk", (Step("ring", "2.5"), Step("clear", "far")))


@pytest.mark.parametrize(
    "line",
    [
        "call 201",
        "call 201 -> 202; sing",
        "call 201 -> 202; ring",
        "ring 3",
        "wait long",
        "call $nobody -> 201",
        "call $ -> 1",
    ],
)
def test_a_line_that_is_none_is_named(line: str) -> None:
    with pytest.raises(ScriptError, match="line 2"):
        parse(f"# first\n{line}")


def test_steps_happen_at_their_seconds() -> None:
    assert told_by(f"wait 5\ncall {OUTSIDE} -> 201; ring 3; answer; talk 4; hold 2; retrieve; clear far")[:5] == [
        (5, "Delivered"),
        (8, "Established"),
        (12, "Held"),
        (14, "Retrieved"),
        (14, "ConnectionCleared"),
    ]


def test_an_outsider_rings_when_the_network_says_so() -> None:
    assert names(f"call 201 -> {OUTSIDE}; talk 1; ring 3; answer; clear")[:5] == [
        "ServiceInitiated",
        "Originated",
        "NetworkReached",
        "Delivered",
        "Established",
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("ring 3; answer; talk 1; transfer 202; talk 5; clear", "Transfered"),
        ("ring 3; answer; talk 1; conference 202; talk 5; clear", "Conferenced"),
        ("ring 3; answer; early 202; ring 2; answer; talk 5; clear far", "Transfered"),
        ("ring 3; answer; blind 202; ring 2; answer; talk 5; clear far", "Transfered"),
        ("ring 3; answer; waiting +442079460123; talk 5; clear far", "Retrieved"),
        ("ring 3; answer; knock +442079460123; talk 5; clear far", "Failed"),
        ("ring 3; answer; knock 202; talk 5; clear far", "Failed"),
        ("ring 3; divert 202; ring 2; answer; clear", "Diverted"),
        ("ring 3; pickup 202; talk 5; clear", "Diverted"),
    ],
)
def test_each_way_of_going_on_is_played_to_its_end(steps: str, expected: str) -> None:
    told = names(f"call {OUTSIDE} -> 201; {steps}")
    assert expected in told
    assert told[-1] == "CallCleared"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_is_played(verb: str) -> None:
    step = f"{verb} 202" if verb not in LASTING else f"{verb} 1"
    assert names(f"call {OUTSIDE} -> 201; answer; hold 1; {step}")[:3] == ["Delivered", "Established", "Held"]


@pytest.mark.parametrize(
    ("group", "steps", "expected"),
    [
        ("ring", "ring 2; answer 202; talk 5; clear", ["Delivered", "Delivered", "Delivered", "Established"]),
        ("hunt", "ring 2; hunt; ring 2; answer; clear", ["Delivered", "Diverted", "Delivered", "Established"]),
        ("queue", "talk 5; serve; ring 2; answer; clear", ["Queued", "Diverted", "Offered", "Delivered"]),
    ],
)
def test_a_group_is_called(group: str, steps: str, expected: list[str]) -> None:
    assert names(f"call {OUTSIDE} -> {group}; {steps}")[:4] == expected


def test_forwarding_is_always_or_when_busy_or_unanswered() -> None:
    told = names(
        f"forward busy 201 -> 202\nforward noanswer 202 -> 203\n"
        f"call {OUTSIDE} -> 201; answer; knock {OUTSIDE}; clear\n"
        f"call {OUTSIDE} -> 202; ring 5; noanswer; ring 2; answer; talk 1; clear far"
    )
    assert told.count("Forwarding") == 2
    assert told.count("Diverted") == 2
    assert "Failed" not in told


def test_every_act_is_played() -> None:
    arguments = {
        "wait": "1",
        "forward": "201 -> 202",
        "dnd": "201 on",
        "message": "201 on",
        "callwaiting": "201 on",
        "offering": "on",
    }
    assert arguments.keys() == ACTS
    assert len(names("\n".join(f"{act} {arguments[act]}" for act in ACTS))) == 3


def test_a_number_may_hold_a_hash() -> None:
    (line,) = parse("call 201 -> *21#; ring 1 # a comment")
    assert line == CallLine("201", "*21#", "", (Step("ring", "1"),))


def test_the_network_may_fail() -> None:
    assert "Failed" in names(f"call 201 -> {OUTSIDE}; fail busy; talk 3; clear")


def test_features_are_lines_of_their_own() -> None:
    assert names("dnd 201 on\nmessage 201 off\nforward 201 -> 202") == ["DoNotDisturb", "MessageWaiting", "Forwarding"]


def test_a_line_that_cannot_be_played_is_cleared_and_the_next_is_played() -> None:
    told = names(f"call {OUTSIDE} -> 201; retrieve; talk 99\ncall {OUTSIDE} -> 202; clear far")
    assert told.count("Delivered") == 2


def test_a_caller_may_withhold_the_number() -> None:
    told: list[Event] = []
    switch = Switch([Party("201")])
    switch.listeners.append(told.append)
    timeline = Timeline()
    timeline.play(play(switch, parse("call anonymous -> 201; ring 1; clear far")))
    timeline.advance(9)
    assert {event.calling.hidden for event in told if isinstance(event, CallEvent)} == {True}


@pytest.mark.parametrize("script", [entry.name for entry in files("simulator.traffic").joinpath("scripts").iterdir()])
def test_every_script_of_the_package_can_be_read(script: str) -> None:
    assert parse(load(script.removesuffix(".txt")), {"me": "201", "colleague": "202"})


def test_a_script_may_be_a_file_and_a_missing_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("wait 1", encoding="utf-8")
    assert load(str(tmp_path / "mine.txt")) == "wait 1"
    with pytest.raises(ScriptError, match="nowhere"):
        Simulator(SimulatorSettings(script="nowhere"))


async def test_the_demo_waits_for_a_monitor_then_tells_its_story_within_twenty_seconds(timeline: Timeline) -> None:
    told: list[Event] = []
    async with Simulator(SimulatorSettings(port=0, script="demo", demo_extension="202"), timeline) as pbx:
        pbx.switch.listeners.append(told.append)
        traffic = asyncio.create_task(pbx.begin_traffic())
        client = await Client.connect(pbx.port)
        timeline.advance(20)
        assert told == []
        await client.monitor("202")
        await traffic
        timeline.advance(20)
        await client.close()
    calls = [event for event in told if isinstance(event, CallEvent)]
    begun = [event.calling.number for event in calls if event.name is EventName.DELIVERED]
    answered = [event.calling.number for event in calls if event.name is EventName.ESTABLISHED]
    assert begun == [OUTSIDE, "+442079460123", "202", *["+33199005678"] * 3, "201"]
    assert answered == [OUTSIDE, "202", "201"]
    assert calls[-1].name is EventName.CALL_CLEARED
