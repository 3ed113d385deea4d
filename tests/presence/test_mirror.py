"""Do not disturb travels from Teams to a telephone, and neither side ever follows its own echo."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence.mirror import (
    ECHO_AFTER_START_S,
    ECHO_WITHIN_S,
    LONGEST_WAIT_S,
    NOTHING,
    TRIES,
    Ended,
    Memory,
    Mirror,
    chosen,
)
from presence.policy import Shown
from tests.presence.two_sides import CLIENTS, TwoSides

Step = tuple[object, ...]

MINUTES = 30


def _step(name: str, *values: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *values)


COMMANDS = [
    (Ended.DONE, True),
    (Ended.UNSURE, True),
    (Ended.UNSURE, False),
    (Ended.NOT_DONE, False),
    (Ended.NEVER, False),
]
STEPS = st.one_of(
    _step("choose", st.booleans()),
    _step("press", st.booleans()),
    _step("be", st.sampled_from(sorted(CLIENTS))),
    _step("call", st.sampled_from(["idle", "ringing", "connected"])),
    _step("opt", st.booleans()),
    _step("poll"),
    _step("poll"),
    _step("hear", st.integers(1, 3)),
    _step("hear", st.just(1)),
    _step("begin", st.integers(0, len(COMMANDS) - 1)),
    _step("arrive"),
    _step("end"),
    _step("crash"),
    _step("wait", st.sampled_from([1.0, 5.0, 60.0, 700.0])),
)


def play(world: TwoSides, steps: list[Step]) -> None:
    for name, *values in steps:
        if name == "begin":
            world.begin(*COMMANDS[cast("int", values[0])])
        else:
            getattr(world, str(name))(*values)
        if name in {"poll", "hear"}:
            world.keep()


def come_to_rest(world: TwoSides) -> None:
    """Without people: what is to do is done with a few writes, and then nothing more, for ever."""
    world.end()
    commands, writes, unheard = world.commands, world.writes, len(world.news)
    for _ in range(MINUTES):
        world.minute()
    # One more than what is wanted, on either side, for one that failed or was in the way of a newer wish.
    assert world.commands - commands <= 4
    assert world.writes - writes <= 4 + unheard
    rest = world.minute()
    assert [world.minute() for _ in range(3)] == [rest] * 3


@settings(max_examples=400, deadline=None, derandomize=True)
@given(steps=st.lists(STEPS, max_size=60), from_teams=st.booleans(), ringing=st.booleans(), tells=st.booleans())
def test_whatever_happens_the_two_sides_come_to_rest(
    steps: list[Step], *, from_teams: bool, ringing: bool, tells: bool
) -> None:
    world = TwoSides(tells=tells, from_teams=from_teams, ringing=ringing)
    play(world, steps)
    come_to_rest(world)
    if world.on and world.silenced_by_us and not world.given_up and world.tells_choice:
        assert world.read, "a telephone that we have silenced stays silent though nobody wants it"
        assert world.session is not Shown.PRESENTING, "what Teams has caused is written back"
    if world.must_follow and world.tells and world.read and not world.given_up and world.tells_choice:
        assert world.on, "the telephone does not follow"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    acts=st.lists(
        st.one_of(_step("choose", st.booleans()), _step("press", st.booleans()), _step("opt", st.booleans())),
        max_size=30,
    )
)
def test_one_act_after_the_other_costs_each_side_one_write_at_most(acts: list[Step]) -> None:
    world = TwoSides()
    for act in acts:
        before = world.people, world.commands + world.writes
        play(world, [act])
        world.minute()
        assert world.commands + world.writes - before[1] <= 2 * (world.people - before[0])
    assert world.on is (world.own_act or (world.mirror.by_teams and world.read))


# -- the table


@pytest.mark.parametrize(
    ("availability", "activity", "choice"),
    [
        ("DoNotDisturb", "DoNotDisturb", True),
        ("doNotDisturb", "doNotDisturb", True),
        ("DoNotDisturb", "Presenting", None),
        ("DoNotDisturb", "Focusing", None),
        ("DoNotDisturb", "UrgentInterruptionsOnly", None),
        ("DoNotDisturb", "SomethingNew", None),
        ("PresenceUnknown", "PresenceUnknown", None),
        ("Available", "Available", False),
        ("Busy", "InACall", False),
        ("Offline", "OffWork", False),
    ],
)
def test_only_what_a_person_chose_counts(availability: str, activity: str, choice: bool | None) -> None:
    assert chosen(availability, activity) is choice


class Desk:
    """A telephone and its mirror; ``now`` passes when a test says so."""

    def __init__(self, memory: Memory = NOTHING, *, on: bool = False) -> None:
        self.mirror = Mirror(memory, on=on)
        self.now = 0.0

    def read(self, *choices: bool | None) -> None:
        for choice in choices:
            self.mirror.read(choice, self.now)

    def hear(self, *news: bool) -> None:
        for on in news:
            self.mirror.hear(on, self.now)

    def do(self, how: Ended = Ended.DONE) -> bool | None:
        """The command that is due: whether to switch on, ``None`` for none."""
        due = self.mirror.due()
        if due is None or due > self.now:
            return None
        on = self.mirror.begin()
        self.mirror.end(how, self.now)
        return on

    def follow(self) -> None:
        """They choose it in Teams, and the telephone is in it."""
        self.read(True)
        assert self.do() is True
        self.hear(True)


def test_a_choice_reaches_the_telephone_once_and_leaves_it_again() -> None:
    desk = Desk()
    desk.follow()
    desk.read(True, None, True)
    desk.hear(True, True)
    assert desk.do() is None
    assert desk.mirror.hidden
    desk.read(False)
    assert desk.do() is False
    desk.hear(True)
    assert desk.mirror.hidden, "the PBX has not told that it is off yet"
    desk.hear(False)
    assert desk.mirror.idle
    assert not desk.mirror.hidden


def test_what_the_telephone_was_in_already_stays() -> None:
    desk = Desk(on=True)
    desk.read(True)
    assert desk.do() is None
    assert not desk.mirror.hidden
    desk.read(False)
    assert desk.do() is None


def test_who_takes_it_off_at_the_telephone_has_it_off_until_the_next_choice() -> None:
    desk = Desk()
    desk.follow()
    desk.hear(False)
    assert desk.mirror.memory == Memory(by_teams=False, teams_dnd=True)
    desk.read(True, None)
    assert desk.do() is None
    desk.hear(True)
    assert not desk.mirror.hidden, "and by hand on again it is theirs"
    desk.read(False)
    assert desk.do() is None
    desk.hear(False)
    desk.follow()


def test_who_puts_it_on_while_our_command_did_not_get_through_keeps_it() -> None:
    desk = Desk()
    desk.read(True)
    assert desk.do(Ended.NOT_DONE) is True
    desk.hear(True)
    desk.read(False)
    desk.now += LONGEST_WAIT_S
    assert desk.do() is None


def test_a_choice_that_was_left_before_anything_was_done_costs_nothing() -> None:
    desk = Desk()
    desk.read(True, False)
    assert desk.do() is None
    desk.read(True)
    desk.do(Ended.NOT_DONE)
    desk.read(False)
    desk.now += LONGEST_WAIT_S
    assert desk.do() is None
    assert desk.mirror.idle


@pytest.mark.parametrize("how", [Ended.UNSURE, Ended.NOT_DONE])
def test_a_failed_command_is_tried_again_with_waits_that_grow(how: Ended) -> None:
    desk = Desk()
    desk.read(True)
    waits = []
    for _ in range(TRIES - 1):
        assert desk.do(how) is True
        due = desk.mirror.due()
        assert due is not None
        waits.append(due - desk.now)
        assert desk.do() is None
        desk.now = due
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert desk.do(how) is True
    assert desk.mirror.due() is None, "it is given up"
    desk.read(False)
    assert desk.do() is (False if how is Ended.UNSURE else None)


def test_a_telephone_that_we_have_silenced_is_freed_however_long_it_takes() -> None:
    desk = Desk()
    desk.follow()
    desk.read(False)
    # More than three days.
    for _ in range(1100):
        assert desk.do(Ended.NOT_DONE) is False
        desk.now += LONGEST_WAIT_S
    assert desk.do() is False


def test_what_can_never_be_done_is_given_up_at_once() -> None:
    desk = Desk()
    desk.read(True)
    assert desk.do(Ended.NEVER) is True
    desk.now += LONGEST_WAIT_S
    assert desk.do() is None
    assert not desk.mirror.hidden
    desk = Desk()
    desk.follow()
    desk.read(False)
    assert desk.do(Ended.NEVER) is False
    assert desk.mirror.due() is None


def test_a_command_that_did_happen_though_nobody_said_so_is_ours() -> None:
    desk = Desk()
    desk.read(True)
    desk.do(Ended.UNSURE)
    desk.hear(True)
    assert desk.mirror.due() is None
    desk.read(False)
    assert desk.do(Ended.UNSURE) is False
    desk.hear(False)
    assert desk.mirror.idle


def test_a_choice_that_changes_while_a_command_is_under_way_is_done_after_it() -> None:
    desk = Desk()
    desk.read(True)
    assert desk.mirror.begin() is True
    desk.read(False)
    assert desk.mirror.due() is None
    desk.mirror.end(Ended.DONE, desk.now)
    assert desk.do() is False
    desk.hear(True, False)
    assert desk.mirror.idle


@pytest.mark.parametrize(
    ("memory", "on", "choice", "command"),
    [
        (Memory(by_teams=True, teams_dnd=False), False, True, True),
        (Memory(by_teams=True, teams_dnd=False), False, False, False),
        (Memory(by_teams=True, teams_dnd=False), True, False, False),
        (Memory(by_teams=True, teams_dnd=True), True, True, None),
        (Memory(by_teams=True, teams_dnd=True), True, False, False),
        (Memory(by_teams=False, teams_dnd=True), False, True, None),
        (Memory(by_teams=False, teams_dnd=True), True, False, None),
        (NOTHING, False, True, True),
        (NOTHING, True, True, None),
    ],
)
def test_goes_on_after_a_restart_from_what_was_kept(
    memory: Memory, *, on: bool, choice: bool, command: bool | None
) -> None:
    desk = Desk(memory, on=on)
    assert desk.do() is None, "before Teams was read nobody knows what is wanted"
    desk.read(choice)
    assert desk.do() is command


@pytest.mark.parametrize("wait", [ECHO_AFTER_START_S - 1, ECHO_AFTER_START_S + 1])
def test_what_the_pbx_tells_long_after_a_restart_is_a_persons_act(wait: float) -> None:
    desk = Desk(Memory(by_teams=True, teams_dnd=True))
    desk.now += wait
    desk.hear(False, True)
    desk.read(False)
    assert desk.do() is (False if wait < ECHO_AFTER_START_S else None)


def test_a_pbx_that_never_tells_of_our_commands_is_obeyed_all_the_same() -> None:
    desk = Desk()
    desk.read(True)
    assert desk.do() is True
    desk.now += ECHO_WITHIN_S + 1
    desk.hear(False)
    desk.read(False)
    assert desk.do() is False
    desk.now += ECHO_WITHIN_S + 1
    desk.hear(False)
    assert desk.mirror.idle
