"""Dates, times of day, durations and numbers as a locale writes them, from the CLDR data in Babel.

Babel is imported by the functions that need it, so that a server is ready before it has read the CLDR. What Babel
answers is kept: a call log asks for the same few days and for 1,440 times of day again and again.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from datetime import date

_HOUR = 3600
_THOUSAND = 1000


def locale_name(language: str, region: str | None) -> str:
    """The CLDR locale of a language in a region (``en_DE`` exists), or the language alone where there is none."""
    from babel.localedata import exists  # noqa: PLC0415 - see above

    name = f"{language}_{region}"
    return name if region and exists(name) else language


def in_zone(moment: datetime, zone: str) -> datetime:
    """The moment on the clocks of an IANA zone; of UTC when there is no such zone."""
    return moment.astimezone(clock_of(zone))


def is_zone(name: str) -> bool:
    """Whether the time zone database knows the name; it does not know those of Windows."""
    return _known_zone(name) is not None


def clock_of(name: str) -> tzinfo:
    """The clocks of an IANA zone; UTC when there is no such zone."""
    return _known_zone(name) or UTC


@lru_cache(maxsize=1024)
def _known_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    # ValueError: not even a name ("../x"); OSError: the name of a folder ("Europe"), or one too long for the disk.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def time_of_day(locale: str, moment: datetime) -> str:
    """The moment's hour and minute: "14:05", "2:05 PM"."""
    return _time_of_day(locale, moment.hour, moment.minute)


@lru_cache(maxsize=8 * 1440)
def _time_of_day(locale: str, hour: int, minute: int) -> str:
    from babel.dates import format_time  # noqa: PLC0415 - see above

    return format_time(time(hour, minute), format="short", locale=locale)


@lru_cache(maxsize=4096)
def day(locale: str, date: date, *, weekday: bool, year: bool) -> str:
    """The day's name ("Monday"), else day and month ("12 Mar"), with the year if asked for."""
    from babel.dates import format_date, format_skeleton  # noqa: PLC0415 - see above

    if weekday:
        return format_date(date, format="EEEE", locale=locale)
    noon = datetime.combine(date, time(12))
    return format_skeleton("yMMMd" if year else "MMMd", noon, locale=locale)


@lru_cache(maxsize=4096)
def duration(locale: str, seconds: int) -> str:
    """Whole seconds in the two largest units that fit, without empty ones."""
    hours, rest = divmod(seconds, _HOUR)
    minutes, left = divmod(rest, 60)
    amounts = [(hours, "hour"), (minutes, "minute")] if hours else [(minutes, "minute"), (left, "second")]
    return " ".join(_amount(locale, n, unit) for n, unit in amounts if n) or _amount(locale, 0, "second")


def _amount(locale: str, n: int, unit: str) -> str:
    """As Babel's ``format_unit``, but for "1 h" of Spanish: CLDR leaves out forms that are as the one for several."""
    from babel.core import Locale  # noqa: PLC0415 - see above
    from babel.localedata import LocaleDataDict, load  # noqa: PLC0415

    data = LocaleDataDict(load(locale))  # type: ignore[arg-type] # the stubs of Babel disagree with themselves
    forms = data["unit_patterns"][f"duration-{unit}"]["short"]
    form: str = forms.get(Locale.parse(locale).plural_form(n), forms["other"])
    return form.format(number(locale, n))


def number(locale: str, n: int) -> str:
    """A whole number with marks between thousands; most are too small to have one."""
    if abs(n) < _THOUSAND:
        return str(n)
    from babel.numbers import format_decimal  # noqa: PLC0415 - see above

    return format_decimal(n, locale=locale)


@lru_cache(maxsize=256)
def language_name(language: str) -> str:
    """A language in its own words: "Français"."""
    from babel import Locale  # noqa: PLC0415 - see above

    return (Locale(language).get_display_name(language) or language).capitalize()


def weekdays(locale: str) -> tuple[tuple[int, str], ...]:
    """Number (Monday is 0) and name of each weekday, beginning with the locale's first."""
    from babel import Locale  # noqa: PLC0415 - see above

    found = Locale.parse(locale)
    names = found.days["stand-alone"]["wide"]
    return tuple((day, names[day]) for day in ((found.first_week_day + place) % 7 for place in range(7)))


def percent(locale: str, share: float) -> str:
    """A share of 1 in whole hundredths: "65%", "65 %"."""
    from babel.numbers import format_percent  # noqa: PLC0415 - see above

    return format_percent(share, format=None, locale=locale)
