"""What selects of the console offer: languages and time zones."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from collections.abc import Sequence

# Tags with a region, which decides formats; each language in its own words, as people look for theirs.
_LANGUAGES = (
    ("en-US", "English (United States)"),
    ("en-GB", "English (United Kingdom)"),
    ("en-CA", "English (Canada)"),
    ("fr-FR", "Français (France)"),
    ("fr-BE", "Français (Belgique)"),
    ("fr-CA", "Français (Canada)"),
    ("fr-CH", "Français (Suisse)"),
)

Options = list[tuple[str, str]]


def languages(current: str | None, *, empty: str | None = None) -> Options:
    """The languages, with the current one also when it is another; ``empty`` labels a choice of none."""
    return _options(_LANGUAGES, current, empty)


def time_zones(current: str | None, *, empty: str | None = None) -> Options:
    """The zones of places, as ``languages``."""
    return _options([(zone, zone.replace("_", " ")) for zone in _zones()], current, empty)


def _options(known: Sequence[tuple[str, str]], current: str | None, empty: str | None) -> Options:
    options = [] if empty is None else [("", empty)]
    if current and current not in dict(known):
        options.append((current, current))
    return [*options, *known]


@cache
def _zones() -> Sequence[str]:
    """Without those that only repeat others under old or technical names."""
    areas = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return ["UTC", *sorted(zone for zone in available_timezones() if zone.startswith(areas))]
