"""The moment that a record means. It gives month, day and the PBX's wall clock: no year, and no time zone.

The year is the latest in which the call was not in the future, a day of grace allowed for clocks that differ: a call of
12/31 that is read on 1 January was last year's, one of 01/01 that is read on 31 December comes from a PBX whose clock
is ahead.

Two more things can be open, and the call's end decides both, since a call is told when it has ended: the latest start
whose end is not in the future is meant.

- The hour that comes twice when daylight saving time ends. A call of the first pass that the PBX kept for later is then
  taken for one of the second, an hour late: SMDR has no mark for it.
- Twelve o'clock without a letter: noon, or midnight on a clock that marks only the afternoon.

A time that does not exist, in the hour that daylight saving time leaves out, is read as if the clock had not been put
forward.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from gateway.smdr.parser import SmdrRecord

_YEAR_GRACE = timedelta(days=1)
_HOUR_GRACE = timedelta(minutes=10)
_NOON_GRACE = timedelta(hours=6)
_YEARS = 9
"""How far to look back: 29 February may be as far away as eight years."""


def start(record: SmdrRecord, zone: tzinfo | None, now: datetime) -> datetime:
    """When the call began, aware UTC. ``zone`` is the PBX's, ``None`` for this machine's."""
    lasted = timedelta(seconds=(record.duration or 0) + (record.time_to_answer or 0))
    for local in _dates(record, now):
        if _instant(local, zone) <= now + _YEAR_GRACE:
            return _likeliest(record, local, zone, now - lasted)
    # No year has this date in reach, which no calendar allows; the last one is as good as any.
    return _instant(local, zone)


def _dates(record: SmdrRecord, now: datetime) -> Iterator[datetime]:
    hour = record.hour % 12 + (12 if record.half == "p" else 0) if record.half else record.hour
    for year in range(now.year + 1, now.year + 1 - _YEARS, -1):
        try:
            yield datetime(year, record.month, record.day, hour, record.minute, record.second or 0)  # noqa: DTZ001
        except ValueError:
            continue


def _likeliest(record: SmdrRecord, local: datetime, zone: tzinfo | None, begun_by: datetime) -> datetime:
    if local.hour == 12 and not record.half and _instant(local, zone) > begun_by + _NOON_GRACE:
        local = local.replace(hour=0)
    again = _instant(local.replace(fold=1), zone)
    first = _instant(local, zone)
    return again if first < again <= begun_by + _HOUR_GRACE else first


def _instant(local: datetime, zone: tzinfo | None) -> datetime:
    aware = local.astimezone() if zone is None else local.replace(tzinfo=zone)
    return aware.astimezone(UTC)
