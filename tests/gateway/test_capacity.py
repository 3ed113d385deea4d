"""Users and busy hour calls that a PBX model is stated for."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cloudlink.model import Call, Direction
from cloudlink.uplink import CallRecorded, LineChanged
from gateway.capacity import BusyHour, Seats, calls_in, seats

if TYPE_CHECKING:
    import pytest

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def test_whoever_is_served_stays_served_and_the_rest_follow_in_order() -> None:
    told = seats(["204", "201", "203", "202"], {"204"}, 2)
    assert told == Seats(frozenset({"204", "201"}), ("202", "203"))


def test_within_the_limit_nobody_is_surplus() -> None:
    assert seats(["201", "201", "202"], set(), 2).surplus == ()


def test_calls_of_the_last_hour_are_counted_and_those_before_are_not() -> None:
    hour = BusyHour(limit=100)
    hour.count(NOON, 3)
    hour.count(NOON + timedelta(minutes=59))
    assert hour.calls(NOON + timedelta(minutes=59)) == 4
    assert hour.calls(NOON + timedelta(minutes=60)) == 1
    assert hour.calls(NOON + timedelta(hours=2)) == 0


def test_more_calls_than_stated_are_reported_once_each_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    hour = BusyHour(limit=2)
    hour.count(NOON, 4)
    hour.count(NOON + timedelta(minutes=1))
    assert len(caplog.records) == 1
    hour.count(NOON + timedelta(hours=2))
    hour.count(NOON + timedelta(hours=2), 2)
    assert len(caplog.records) == 2


def test_a_clock_that_is_set_back_loses_no_count() -> None:
    hour = BusyHour(limit=10)
    hour.count(NOON)
    hour.count(NOON - timedelta(minutes=30))
    assert hour.calls(NOON) == 2


def test_a_call_between_two_served_extensions_is_one() -> None:
    def record(direction: Direction, from_: str, to: str, extension: str, end: datetime = NOON) -> CallRecorded:
        return CallRecorded(extension, Call("1", direction, NOON, from_=from_, to=to, end_time=end))

    facts: list[CallRecorded | LineChanged] = [
        record(Direction.OUTBOUND, "201", "202", "201"),
        record(Direction.INBOUND, "201", "202", "202"),
        record(Direction.INBOUND, "+33199001234", "202", "202"),
        LineChanged("202", NOON, state="idle"),
    ]
    assert calls_in(facts, {"201", "202"}, NOON - timedelta(hours=1)) == 2
    old = record(Direction.INBOUND, "+33199001234", "202", "202", NOON - timedelta(hours=2))
    assert calls_in([old], {"201", "202"}, NOON - timedelta(hours=1)) == 0
