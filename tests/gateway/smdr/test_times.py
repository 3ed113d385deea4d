"""The moment that a record without year and time zone means."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.smdr.parser import Parser
from gateway.smdr.times import start
from tests.gateway.smdr.writing import STANDARD, line

PARIS = ZoneInfo("Europe/Paris")


def begun(date: str, time: str, now: str, duration: str = "00:01:00", zone: ZoneInfo | None = PARIS) -> str:
    """The start as local time with its offset; ``now`` is UTC."""
    record = Parser().read(line(STANDARD, date=date, start=time, duration=duration, calling="201", called="202"))
    moment = start(record, zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert moment.tzinfo is UTC
    return moment.astimezone(zone).isoformat(timespec="minutes")


def test_a_call_of_today_is_one_of_today() -> None:
    assert begun("03/05", "13:14", "2026-03-05 12:15") == "2026-03-05T13:14+01:00"


@pytest.mark.parametrize(
    ("date", "now", "year"),
    [
        ("12/31", "2026-01-01 00:05", 2025),  # told after midnight
        ("12/31", "2025-12-31 23:59", 2025),
        ("01/01", "2025-12-31 22:30", 2026),  # the PBX's clock is ahead
        ("01/01", "2025-12-30 12:00", 2025),  # too far ahead: nearly a year old
        ("03/06", "2026-03-05 12:00", 2026),
        ("03/07", "2026-03-05 12:00", 2025),
        ("02/29", "2027-03-01 12:00", 2024),
        ("02/29", "2028-02-29 13:00", 2028),
        ("02/29", "2103-06-01 12:00", 2096),  # 2100 is no leap year
    ],
)
def test_the_year_is_the_latest_in_which_the_call_is_not_in_the_future(date: str, now: str, year: int) -> None:
    assert begun(date, "12:00", now)[:4] == str(year)


@pytest.mark.parametrize(
    ("time", "hour"),
    [("12:05a", "00:05"), ("12:05p", "12:05"), ("01:05p", "13:05"), ("11:59P", "23:59"), ("11:59A", "11:59")],
)
def test_a_clock_of_twelve_hours(time: str, hour: str) -> None:
    assert begun("03/05", time, "2026-03-06 12:00")[11:16] == hour


def test_twelve_without_a_letter_is_noon_unless_that_is_far_ahead() -> None:
    assert begun("03/05", "12:05", "2026-03-05 11:10")[11:16] == "12:05"
    assert begun("03/05", "12:05", "2026-03-05 11:00")[11:16] == "12:05"
    assert begun("03/05", "12:05", "2026-03-04 23:10")[11:16] == "00:05"


@pytest.mark.parametrize(
    ("now", "duration", "offset"),
    [
        ("2026-10-25 00:45", "00:10:00", "+02:00"),  # 02:45 in summer time, the first pass of that hour
        ("2026-10-25 01:45", "00:10:00", "+01:00"),  # 02:45 in winter time, the second
        ("2026-10-25 01:45", "01:10:00", "+02:00"),  # only a call of the first can have lasted that long
        ("2026-10-25 12:00", "00:10:00", "+01:00"),  # told late: nobody can know
    ],
)
def test_the_hour_that_comes_twice(now: str, duration: str, offset: str) -> None:
    assert begun("10/25", "02:33", now, duration) == f"2026-10-25T02:33{offset}"


def test_the_hour_that_is_left_out_is_read_as_if_the_clock_had_not_been_put_forward() -> None:
    assert begun("03/29", "02:30", "2026-03-29 01:32") == "2026-03-29T03:30+02:00"


def test_without_a_zone_the_machine_s_is_meant() -> None:
    here = datetime(2026, 3, 5, 13, 14).astimezone()
    record = Parser().read(line(STANDARD, date="03/05", start="13:14", calling="201", called="202"))
    assert start(record, None, datetime(2026, 3, 6, tzinfo=UTC)) == here
