"""Sentences, moments and durations as people of a region read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from i18n import moments, translator

# A Monday; 15:05 in Paris.
NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def seen(tag: str, ago: timedelta, zone: str = "Europe/Paris") -> str:
    """With plain spaces and quotes for those of typography."""
    text = translator(tag).when(NOW - ago, now=NOW, zone=zone)
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2019", "'")


def test_a_sentence_is_said_in_the_language_with_its_values() -> None:
    assert translator("en")("Call {who}", who="Front Desk") == "Call Front Desk"
    assert translator("fr")("Call {who}", who="Front Desk") == "Appeler Front Desk"


def test_values_are_never_read_as_fields() -> None:
    assert translator("fr")("Call {who}", who="{0} {who} %s") == "Appeler {0} {who} %s"


@pytest.mark.parametrize(
    ("tag", "n", "said"),
    [("en", 0, "0 times"), ("en", 1, "1 time"), ("en", 3, "3 times"), ("fr", 0, "0 fois"), ("fr", 3, "3 fois")],
)
def test_plurals(tag: str, n: int, said: str) -> None:
    assert translator(tag).plural("{n} time", "{n} times", n) == said


@pytest.mark.parametrize(
    ("tag", "n", "said"),
    [
        ("en", 999, "999"),
        ("en", 4200, "4,200"),
        ("fr", 100_000, "100\u202f000"),
        ("fr-CH", 4200, "4\u202f200"),
        ("de-CH", 4200, "4\u2019200"),
        ("en", -4200, "-4,200"),
    ],
)
def test_numbers_have_marks_between_thousands(tag: str, n: int, said: str) -> None:
    assert translator(tag).number(n) == said


def test_plurals_write_their_number_so_too() -> None:
    assert translator("en").plural("{n} time", "{n} times", 12_000) == "12,000 times"


def test_french_counts_nothing_as_one() -> None:
    one, many = (
        "That is not the code of the sign-in page. {n} try is left.",
        "That is not the code of the sign-in page. {n} tries are left.",
    )

    assert translator("fr").plural(one, many, 0).endswith("0 essai.")
    assert translator("en").plural(one, many, 0).endswith("0 tries are left.")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en-GB", "today 15:05"),
        ("en-US", "today 3:05 PM"),
        ("de-DE", "heute, 15:05"),
        ("sv-SE", "today 15:05"),
        ("fr-FR", "aujourd'hui 15:05"),
        ("fr-CA", "aujourd'hui 15 h 05"),
    ],
)
def test_times_follow_the_region_and_words_the_language(tag: str, said: str) -> None:
    assert seen(tag, timedelta()) == said


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [
        (1, "yesterday 15:05", "hier 15:05"),
        (2, "Saturday 15:05", "samedi 15:05"),
        (6, "Tuesday 15:05", "mardi 15:05"),
        (7, "23 Feb 15:05", "23 févr. 15:05"),
        (400, "26 Jan 2025 15:05", "26 janv. 2025 15:05"),
        (-1, "3 Mar 15:05", "3 mars 15:05"),
    ],
)
def test_days_go_from_names_to_dates(days: int, english: str, french: str) -> None:
    assert seen("en-GB", timedelta(days=days)) == english
    assert seen("fr-FR", timedelta(days=days)) == french


def test_the_day_changes_at_midnight_of_the_zone() -> None:
    assert seen("en-GB", timedelta(hours=15), "Europe/Paris") == "today 00:05"
    assert seen("en-GB", timedelta(hours=15), "UTC") == "yesterday 23:05"


def test_summer_time_is_that_of_the_moment() -> None:
    july = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    assert translator("en-GB").when(july, now=july, zone="Europe/Paris") == "today 14:00"


@pytest.mark.parametrize(
    "zone", ["", "Europe", "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "x" * 5_000, "a\0b"]
)
def test_a_zone_that_does_not_exist_is_utc(zone: str) -> None:
    assert seen("en-GB", timedelta(), zone) == "today 14:05"


@pytest.mark.parametrize(
    ("seconds", "english", "french"),
    [
        (-5, "0 sec", "0 s"),
        (0.4, "0 sec", "0 s"),
        (59.9, "59 sec", "59 s"),
        (60, "1 min", "1 min"),
        (200, "3 min 20 sec", "3 min 20 s"),
        (3600, "1 hr", "1 h"),
        (3900, "1 hr 5 min", "1 h 5 min"),
        (360_000, "100 hr", "100 h"),
    ],
)
def test_durations_have_their_two_largest_units(seconds: float, english: str, french: str) -> None:
    assert translator("en-US").duration(seconds) == english
    assert translator("fr-FR").duration(seconds).replace("\u00a0", " ").replace("\u202f", " ") == french


@pytest.mark.parametrize(
    ("locale", "seconds", "written"),
    [
        ("es", 3600, "1 h"),
        ("es_MX", 7260, "2 h 1 min"),
        ("pt", 3660, "1 h 1 min"),
        ("pt_PT", 61, "1 min 1 s"),
        ("it", 3601, "1 h"),
        ("de", 3660, "1 Std. 1 Min."),
        ("nl", 3660, "1 uur 1 min"),
        ("en_AU", 3600, "1 hr"),
        ("en_AU", 7200, "2 hrs"),
    ],
)
def test_one_hour_is_as_short_as_two(locale: str, seconds: int, written: str) -> None:
    assert moments.duration(locale, seconds).replace("\u00a0", " ").replace("\u202f", " ") == written


@pytest.mark.parametrize(
    ("tag", "first", "last"),
    [
        ("en-US", (6, "Sunday"), (5, "Saturday")),
        ("en-GB", (0, "Monday"), (6, "Sunday")),
        ("fr", (0, "lundi"), (6, "dimanche")),
    ],
)
def test_a_week_begins_with_the_regions_first_day(tag: str, first: tuple[int, str], last: tuple[int, str]) -> None:
    days = translator(tag).weekdays()
    assert (days[0], days[-1], len(set(days))) == (first, last, 7)


@pytest.mark.parametrize(
    ("tag", "share", "hour"),
    [("en-US", "65%", "2:00\u202fPM"), ("en-GB", "65%", "14:00"), ("fr", "65\xa0%", "14:00")],
)
def test_shares_and_hours_are_written_as_in_the_region(tag: str, share: str, hour: str) -> None:
    say = translator(tag)
    assert (say.percent(0.654), say.hour(14)) == (share, hour)
