"""Calls in a row become one row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.cards.repeats import group_repeats
from cloudlink.model import Call

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IN = Call("c1", "inbound", NOON, from_="+33199000011", to="201", completed=True, billing_time=65.0)
MISSED = replace(IN, completed=False, billing_time=0.0)


def earlier(call: Call, call_id: str, minutes: int) -> Call:
    return replace(call, call_id=call_id, created_on=NOON - timedelta(minutes=minutes))


def test_repeats_are_one_row_with_the_newest_time_and_link() -> None:
    calls = [MISSED, earlier(MISSED, "c2", 1), earlier(MISSED, "c3", 2)]

    (row,) = group_repeats(calls, {"c1": "https://example.com/1", "c2": "https://example.com/2"})

    assert (row.times, row.started, row.missed, row.duration_s) == (3, NOON, True, None)
    assert row.dial_url == "https://example.com/1"


def test_only_neighbours_are_repeats() -> None:
    other = replace(earlier(MISSED, "c2", 1), from_="+33199000012")

    assert [row.times for row in group_repeats([MISSED, other, earlier(MISSED, "c3", 2)], {})] == [1, 1, 1]


def test_an_answered_call_is_no_repeat_of_a_missed_one() -> None:
    rows = group_repeats([IN, earlier(MISSED, "c2", 1)], {})

    assert [(row.missed, row.duration_s) for row in rows] == [(False, 65.0), (True, None)]


def test_calling_back_is_no_repeat() -> None:
    back = replace(IN, call_id="c0", direction="outbound", from_="201", to="+33199000011")

    assert [row.direction for row in group_repeats([back, IN], {})] == ["outbound", "inbound"]


def test_withheld_numbers_are_never_taken_for_one_caller() -> None:
    withheld = replace(MISSED, from_=None)

    assert [row.number for row in group_repeats([withheld, earlier(withheld, "c2", 1)], {})] == [None, None]


def test_a_name_that_only_an_older_call_brought_is_shown() -> None:
    named = replace(earlier(IN, "c2", 1), from_name="Front Desk")

    (row,) = group_repeats([IN, named], {})

    assert row.name == "Front Desk"


def test_no_calls_are_no_rows() -> None:
    assert group_repeats([], {}) == []
