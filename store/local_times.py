"""Hours on a person's own clocks: when they want quiet, and their next morning.

Everything goes by what the clocks show, so a night in which they are put forward or back is quiet from the same hour to
the same hour as any other. A zone that the time zone database does not know is read as UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EVERY_DAY = frozenset(range(7))
SUMMARY_TIME = time(8)
_DAY = timedelta(days=1)
# A week and the rest of a day: whoever wants quiet always is asked again then.
_DAYS_AHEAD = 9


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` until ``end`` (minutes after midnight), on the ``days`` (Monday is 0) on which they begin.

    An end that is not after the start is one of the next day.
    """

    start: int = 20 * 60
    end: int = 7 * 60
    days: frozenset[int] = EVERY_DAY

    def holds(self, moment: datetime, zone: str) -> bool:
        """Whether it is quiet at an aware moment in the IANA zone."""
        local = moment.astimezone(_zone(zone))
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        yesterday = (today - 1) % 7
        return (today in self.days and minute >= self.start) or (yesterday in self.days and minute < self.end)

    def until(self, moment: datetime, zone: str) -> datetime | None:
        """When the quiet at ``moment`` is over, in UTC; ``None`` when it is not quiet then."""
        if not self.holds(moment, zone):
            return None
        clocks, at = _zone(zone), time(self.end // 60, self.end % 60)
        first = moment.astimezone(clocks).date()
        # On the night when clocks are put back an hour comes twice: ``fold`` is its second time.
        ends = sorted(
            datetime.combine(first + days * _DAY, at, clocks).replace(fold=fold).astimezone(UTC)
            for days in range(_DAYS_AHEAD)
            for fold in (0, 1)
        )
        over = (end for end in ends if end > moment and not self.holds(end, zone))
        return next(over, ends[-1])


def next_morning(after: datetime, zone: str) -> datetime:
    """The first eight o'clock in the IANA zone that is later than ``after``, in UTC."""
    return _mornings(after, zone)[1]


def last_morning(before: datetime, zone: str) -> datetime:
    """The last eight o'clock in the IANA zone that is not later than ``before``, in UTC."""
    return _mornings(before, zone)[0]


def _mornings(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    clocks = _zone(zone)
    today = moment.astimezone(clocks).date()
    around = [datetime.combine(today + days * _DAY, SUMMARY_TIME, clocks).astimezone(UTC) for days in range(-2, 3)]
    return max(each for each in around if each <= moment), min(each for each in around if each > moment)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
