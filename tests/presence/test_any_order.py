"""Whatever is wanted in whatever order, and whatever becomes of the writes: at the end Graph has what is wanted.

Beside the ledger stands Graph as a model: sessions that a write opens, changes or ends, and that end by themselves.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from presence.ledger import Ledger, Result, Write
from presence.policy import UNCHANGED, Shown, Wanted

PEOPLE = ("anna", "ben", "chris")
NOBODY = "nobody"
EVERYBODY = (*PEOPLE, NOBODY)


class Fate(Enum):
    """What becomes of a write: whether Graph has done it, and what we hear."""

    DONE = (True, Result.DONE, None, False)
    THROTTLED = (False, Result.LATER, 17.0, True)
    AWAY = (False, Result.LATER, None, True)
    LOST = (False, Result.LATER, None, False)
    DONE_UNHEARD = (True, Result.LATER, None, False)
    REFUSED = (False, Result.REFUSED, None, False)


class World:
    """A ledger beside the model; ``wanted`` is the newest of each person, as it was told."""

    def __init__(self, random: Random) -> None:
        self.now = 1000.0
        self.ledger = Ledger(lambda: self.now, random.random)
        self.sessions: dict[str, tuple[Shown, float]] = {}
        self.wanted: dict[str, Wanted] = {}
        self.under_way: dict[str, tuple[Write, float]] = {}
        self.done_at: dict[str, float] = {}
        self.allowance: Counter[str] = Counter()
        """Writes beside renewals that somebody has given cause for."""

    def shown(self, who: str) -> Shown | None:
        session = self.sessions.get(who)
        return session[0] if session and self.now < session[1] else None

    def want(self, who: str, wanted: Wanted) -> None:
        self.allowance[who] += self.wanted.get(who) is not wanted
        self.ledger.want(who, wanted, since=self.now)
        # An end that is known is not unknown again because the gateway is away.
        if not (wanted is UNCHANGED and self.wanted.get(who) is None):
            self.wanted[who] = wanted

    def forget(self, who: str) -> None:
        self.allowance[who] += 1
        self.ledger.forget(who)
        self.wanted[who] = None

    def remember(self, who: str, shown: Shown, left: float | None) -> None:
        """From an earlier life, of a session that has ``left`` seconds, or was never begun."""
        self.ledger.remember(who, shown)
        self.wanted[who] = UNCHANGED
        self.allowance[who] += 1
        if left is not None:
            self.sessions[who] = (shown, self.now + left)

    def take(self, most: int) -> None:
        taken = self.ledger.take(most)
        assert len(taken) <= most
        if len(taken) < most:
            assert self.ledger.next_due() != 0, "or whoever waits for it would never sleep"
        for write in taken:
            assert write.object_id not in self.under_way, "one write of one person at a time"
            assert write.shown is self.wanted.get(write.object_id), "the newest state"
            self.under_way[write.object_id] = (write, self.now)
            if write.renewal:
                assert self.now >= self.done_at.get(write.object_id, -3600) + 0.6 * write.minutes * 60
            else:
                self.allowance[write.object_id] -= 1
                assert self.allowance[write.object_id] >= 0, "no write that nobody gave cause for"

    def settle(self, who: str, fate: Fate) -> None:
        write, taken_at = self.under_way.pop(who)
        done, result, wait, undone = fate.value
        if who == NOBODY and done:
            result = Result.GONE if write.shown else Result.DONE
        elif done and write.shown:
            self.sessions[who] = (write.shown, self.now + write.minutes * 60)
            self.done_at[who] = taken_at
        elif done:
            self.sessions.pop(who, None)
        self.allowance[who] += result is not Result.DONE
        self.ledger.settle(write, result, wait, undone=undone)

    def passes(self, seconds: float) -> None:
        """Nobody writes in that time; a session that runs out then has to be begun anew."""
        self.now += seconds
        for who in [who for who, (_, ends) in self.sessions.items() if ends <= self.now]:
            del self.sessions[who]
            self.allowance[who] += 1

    def goes_well(self, seconds: float) -> None:
        """Whatever is due is done at once."""
        until = self.now + seconds
        while (wait := self.ledger.next_due()) is not None and self.now + wait <= until:
            self.passes(wait)
            self.take(2)
            for who in list(self.under_way):
                self.settle(who, Fate.DONE)
        self.passes(until - self.now)

    def is_right(self) -> None:
        for who in PEOPLE:
            wanted = self.wanted.get(who)
            if wanted is not UNCHANGED:
                assert self.shown(who) is wanted
            assert self.ledger.in_sync(who)
        assert self.ledger.backlog == 0


PERSON = st.sampled_from(EVERYBODY)
WANTED = st.sampled_from([None, UNCHANGED, *Shown])
STEP = st.one_of(
    st.tuples(st.just("want"), PERSON, WANTED),
    st.tuples(st.just("want"), PERSON, WANTED),
    st.tuples(st.just("forget"), PERSON),
    st.tuples(st.just("take"), st.integers(1, 4)),
    st.tuples(st.just("take"), st.integers(1, 4)),
    st.tuples(st.just("settle"), PERSON, st.sampled_from(Fate)),
    st.tuples(st.just("settle"), PERSON, st.sampled_from(Fate)),
    st.tuples(st.just("passes"), st.sampled_from([0.0, 0.05, 0.3, 2.0, 40.0, 400.0, 700.0, 4000.0])),
)
REMEMBERED = st.dictionaries(
    st.sampled_from(PEOPLE), st.tuples(st.sampled_from(Shown), st.none() | st.floats(1, 600)), max_size=3
)
RANDOM = st.integers(0, 10**6).map(Random)


def play(world: World, steps: list[tuple[str, ...]]) -> None:
    for name, *arguments in steps:
        if name != "settle" or arguments[0] in world.under_way:
            getattr(world, name)(*arguments)


def within_bounds(world: World) -> None:
    """Whoever is neither shown nor to be shown is forgotten, and ends are told to the journal."""
    people = world.ledger._people
    assert all(isinstance(person.wanted, Shown) or person.shown for person in people.values())
    assert set(people) <= {who for who in EVERYBODY if world.wanted.get(who) is not None}


@settings(deadline=None, derandomize=True, max_examples=300)
@given(REMEMBERED, st.lists(STEP, max_size=40), RANDOM)
def test_at_the_end_graph_has_what_is_wanted_and_keeps_it(
    remembered: dict[str, tuple[Shown, float | None]], steps: list[tuple[str, ...]], random: Random
) -> None:
    world = World(random)
    for who, (shown, left) in remembered.items():
        world.remember(who, shown, left)
    play(world, steps)
    for who in list(world.under_way):
        world.settle(who, Fate.DONE_UNHEARD)
    # The longest wait of somebody who was refused again and again.
    world.goes_well(451)
    for _ in range(40):
        world.is_right()
        world.goes_well(97)
    within_bounds(world)
    assert all(world.shown(who) is None for who in PEOPLE if world.wanted.get(who) is UNCHANGED)


@settings(deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=40), RANDOM)
def test_where_all_goes_well_a_fifth_of_a_second_is_enough(steps: list[tuple[str, ...]], random: Random) -> None:
    world = World(random)
    for name, *arguments in steps:
        if name in {"want", "forget"}:
            getattr(world, name)(*arguments)
            world.goes_well(random.choice([0.0, 0.01, 0.1, 1.0, 500.0]))
    world.goes_well(0.21)
    world.is_right()
    assert all(count >= 0 for count in world.allowance.values())


@settings(deadline=None, derandomize=True)
@given(st.lists(STEP, max_size=40), RANDOM)
def test_after_a_crash_the_next_life_sets_it_right_from_what_was_intended(
    steps: list[tuple[str, ...]], random: Random
) -> None:
    """The journal is every person of whom a session was ever taken, less those that were surely over."""
    world = World(random)
    journal: dict[str, Shown] = {}
    for step in steps:
        play(world, [step])
        for who in world.ledger.over():
            journal.pop(who, None)
        journal.update({who: write.shown for who, (write, _) in world.under_way.items() if write.shown})
    for who in world.under_way.copy():
        world.settle(who, random.choice([Fate.DONE_UNHEARD, Fate.LOST]))
    assert {who for who in PEOPLE if world.shown(who)} <= set(journal)
    after = World(random)
    after.now, after.sessions = world.now, world.sessions
    for who, shown in journal.items():
        after.remember(who, shown, None)
    for who in PEOPLE:
        after.want(who, random.choice([None, *Shown]))
    after.goes_well(61)
    for _ in range(8):
        after.is_right()
        after.goes_well(97)
