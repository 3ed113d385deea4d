"""Notices keep within every limit that Teams sets a bot."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.notices.pace import PER_SECOND, Pace

LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
HARDLY = 1e-6


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200))
def test_one_conversation_gets_no_more_than_teams_allows(gaps: list[float]) -> None:
    now, times = 0.0, list[float]()
    pace = Pace(lambda: now)
    for gap in gaps:
        now += gap
        times.append(now + pace.take("t", "c", 3_600.0))
    for most, window in LIMITS:
        assert all(late - early >= window - HARDLY for early, late in zip(times, times[most:], strict=False))


def test_a_tenant_is_served_evenly_and_another_at_once() -> None:
    pace = Pace(lambda: 100.0)
    times = [pace.take("t", f"c{number}", 3_600.0) for number in range(100)]

    assert all(abs(late - early - 1 / PER_SECOND) < HARDLY for early, late in pairwise(times))
    assert pace.take("other", "c0", 3_600.0) == 0.0


def test_what_would_take_too_long_is_not_counted() -> None:
    pace = Pace(lambda: 0.0)
    for _ in range(60):
        pace.take("t", "c", 3_600.0)

    assert pace.take("t", "c", 5.0) > 5.0
    assert pace.take("t", "other", 3_600.0) <= 60.0
    assert pace.take("t", "c", 5.0) > 5.0
