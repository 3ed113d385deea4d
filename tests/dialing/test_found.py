"""The numbers that a text mentions, and what only looks like one."""

from __future__ import annotations

import pytest

from cloudlink.model import DialSettings
from dialing import lone_digits, numbers_in

FRANCE = DialSettings(region="FR", barred_prefixes=("+33899",))
ELSEWHERE = DialSettings(region="GB", max_extension_digits=4)


def dialled(text: str, plan: DialSettings = FRANCE) -> list[str]:
    return [number.dialled for number in numbers_in(text, plan, most=10)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call 01 99 00 12 34 please", ["+33199001234"]),
        ("01.99.00.12.34, 01-99-00-12-35", ["+33199001234", "+33199001235"]),
        ("tel:+33199001234 or 0033199001234", ["+33199001234"]),
        ("London +44 20 7946 0123; Paris (01) 99 00 12 34", ["+442079460123", "+33199001234"]),
        ("Front Desk\n0199001234\n", ["+33199001234"]),
        ("\u0660\u0661\u0669\u0669\u0660\u0660\u0661\u0662\u0663\u0664", ["+33199001234"]),
        ("barred: 0899 12 34 56", []),
        ("on 2026-11-26 at 14:05 for 3 000 000 €", []),
        ("order 123456789, host 192.168.1.10, IBAN FR76 3000 6000 0112 3456 7890 189", []),
        ("", []),
        ("\u202e\u0000<script>", []),
    ],
)
def test_numbers_are_found_where_they_are_numbers(text: str, found: list[str]) -> None:
    assert dialled(text) == found


def test_a_national_number_is_one_of_where_the_account_is() -> None:
    assert dialled("020 7946 0123", ELSEWHERE) == ["+442079460123"]
    assert dialled("020 7946 0123") == []


def test_no_more_are_found_than_asked_for() -> None:
    text = "\n".join(f"01 99 00 12 {number}" for number in range(10, 50))

    assert len(numbers_in(text, FRANCE, most=10)) == 10


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ring 201", ["201"]),
        ("201", ["201"]),
        ("201, 202 or (203).", ["201", "202", "203"]),
        ("poste\u00a0201 !".replace("\u00a0", " "), ["201"]),
        ("201 and 201", ["201"]),
        ("“201”", ["201"]),
        ("1234567", []),
        ("7", []),
        ("14:05, 2026-11-26, 11/26, 3.14, 3,50, #201, @201, v201, 201b, 201_x", []),
        ("201 €, 201€, $201, € 201, 20 %, 20%, 201°, 12 34 56", []),
        ("https://example.com/201?x=202 192.168.1.10", []),
        ("*21*201#", []),
        ("\u0662\u0660\u0661", []),
    ],
)
def test_only_digits_that_stand_alone_may_be_an_extension(text: str, found: list[str]) -> None:
    assert lone_digits(text, FRANCE, most=5) == found


def test_an_extension_is_no_longer_than_the_accounts() -> None:
    assert lone_digits("1234 12345", ELSEWHERE, most=5) == []
    assert lone_digits("1234 or 12345", ELSEWHERE, most=5) == ["1234"]
    assert lone_digits("11, 12, 13, 14", ELSEWHERE, most=3) == ["11", "12", "13"]
