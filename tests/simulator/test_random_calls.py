"""Random traffic: its rate, its mix, its seed."""

import re
from random import Random

import pytest

from simulator.switch import CallEvent, Event, EventName, Group, GroupKind, Party, Switch
from simulator.timeline import Timeline
from simulator.traffic.mix import MIX, Cast, random_lines
from simulator.traffic.people import desk, outsider
from simulator.traffic.playing import play
from simulator.traffic.random_calls import random_calls
from simulator.traffic.script import CallLine

FICTION = re.compile(r"\+3319900\d{4}|\+442079460\d{3}|\+1(212|312|415)55501\d\d")


def traffic(bhcc: float, hours: float, seed: int = 1, extensions: int = 60) -> list[CallEvent]:
    timeline, told = Timeline(), list[Event]()
    numbers = [str(201 + n) for n in range(extensions)]
    groups = [Group(Party(f"9{n}"), kind, tuple(numbers[:3])) for n, kind in enumerate(GroupKind)]
    switch = Switch((Party(number) for number in numbers), trunks=500, groups=groups)
    switch.listeners.append(told.append)
    timeline.play(random_calls(switch, timeline, bhcc, Random(seed)))  # noqa: S311 - nothing secret
    timeline.advance(hours * 3600)
    return [event for event in told if isinstance(event, CallEvent)]


@pytest.mark.parametrize(("bhcc", "hours"), [(60, 20), (600, 4)])
def test_as_many_calls_end_as_the_busy_hour_has(bhcc: float, hours: float) -> None:
    ended = sum(event.name is EventName.CALL_CLEARED for event in traffic(bhcc, hours))
    assert ended == pytest.approx(bhcc * hours, rel=0.1)


def test_the_mix_has_every_kind_of_call_event() -> None:
    features = {"DoNotDisturb", "Forwarding", "MessageWaiting", "BackInService", "OutOfService"}
    heard = {event.name for event in traffic(600, 2)}
    assert heard == set(EventName) - {EventName(f"{feature}Event") for feature in features}


def test_the_same_seed_gives_the_same_calls_and_another_gives_others() -> None:
    assert traffic(60, 1, seed=5) == traffic(60, 1, seed=5)
    assert traffic(60, 1, seed=5) != traffic(60, 1, seed=6)


@pytest.mark.parametrize("extensions", [1, 2])
def test_a_small_pbx_carries_what_it_can(extensions: int) -> None:
    assert any(event.name is EventName.ESTABLISHED for event in traffic(200, 1, extensions=extensions))


def test_an_extension_that_is_alone_neither_calls_itself_nor_diverts_to_itself() -> None:
    random = Random(1)  # noqa: S311 - nothing secret
    lines = [line for _ in range(500) for line in random_lines(["201"], {}, random)]
    calls = [line for line in lines if isinstance(line, CallLine)]
    assert {(line.caller, line.callee).count("201") for line in calls} == {1}
    assert not any(step.argument == "201" for line in calls for step in line.steps)


def test_every_kind_of_call_is_played_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    random = Random(1)  # noqa: S311 - nothing secret
    numbers = ("201", "202", "203")
    groups = {kind: [f"9{n}"] for n, kind in enumerate(GroupKind)}
    caplog.set_level("INFO")
    for kind in MIX.values():
        switch = Switch(
            (Party(number) for number in numbers),
            groups=(Group(Party(number), kind, numbers) for kind, (number,) in groups.items()),
        )
        timeline = Timeline()
        timeline.play(play(switch, kind.story(Cast(numbers, groups, random))))
        timeline.advance(3600)
        assert not switch.calls
        assert not any(extension.forwards for extension in switch.extensions.values())
    assert not caplog.records


def test_the_mix_is_in_hundredths() -> None:
    assert sum(kind.weight for kind in MIX.values()) == 100


def test_outsiders_have_numbers_reserved_for_fiction() -> None:
    random = Random(1)  # noqa: S311 - nothing secret
    assert all(FICTION.fullmatch(outsider(random)[0]) for _ in range(500))


def test_no_two_extensions_share_a_name() -> None:
    assert len({desk(n) for n in range(100)}) == 100
