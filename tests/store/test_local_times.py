"""Quiet hours and mornings go by the clocks on the wall, in every zone and on the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from store.local_times import QuietHours, last_morning, next_morning

ZONES = st.sampled_from(
    [
        "Europe/Paris",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Africa/Casablanca",
        "America/Santiago",
        "UTC",
        "Nowhere/Else",
    ]
)
SECONDS = st.integers(
    int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
)
MOMENTS = SECONDS.map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
MINUTES = st.integers(0, 24 * 60 - 1)
HOURS = st.builds(QuietHours, MINUTES, MINUTES, st.frozensets(st.integers(0, 6)))


def on_the_wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(UTC if zone.startswith("Nowhere") else ZoneInfo(zone))


@given(HOURS, MOMENTS, ZONES)
def test_it_is_quiet_when_the_clock_on_the_wall_says_so(hours: QuietHours, moment: datetime, zone: str) -> None:
    local = on_the_wall(moment, zone)
    wall = local.replace(tzinfo=None)
    spans = []
    for days_ago in (0, 1):
        date = local.date() - timedelta(days=days_ago)
        begins = datetime.combine(date, time(hours.start // 60, hours.start % 60))
        ends = datetime.combine(date, time(hours.end // 60, hours.end % 60))
        ends += timedelta(days=hours.end <= hours.start)
        spans.append(date.weekday() in hours.days and begins <= wall < ends)

    assert hours.holds(moment, zone) == any(spans)
    assert (hours.until(moment, zone) is not None) == any(spans)


@given(HOURS, MOMENTS, ZONES)
def test_it_ends_when_it_is_no_longer_quiet_and_not_much_later(hours: QuietHours, moment: datetime, zone: str) -> None:
    over = hours.until(moment, zone)
    if over is None:
        return
    assert over > moment
    always = hours.start == hours.end and len(hours.days) == 7
    assert always or not hours.holds(over, zone)
    # Where clocks are put forward over the end itself, it comes as much later.
    an_hour_before = over - timedelta(hours=1)
    assert an_hour_before <= moment or hours.holds(an_hour_before, zone)


def test_a_night_when_clocks_change_is_quiet_until_the_same_hour() -> None:
    """In 2026 clocks in Paris go forward on 29 March and back on 25 October."""
    night = QuietHours(22 * 60, 7 * 60)
    for evening, morning in (((2026, 3, 28), (5, 0)), ((2026, 10, 24), (6, 0)), ((2026, 1, 10), (6, 0))):
        begun = datetime(*evening, 23, 0, tzinfo=ZoneInfo("Europe/Paris"))
        over = night.until(begun, "Europe/Paris")
        assert over is not None
        assert (over.hour, over.minute) == morning


@given(MOMENTS, ZONES)
def test_mornings_follow_each_other_one_a_day_at_eight(moment: datetime, zone: str) -> None:
    last, coming = last_morning(moment, zone), next_morning(moment, zone)
    assert last <= moment < coming
    assert on_the_wall(coming, zone).time() == time(8)
    assert last_morning(coming, zone) == coming
    assert (on_the_wall(coming, zone).date() - on_the_wall(last, zone).date()).days == 1
    assert timedelta(hours=22) <= coming - last <= timedelta(hours=26)
