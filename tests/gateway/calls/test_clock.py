"""A clock that is set while calls last makes none of them longer or shorter, and no line hard of hearing."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from cloudlink.model import Direction
from cloudlink.uplink import CallRecorded, Fact, LineChanged
from gateway.calls import memory
from gateway.calls.clock import SteadyClock
from gateway.calls.leg import Leg
from gateway.calls.lines import Lines
from gateway.calls.states import State
from tests.gateway.calls.stories import START, answered, hung_up, rings


class Machine:
    """Two clocks that pass together, and one that can be set."""

    def __init__(self) -> None:
        self.wall = START
        self.uptime = 1000.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.uptime += seconds

    def restart(self) -> Process:
        return Process(self)


class Process:
    """A gateway's lines under the machine's clocks."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.facts: list[Fact] = []
        ids = count(1)
        self.clock = SteadyClock(lambda: machine.wall, lambda: machine.uptime)
        self.lines = Lines(self.facts.extend, self.clock, lambda: f"record-{machine.uptime}-{next(ids)}")

    @property
    def shown(self) -> list[tuple[str | None, datetime]]:
        return [(fact.state, fact.at) for fact in self.facts if isinstance(fact, LineChanged)]

    def kept(self) -> list[str]:
        return [memory.dump(leg) for legs in self.lines.take_changes().values() for leg in legs]


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.mark.parametrize("step", [timedelta(hours=2), timedelta(hours=-2), timedelta(days=8000), timedelta(seconds=-3)])
def test_durations_are_those_of_time_itself(machine: Machine, step: timedelta) -> None:
    gateway = machine.restart()
    gateway.lines.hear("201", rings())
    machine.passes(3)
    machine.wall += step
    machine.passes(2)
    gateway.lines.hear("201", answered())
    machine.passes(20)
    gateway.lines.hear("201", hung_up())
    (call,) = (fact.call for fact in gateway.facts if isinstance(fact, CallRecorded))
    assert (call.ring_time, call.billing_time) == (5.0, 20.0)
    assert (call.created_on, call.end_time) == (machine.wall - timedelta(seconds=25), machine.wall)


def test_what_a_line_shows_is_never_older_than_what_it_showed(machine: Machine) -> None:
    gateway = machine.restart()
    gateway.lines.hear("201", rings())
    machine.passes(5)
    machine.wall -= timedelta(minutes=10)
    gateway.lines.hear("201", answered())
    machine.passes(1200)
    gateway.lines.hear("201", hung_up())
    before = START + timedelta(seconds=5)
    assert gateway.shown == [("ringing", START), ("connected", before), ("idle", machine.wall)]
    assert machine.wall > before


def test_a_snapshot_that_was_asked_for_before_the_step_still_knows_what_is_newer(machine: Machine) -> None:
    gateway = machine.restart()
    gateway.lines.hear("201", rings("4"))
    machine.passes(1)
    asked_at = gateway.lines.now()
    machine.wall -= timedelta(hours=1)
    machine.passes(1)
    gateway.lines.hear("201", rings("5"))
    gateway.lines.compare("201", (), asked_at)
    (legs,) = gateway.lines.take_changes().values()
    assert [leg.call for leg in legs] == ["5"]


def test_calls_in_being_are_kept_in_the_time_of_the_clock_that_was_set(machine: Machine) -> None:
    gateway = machine.restart()
    gateway.lines.hear("201", rings())
    gateway.lines.hear("201", answered())
    gateway.kept()
    machine.wall += timedelta(hours=5)
    machine.passes(10)
    gateway.lines.hear("202", rings())
    kept, heard = gateway.kept(), gateway.lines.heard
    assert (len(kept), heard) == (2, machine.wall)

    machine.passes(30)
    again = machine.restart()
    again.lines.restore(filter(None, (memory.load(memory.VERSION, text) for text in kept)), heard)
    again.lines.hear("201", hung_up())
    (call,) = (fact.call for fact in again.facts if isinstance(fact, CallRecorded))
    assert call.billing_time == 40.0


def test_a_clock_put_back_between_two_processes_takes_the_calls_with_it(machine: Machine) -> None:
    heard = machine.wall
    leg = Leg("r", "201", heard, "5", State.ALERTING, Direction.INBOUND, heard, ringing_since=heard, dialled=True)
    machine.wall -= timedelta(hours=3)
    gateway = machine.restart()
    gateway.lines.restore([leg], heard)
    machine.passes(4)
    gateway.lines.compare("201", (), gateway.lines.now())
    (call,) = (fact.call for fact in gateway.facts if isinstance(fact, CallRecorded))
    assert (call.created_on, call.ring_time, call.billing_time) == (START - timedelta(hours=3), 0.0, 0.0)
    assert gateway.shown == [("idle", heard)]


def test_a_look_that_takes_a_while_is_no_step(machine: Machine) -> None:
    clock = SteadyClock(lambda: machine.wall, lambda: machine.uptime)
    machine.wall += timedelta(seconds=0.5)
    assert clock() == START
    assert clock.correction == timedelta(0)
