"""A version is compared number by number; one that nobody knows warns of nothing."""

from __future__ import annotations

import pytest

from dialing import BadVersion, Need, check_version, unmet

ALL = (Need.TELEPHONY_ONLY, Need.CALL_LOG_WITH_BUSINESS, Need.IOS)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("9.5.9", ALL),
        ("9", ALL),
        ("9.6", ALL[1:]),
        ("9.6.301", ALL[1:]),
        ("9.7", ALL[2:]),
        ("9.7.9", ALL[2:]),
        ("9.7.10", ()),
        ("9.7.10.0", ()),
        ("9.10", ()),
        ("10", ()),
        ("", ()),
        ("unknown", ()),
        ("\u0669.\u0667", ()),
    ],
)
def test_what_a_version_is_too_old_for(version: str, expected: tuple[Need, ...]) -> None:
    assert unmet(version, ALL) == expected


def test_only_what_is_asked_for_is_told() -> None:
    assert unmet("9.5", [Need.IOS]) == (Need.IOS,)


@pytest.mark.parametrize("text", ["", "9", "9.7.10", "10.0.0.1"])
def test_versions(text: str) -> None:
    check_version(text)


@pytest.mark.parametrize(
    "text", ["v9.7", "9.", ".9", "9,7", "9.7 SP1", "9.7\n", "99999", "\u0669.\u0667", "1.1.1.1.1.1.1"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadVersion):
        check_version(text)
