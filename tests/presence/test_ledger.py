"""What is written of one person, and when, by a time that only the test moves."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from presence.ledger import Ledger, Result, Write
from presence.policy import UNCHANGED, Shown

CALL, DND, AWAY = Shown.IN_A_CALL, Shown.PRESENTING, Shown.AWAY
ANNA, BEN = "00000000-0000-0000-0000-0000000000e1", "00000000-0000-0000-0000-0000000000e2"


class Desk:
    """A ledger, and a Graph that does whatever is due at once."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.random = Random(6)  # noqa: S311 - keeps no secret
        self.ledger = Ledger(lambda: self.now, self.random.random)
        self.written: list[tuple[float, Write]] = []

    def want(self, wanted: object, who: str = ANNA) -> None:
        self.ledger.want(who, wanted, since=self.now)  # type: ignore[arg-type]

    def take(self, most: int = 20) -> list[Write]:
        taken = self.ledger.take(most)
        self.written += [(self.now, write) for write in taken]
        return taken

    def one(self) -> Write:
        (write,) = self.take()
        return write

    def done(self) -> list[Shown | None]:
        """Everything that is due now is done."""
        taken = self.take()
        for write in taken:
            self.ledger.settle(write, Result.DONE)
        return [write.shown for write in taken]

    def passes(self, seconds: float) -> list[Shown | None]:
        """Whatever becomes due in that time is done when it is."""
        until, shown = self.now + seconds, []
        while (wait := self.ledger.next_due()) is not None and self.now + wait <= until:
            self.now += wait
            shown += self.done()
        self.now = until
        return shown


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_call_of_a_minute_is_two_writes_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.want(CALL)
    assert desk.passes(60) == [CALL]
    desk.want(None)
    assert desk.passes(1200) == [None]
    assert desk.ledger.next_due() is None
    assert (desk.ledger.backlog, len(desk.ledger._people), desk.ledger.over()) == (0, 0, {ANNA})


def test_a_call_of_two_hours_is_two_writes_and_its_renewals(desk: Desk) -> None:
    desk.want(CALL)
    renewed = desk.passes(7200)
    desk.want(None)
    assert desk.passes(1) == [None]
    assert 7200 / 480 <= len(renewed) - 1 + 1 <= 7200 / 360 + 1
    gaps = [after - before for (before, _), (after, _) in pairwise(desk.written[:-1])]
    assert all(360 <= gap <= 480 for gap in gaps), "Graph forgets after 600"
    assert [write.renewal for _, write in desk.written] == [False, *[True] * len(gaps), False]
    assert {write.minutes for _, write in desk.written} == {10, 0}
    assert all(write.since is None for _, write in desk.written if write.renewal)


@pytest.mark.parametrize("shown", [DND, AWAY])
def test_what_lasts_is_renewed_within_the_hour(desk: Desk, shown: Shown) -> None:
    desk.want(shown)
    desk.passes(8 * 3600)
    gaps = [after - before for (before, _), (after, _) in pairwise(desk.written)]
    assert all(2160 <= gap <= 2880 for gap in gaps)
    assert desk.written[0][1].minutes == 60


def test_renewals_of_what_began_together_are_spread(desk: Desk) -> None:
    for number in range(500):
        desk.want(CALL, str(number))
    while desk.done():
        pass
    desk.passes(600)
    seconds = [int(at) for at, write in desk.written if write.renewal]
    assert len(seconds) >= 500
    assert max(map(seconds.count, seconds)) <= 15, "not 500 in one second"


def test_a_start_is_due_at_once_and_an_end_a_moment_later(desk: Desk) -> None:
    desk.want(CALL)
    assert desk.ledger.next_due() == 0
    desk.passes(60)
    desk.want(None)
    assert desk.ledger.next_due() == pytest.approx(0.08)


def test_an_end_that_was_long_on_its_way_waits_no_longer(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.ledger.want(ANNA, None, since=desk.now - 0.1)
    assert desk.ledger.next_due() == 0


def test_a_transfer_from_one_call_into_the_next_writes_nothing(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.want(None)
    desk.now += 0.07
    desk.want(CALL)
    assert desk.passes(60) == []


def test_flicker_is_two_writes_however_long_its_train(desk: Desk) -> None:
    desk.want(CALL)
    desk.done()
    for _ in range(50):
        desk.now += 0.003
        desk.want(None)
        desk.now += 0.0005
        desk.want(CALL)
    assert desk.passes(60) == []
    for _ in range(20):
        desk.want(None)
        desk.passes(0.001)
        desk.want(DND)
        desk.passes(0.001)
    assert desk.passes(60) == []
    assert [write.shown for _, write in desk.written] == [CALL, DND]


def test_nobody_who_flickers_for_long_is_written_of_more_than_five_times_a_second(desk: Desk) -> None:
    for turn in range(1000):
        desk.want(CALL if turn % 2 else DND)
        desk.passes(0.01)
    assert 45 <= len(desk.written) <= 51


def test_no_change_waits_longer_than_a_fifth_of_a_second(desk: Desk) -> None:
    for _ in range(3000):
        desk.want(desk.random.choice([CALL, DND, AWAY, None]))
        desk.passes(desk.random.expovariate(5))
    lags = [at - write.since for at, write in desk.written if write.since is not None]
    assert len(lags) > 1000
    assert max(lags) <= 0.2 + 1e-6


def test_the_busiest_pbx_costs_two_writes_for_each_party_and_its_renewals(desk: Desk) -> None:
    """16,000 calls in the busy hour, three minutes each on average, among 1,800 telephones; ten minutes of it."""
    random, calls = desk.random, 0
    free = [str(number) for number in range(1800)]
    ends: list[tuple[float, str]] = []
    until = desk.now + 600
    while desk.now < until:
        desk.passes(random.expovariate(16_000 / 3600))
        for at, who in [end for end in ends if end[0] <= desk.now]:
            ends.remove((at, who))
            free.append(who)
            desk.want(None, who)
        lasts = random.expovariate(1 / 180)
        for _ in range(2):
            who = free.pop(random.randrange(len(free)))
            desk.want(CALL, who)
            ends.append((desk.now + lasts, who))
            calls += 1
    desk.passes(1)
    changes = [(at, write) for at, write in desk.written if not write.renewal]
    assert len(changes) <= 2 * calls - len(ends)
    assert len(desk.written) - len(changes) < calls / 10, "a call in ten lasts longer than seven minutes"
    lags = sorted(at - write.since for at, write in changes if write.since is not None)
    assert lags[int(len(lags) * 0.99)] <= 0.081
    assert len(desk.written) / 600 < 18


def test_a_set_never_queues_behind_its_own_clear(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.want(None)
    desk.now += 1
    end = desk.one()
    for wanted in (CALL, None, DND, None, CALL):
        desk.want(wanted)
    assert desk.take() == []
    assert desk.ledger.next_due() is None, "nothing until the end is settled"
    desk.ledger.settle(end, Result.DONE)
    assert desk.passes(60) == [CALL]


def test_what_ends_before_it_was_written_is_not_written(desk: Desk) -> None:
    desk.want(CALL)
    desk.want(None)
    assert desk.passes(60) == []
    assert desk.ledger.over() == set(), "there was no session"


def test_the_same_again_is_no_write_and_unknown_renews_nothing(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.want(CALL)
    assert desk.passes(60) == []
    desk.want(UNCHANGED)
    assert desk.passes(3600) == []
    assert desk.ledger.over() == {ANNA}, "it has run out by itself"
    assert desk.ledger._people == {}
    desk.want(CALL)
    assert desk.passes(1) == [CALL]
    assert not desk.written[-1][1].renewal


def test_what_is_known_again_in_time_is_renewed(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.want(UNCHANGED)
    assert desk.passes(500) == []
    desk.want(CALL)
    assert desk.passes(1) == [CALL]
    assert desk.written[-1][1].renewal


def test_an_end_that_was_heard_is_written_even_if_the_gateway_is_lost_then(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.want(None)
    desk.want(UNCHANGED)
    assert desk.passes(60) == [None]


def test_somebody_who_is_nobody_is_not_asked_about_again(desk: Desk) -> None:
    desk.want(CALL)
    desk.ledger.settle(desk.one(), Result.GONE)
    assert desk.ledger.over() == {ANNA}
    for wanted in (None, CALL):
        desk.want(wanted)
        assert desk.passes(3600) == []
    assert not desk.ledger.in_sync(ANNA)
    assert desk.ledger.backlog == 0
    desk.ledger.forget(ANNA)
    desk.want(CALL)
    assert desk.passes(1) == [CALL]
    assert desk.ledger.in_sync(ANNA)


def test_somebody_who_was_nobody_may_have_got_teams_some_hours_later(desk: Desk) -> None:
    desk.want(CALL)
    desk.ledger.settle(desk.one(), Result.GONE)
    desk.now += 6 * 3600
    desk.want(CALL)
    assert desk.passes(1) == [CALL]
    assert desk.ledger.in_sync(ANNA)


def test_forgetting_ends_a_session_and_only_that(desk: Desk) -> None:
    desk.ledger.forget(BEN)
    assert desk.passes(60) == []
    desk.want(CALL)
    desk.passes(60)
    desk.ledger.forget(ANNA)
    assert desk.passes(60) == [None]
    desk.ledger.remember(ANNA, CALL)
    desk.ledger.forget(ANNA)
    assert desk.passes(60) == [None]


def test_a_throttled_person_waits_as_told_and_then_the_newest_state_goes(desk: Desk) -> None:
    desk.want(CALL)
    desk.ledger.settle(desk.one(), Result.LATER, 17, undone=True)
    desk.want(DND)
    assert desk.ledger.next_due() == pytest.approx(17)
    assert desk.passes(18) == [DND]


def test_what_is_to_be_tried_again_at_once_is(desk: Desk) -> None:
    desk.want(CALL)
    desk.ledger.settle(desk.one(), Result.LATER, 0, undone=True)
    assert desk.done() == [CALL]


def test_a_session_that_has_begun_anew_is_not_over(desk: Desk) -> None:
    for wanted in (CALL, None, CALL):
        desk.want(wanted)
        desk.passes(1)
    assert desk.ledger.over() == set()


def test_a_call_that_was_throttled_and_is_over_costs_nothing(desk: Desk) -> None:
    desk.want(CALL)
    desk.ledger.settle(desk.one(), Result.LATER, 17, undone=True)
    desk.want(None)
    assert desk.passes(3600) == []
    assert desk.ledger._people == {}


def test_what_may_have_been_done_is_ended(desk: Desk) -> None:
    desk.want(CALL)
    desk.ledger.settle(desk.one(), Result.LATER)
    assert not desk.ledger.in_sync(ANNA)
    desk.want(None)
    assert desk.passes(60) == [None]


def test_a_lost_renewal_and_a_lost_end_are_sent_again(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(1)
    desk.now += 480
    desk.ledger.settle(desk.one(), Result.LATER)
    assert desk.passes(2) == [CALL]
    assert desk.written[-1][1].since is None, "its lag is long measured"
    desk.want(None)
    desk.now += 1
    desk.ledger.settle(desk.one(), Result.LATER)
    assert desk.passes(2) == [None]


def test_waits_grow_to_half_a_minute_and_begin_anew_after_success(desk: Desk) -> None:
    desk.want(CALL)
    waits = []
    for _ in range(10):
        desk.ledger.settle(desk.one(), Result.LATER, undone=True)
        waits.append(desk.ledger.next_due() or 0.0)
        desk.now += waits[-1]
    assert all(low <= wait <= low * 1.5 for low, wait in zip([1, 2, 4, 8, 16, *[30] * 5], waits, strict=True))
    assert desk.done() == [CALL]
    desk.want(DND)
    desk.now += 1
    desk.ledger.settle(desk.one(), Result.LATER, undone=True)
    assert 1 <= (desk.ledger.next_due() or 0) <= 1.5


def test_whom_graph_refuses_is_asked_about_every_few_minutes_at_last(desk: Desk) -> None:
    desk.want(CALL)
    for _ in range(12):
        desk.ledger.settle(desk.one(), Result.REFUSED)
        desk.now += desk.ledger.next_due() or 0.0
    desk.ledger.settle(desk.one(), Result.REFUSED)
    assert 300 <= (desk.ledger.next_due() or 0) <= 450


def test_an_end_that_graph_does_not_take_for_an_expiry_needs_none(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(60)
    desk.want(None)
    desk.now += 1
    desk.ledger.settle(desk.one(), Result.LATER, 700)
    assert desk.passes(1200) == []
    assert (desk.ledger._people, desk.ledger.over(), desk.ledger.backlog) == ({}, {ANNA}, 0)


def test_a_call_that_outlasts_an_outage_is_begun_anew(desk: Desk) -> None:
    desk.want(CALL)
    desk.passes(1)
    desk.now += 480
    desk.ledger.settle(desk.one(), Result.LATER, 700)
    desk.now += 690
    assert not desk.ledger.in_sync(ANNA), "Teams shows it no more"
    assert desk.passes(20) == [CALL]
    assert not desk.written[-1][1].renewal


def test_what_an_earlier_life_left_is_renewed_within_a_minute_or_ended(desk: Desk) -> None:
    for number in range(5000):
        desk.ledger.remember(str(number), CALL)
    assert desk.ledger.take(20) == [], "nothing is known yet"
    for number in range(5000):
        desk.ledger.want(str(number), CALL)
    assert desk.ledger.backlog == 0, "it is right already, as far as anybody knows"
    desk.passes(60)
    seconds = [int(at) for at, _ in desk.written]
    assert len(seconds) == 5000
    assert max(map(seconds.count, range(5000, 5060))) < 130
    desk.ledger.remember(ANNA, DND)
    desk.want(None)
    desk.passes(1)
    assert [write.shown for _, write in desk.written if write.object_id == ANNA] == [None]


def test_what_an_earlier_life_left_and_nobody_speaks_of_counts_as_over_in_time(desk: Desk) -> None:
    desk.ledger.remember(ANNA, CALL)
    assert desk.passes(700) == []
    assert (desk.ledger.over(), desk.ledger._people) == ({ANNA}, {})


def test_what_has_just_happened_comes_before_a_start_of_thousands_which_goes_on(desk: Desk) -> None:
    for number in range(5000):
        desk.ledger.want(str(number), CALL)
    desk.now += 30
    for number in range(5000, 5100):
        desk.want(CALL, str(number))
    taken = desk.take(20)
    fresh = [write for write in taken if write.since is not None]
    assert len(fresh) == 15
    assert len(taken) == 20
    assert desk.ledger.backlog == 5100


def test_what_nobody_has_just_done_goes_on_even_where_one_is_taken_at_a_time(desk: Desk) -> None:
    for number in range(100):
        desk.ledger.want(str(number), CALL)
    for number in range(100, 200):
        desk.want(CALL, str(number))
    taken = [write for _ in range(20) for write in desk.take(1)]
    assert len(taken) == 20
    assert sum(write.since is None for write in taken) == 5


def test_the_oldest_goes_first(desk: Desk) -> None:
    for number in range(30):
        desk.want(CALL, str(number))
        desk.now += 0.01
    assert [int(write.object_id) for write in desk.take(20)] == list(range(20))


def test_a_person_who_changes_a_million_times_takes_no_more_memory(desk: Desk) -> None:
    desk.want(CALL)
    desk.done()
    for turn in range(20_000):
        desk.now += 0.001
        desk.want(AWAY if turn % 2 else DND)
    assert len(desk.ledger._fresh) + len(desk.ledger._rest) < 200
