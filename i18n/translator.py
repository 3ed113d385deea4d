"""The voice of the assistant in one language."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from i18n import moments
from i18n.catalogues import load, match

if TYPE_CHECKING:
    from collections.abc import Sequence
    from gettext import NullTranslations


class Translator:
    """Says sentences in ``language`` (``fr``), with the formats of ``locale`` (``fr_CA``)."""

    def __init__(self, language: str, locale: str, catalogue: NullTranslations) -> None:
        self.language = language
        self.locale = locale
        self._catalogue = catalogue

    def __call__(self, sentence: str, /, **values: object) -> str:
        """The sentence in this language, its ``{name}`` fields filled in. An untranslated one stays English."""
        text = self._catalogue.gettext(sentence)
        return text.format(**values) if values else text

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The form that this language uses for ``n`` things; ``{n}`` is the number as ``number`` writes it."""
        return self._catalogue.ngettext(one, many, n).format(n=self.number(n), **values)

    def number(self, n: int) -> str:
        """A whole number with this language's mark between thousands: "4,200"."""
        return moments.number(self.locale, n)

    def percent(self, share: float) -> str:
        """A share of 1 in whole hundredths: "65%"."""
        return moments.percent(self.locale, share)

    def weekdays(self) -> Sequence[tuple[int, str]]:
        """Number (Monday is 0) and name of each weekday, beginning with the region's first: Sunday in ``en-US``."""
        return moments.weekdays(self.locale)

    def hour(self, hour: int) -> str:
        """The beginning of an hour: "14:00", "2:00 PM"."""
        return moments.time_of_day(self.locale, datetime(1970, 1, 1, hour, tzinfo=UTC))

    def when(self, moment: datetime, *, now: datetime, zone: str) -> str:
        """A past moment as seen from ``now``: "today 14:05", "Monday 14:05", "12 Mar 2025 14:05".

        Both moments are aware. ``zone`` is an IANA name; one that does not exist is read as UTC.
        """
        say = self
        local, today = (moments.in_zone(each, zone) for each in (moment, now))
        return say("{day} {time}", day=self._day(local, today), time=moments.time_of_day(self.locale, local))

    def date(self, moment: datetime, *, zone: str) -> str:
        """A day that may be far away: "12 Mar 2025". ``zone`` as in ``when``."""
        return moments.day(self.locale, moments.in_zone(moment, zone).date(), weekday=False, year=True)

    def duration(self, seconds: float) -> str:
        """Short units, the two largest: "20 sec", "3 min 20 sec", "1 hr 5 min". Less than nothing is nothing."""
        return moments.duration(self.locale, max(0, int(seconds)))

    def _day(self, local: datetime, today: datetime) -> str:
        say = self
        days_ago = (today.date() - local.date()).days
        if days_ago == 0:
            return say("today")
        if days_ago == 1:
            return say("yesterday")
        return moments.day(self.locale, local.date(), weekday=1 < days_ago < 7, year=local.year != today.year)


# Tags come from outside, so the cache has an end; a tenant's users share a handful of them.
@lru_cache(maxsize=256)
def translator(tag: str | None = None) -> Translator:
    """The translator that fits a BCP 47 tag best. Raises ``MissingCatalogue``."""
    language, region = match(tag)
    return Translator(language, moments.locale_name(language, region), load(language))
