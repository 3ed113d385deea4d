"""What calls add up to, by somebody's clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.statistics import Contact, Count, Period, Statistics, of_period, statistics
from tests.cloudlink.conftest import inbound, outbound

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People, Record

PARIS = ZoneInfo("Europe/Paris")


def test_counts_each_call_by_its_fate_hour_and_weekday() -> None:
    """2 March 2026 is a Monday; at 23:30 in London it is Tuesday in Paris."""
    calls = [
        replace(inbound("night", answered=False), created_on=datetime(2026, 3, 2, 23, 30, tzinfo=UTC)),
        replace(outbound("unanswered", 3), completed=False),
        outbound("made", 2),
        inbound("answered", 1),
    ]
    figures = statistics(calls, PARIS)
    assert figures.count == Count(answered=1, missed=1, made=1, unanswered=1)
    assert (figures.count.incoming, figures.count.outgoing, figures.count.total) == (2, 2, 4)
    assert {hour: count.total for hour, count in enumerate(figures.hours) if count.total} == {0: 1, 10: 3}
    assert [count.total for count in figures.weekdays] == [3, 1, 0, 0, 0, 0, 0]
    assert (figures.talked, figures.oldest) == (60.0, calls[-1].created_on)


def test_waits_are_those_of_callers_and_the_longest_come_first() -> None:
    calls = [replace(inbound(f"c{ring}"), ring_time=float(ring)) for ring in (3, 0, 60, 8, 9, 10, 11)]
    calls.append(replace(outbound("made"), ring_time=100.0))
    assert [call.ring_time for call in statistics(calls, UTC).waits] == [60.0, 11.0, 10.0, 9.0, 8.0]


def test_contacts_are_numbers_with_the_newest_name_and_nobody_is_none() -> None:
    calls = [
        inbound("c5", 5),
        replace(inbound("c4", 4), from_name="Supplier"),
        replace(inbound("c3", 3), from_name="Old name"),
        outbound("c2", 2),
        inbound("c1", 1, caller=None),
    ]
    assert statistics(calls, UTC).contacts == [
        Contact("+33199000001", "Supplier", 3, 180.0),
        Contact("+33199000002", None, 1, 0.0),
    ]


def test_of_no_calls_there_are_no_figures() -> None:
    assert statistics([], UTC) == Statistics(waits=[], contacts=[])


@pytest.mark.parametrize(
    ("now", "since"),
    [
        # Summer time begins on 29 March: the period begins at midnight of the clocks all the same.
        (datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 3, 25, 23, tzinfo=UTC)),
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), datetime(2026, 2, 24, 23, tzinfo=UTC)),
    ],
)
def test_a_week_is_seven_days_with_today(now: datetime, since: datetime) -> None:
    assert Period.WEEK.since(now, PARIS) == since
    assert Period.ALL.since(now, PARIS) is None


async def test_counts_the_period_and_says_when_it_stopped_counting(
    database: Database, people: People, record: Record
) -> None:
    for number in range(230):
        await record(people.desk, inbound(f"c{number:03}", number))
    await record(people.desk, replace(inbound("old"), created_on=datetime(2026, 1, 2, tzinfo=UTC)))
    await record(people.stranger, inbound("theirs"))
    cloudlink, who, now = EmbeddedCloudLink(database), people.desk.principal, datetime(2026, 3, 2, 20, tzinfo=UTC)

    month = await of_period(cloudlink, who, Period.MONTH, now, UTC)
    assert (month.count.total, month.cut) == (230, False)
    whole = await of_period(cloudlink, who, Period.ALL, now, UTC, most=231)
    assert (whole.count.total, whole.cut) == (231, False)
    some = await of_period(cloudlink, who, Period.ALL, now, UTC, most=200)
    assert (some.count.total, some.cut) == (200, True)
