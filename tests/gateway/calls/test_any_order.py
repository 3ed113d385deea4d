"""Whatever people do and whatever becomes of the events: one record for each part in a call, and no call left open."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudlink.model import Direction
from cloudlink.uplink import CallRecorded, Fact, LineChanged
from gateway.calls.clock import SteadyClock
from gateway.calls.lines import Lines
from gateway.csta.messages import EventKind
from tests.gateway.calls.stories import START
from tests.gateway.calls.switch_books import MONITORED, QUARANTINE
from tests.gateway.calls.switch_model import Switch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloudlink.model import Call
    from tests.gateway.calls.switch_books import Sent


class Beside:
    """The gateway's lines beside the switch, in the switch's time."""

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.facts: list[Fact] = []
        self.set_ahead = timedelta(0)
        ids = count(1)
        self.lines = Lines(
            self.facts.extend,
            SteadyClock(lambda: START + timedelta(seconds=switch.now) + self.set_ahead, lambda: switch.now),
            lambda: f"record-{next(ids)}",
        )
        for device in MONITORED:
            self.lines.compare(device, (), self.lines.now())

    def hears(self, sent: Iterable[Sent], times: int = 1) -> None:
        for one in sent:
            for _ in range(times):
                self.lines.hear(one.device, one.event)

    def looks(self) -> None:
        """A snapshot of every device, and the parties of every call in doubt."""
        for device in MONITORED:
            self.lines.compare(device, self.switch.snapshot(device), self.lines.now())
            for call in self.lines.calls_to_ask(device):
                self.lines.tell_parties(device, call, self.switch.parties(call))

    @property
    def records(self) -> list[tuple[str, Call]]:
        return [(fact.extension, fact.call) for fact in self.facts if isinstance(fact, CallRecorded)]

    def shown(self, device: str) -> str | None:
        states = [fact.state for fact in self.facts if isinstance(fact, LineChanged) and fact.extension == device]
        return states[-1]

    def in_being(self) -> int:
        return sum(len(legs) for legs in self.lines.take_changes().values())


def told(device: str, call: Call) -> tuple[object, ...]:
    outbound = call.direction == Direction.OUTBOUND
    ring, talk = round(call.ring_time, 2), round(call.billing_time, 2)
    return device, call.extra_pbx_data["callId"], outbound, call.completed, ring, talk


def take(switch: Switch) -> list[Sent]:
    sent, switch.sent = switch.sent, []
    return sent


def act(switch: Switch, choice: int, gap: float) -> list[Sent]:
    switch.now += gap
    switch.do(choice)
    return take(switch)


def within_bounds(beside: Beside) -> None:
    now = START + timedelta(seconds=beside.switch.now)
    for _, call in beside.records:
        assert call.end_time is not None
        assert START <= call.created_on <= call.end_time <= now
        lasted = (call.end_time - call.created_on).total_seconds() + 0.01
        assert call.ring_time >= 0
        assert call.billing_time >= 0
        assert call.ring_time + call.billing_time <= lasted


def all_over(beside: Beside) -> None:
    assert beside.in_being() == 0
    assert [beside.shown(device) for device in MONITORED] == ["idle"] * len(MONITORED)


CHOICES = st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from([0.0, 0.02, 0.4, 3.0, 40.0])), max_size=25)
SURVIVORS = st.sampled_from(["held", "active", "new"])


@settings(deadline=None, derandomize=True)
@given(CHOICES, SURVIVORS, st.integers(1, 3), st.lists(st.integers(-90000, 90000), max_size=4))
def test_events_as_they_happen_give_each_part_its_record(
    choices: list[tuple[int, float]], survivor: str, times: int, steps: list[int]
) -> None:
    switch = Switch(survivor)
    beside = Beside(switch)
    for number, (choice, gap) in enumerate(choices):
        beside.hears(act(switch, choice, gap), times)
        assert [beside.shown(device) for device in MONITORED] == [switch.shows(device) for device in MONITORED]
        if number < len(steps):
            beside.set_ahead = timedelta(seconds=steps[number])
    for _ in switch.finish():
        beside.hears(take(switch), times)
    assert Counter(told(*record) for record in beside.records) == Counter(part.told for part in switch.over)
    all_over(beside)


@settings(deadline=None, derandomize=True)
@given(CHOICES, SURVIVORS, st.integers(0, 10**6).map(Random))
def test_neighbouring_events_of_a_call_may_change_places(
    choices: list[tuple[int, float]], survivor: str, random: Random
) -> None:
    # Late news of one call cannot be told from early news of the next that has its id at once.
    switch = Switch(survivor, many_ids=True)
    beside = Beside(switch)
    for choice, gap in choices:
        beside.hears(shuffled(act(switch, choice, gap), random))
    for _ in switch.finish():
        beside.hears(shuffled(take(switch), random))
    assert Counter(told(*record)[:2] for record in beside.records) == Counter(part.told[:2] for part in switch.over)
    all_over(beside)
    within_bounds(beside)


def shuffled(sent: list[Sent], random: Random) -> list[Sent]:
    """Each event of a call changes places at most once with the one that the same monitor hears next."""
    lines = [[one for one in sent if one.device == device] for device in MONITORED]
    for line in lines:
        place = 0
        while place + 1 < len(line):
            if line[place].call == line[place + 1].call and random.random() < 0.5:
                line[place], line[place + 1] = line[place + 1], line[place]
                place += 1
            place += 1
    return [one for line in lines for one in line]


@settings(deadline=None, derandomize=True)
@given(CHOICES, SURVIVORS, st.integers(0, 25), st.integers(1, 25), st.booleans())
def test_what_happens_unheard_is_settled_by_the_next_snapshot(
    choices: list[tuple[int, float]], survivor: str, lost_at: int, back_after: int, link_lost: bool
) -> None:
    switch = Switch(survivor, many_ids=True)
    beside = Beside(switch)
    for number, (choice, gap) in enumerate([*choices, (0, 1.0)]):
        if number == lost_at:
            switch.deaf = True
            if link_lost:
                beside.lines.lose()
        sent = act(switch, choice, gap + 0.01)
        if not switch.deaf:
            beside.hears(sent)
        if switch.deaf and number >= min(lost_at + back_after, len(choices)):
            switch.come_back()
            switch.now += 0.01
            beside.looks()
            assert [beside.shown(device) for device in MONITORED] == [switch.shows(device) for device in MONITORED]
    for _ in switch.finish():
        beside.hears(take(switch))
    heard = [part for part in switch.over if part.heard]
    records = Counter(told(*record)[:2] for record in beside.records)
    # Who has changed places unheard in a joined call is told apart from another call by nothing.
    least = Counter(part.told[:2] for part in heard if part.apart)
    most = Counter(part.told[:2] for part in (*heard, *(part for part in heard if part.joined and part.unseen)))
    assert least <= records <= most
    seen = Counter(part.told for part in switch.over if part.heard and not part.unseen)
    assert seen <= Counter(told(*record) for record in beside.records)
    all_over(beside)
    within_bounds(beside)


@settings(deadline=None, derandomize=True)
@given(CHOICES, SURVIVORS, st.integers(0, 10**6).map(Random))
def test_events_that_are_lost_one_by_one_leave_nothing_open_or_doubled(
    choices: list[tuple[int, float]], survivor: str, random: Random
) -> None:
    switch = Switch(survivor)
    beside = Beside(switch)
    for choice, gap in choices:
        beside.hears(one for one in act(switch, choice, gap) if random.random() < 0.8)
    switch.now += 0.01
    beside.looks()
    assert [beside.shown(device) for device in MONITORED] == [switch.shows(device) for device in MONITORED]
    for _ in switch.finish():
        beside.hears(take(switch))
    # A call that moves to another id unheard is two: what was heard of it before, and what after.
    most = Counter(part.device for part in (*switch.over, *(part for part in switch.over if part.joined)))
    most += switch.moves
    assert Counter(device for device, _ in beside.records) <= most
    all_over(beside)
    within_bounds(beside)


@settings(deadline=None, derandomize=True)
@given(CHOICES)
def test_a_switch_that_tells_no_call_ids_leaves_nothing_open_or_doubled(choices: list[tuple[int, float]]) -> None:
    # Of two calls of one telephone, nobody can tell which one ends.
    switch = Switch(one_at_a_time=True)
    beside = Beside(switch)
    for choice, gap in choices:
        beside.hears(without_ids(act(switch, choice, gap + QUARANTINE)))
    for _ in switch.finish():
        beside.hears(without_ids(take(switch)))
    assert Counter(device for device, _ in beside.records) <= Counter(part.device for part in switch.over)
    all_over(beside)
    within_bounds(beside)


def without_ids(sent: list[Sent]) -> list[Sent]:
    """As a PBX writes them that leaves callID out."""
    return [without_id(one) for one in sent if one.event.kind is not EventKind.CALL_CLEARED]


def without_id(sent: Sent) -> Sent:
    event = sent.event
    bare = [None if one is None else replace(one, call=None) for one in (event.connection, event.secondary)]
    joined = tuple(
        replace(one, new=one.new and replace(one.new, call=None), old=one.old and replace(one.old, call=None))
        for one in event.joined
    )
    return replace(sent, event=replace(event, connection=bare[0], secondary=bare[1], joined=joined))
