"""Numbers become what can be dialled, or an error that tells the cause."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudlink.model import DialSettings
from dialing import BadPrefix, Barred, DialPlan, Kind, NotANumber, NumberError, clean_prefix, normalise

FRANCE = DialSettings(region="FR", barred_prefixes=("+33899", "3699"))
BRITAIN = DialSettings(region="GB")
AMERICA = DialSettings(region="US")


@pytest.mark.parametrize(
    ("raw", "plan", "dialled"),
    [
        ("01 99 00 12 34", FRANCE, "+33199001234"),
        ("+33 (0)1.99.00.12.34", FRANCE, "+33199001234"),
        ("0033 1 99 00 12 34", FRANCE, "+33199001234"),
        ("01\N{NO-BREAK SPACE}99\N{NARROW NO-BREAK SPACE}00\N{NON-BREAKING HYPHEN}12/34", FRANCE, "+33199001234"),
        ("\N{LEFT-TO-RIGHT EMBEDDING}+33199001234\N{POP DIRECTIONAL FORMATTING}", FRANCE, "+33199001234"),
        ("٠١٩٩٠٠١٢٣٤", FRANCE, "+33199001234"),
        ("\N{FULLWIDTH PLUS SIGN}33199001234", FRANCE, "+33199001234"),
        ("020 7946 0123", BRITAIN, "+442079460123"),
        ("(202) 555-0123", AMERICA, "+12025550123"),
        ("011 33 1 99 00 12 34", AMERICA, "+33199001234"),
        ("+44 20 7946 0123", FRANCE, "+442079460123"),
    ],
)
def test_a_number_becomes_e164_by_the_region_of_the_account(raw: str, plan: DialPlan, dialled: str) -> None:
    number = normalise(raw, plan)
    assert (number.dialled, number.kind) == (dialled, Kind.E164)


def test_a_number_is_shown_as_people_write_it() -> None:
    assert normalise("0199001234", FRANCE).shown == "+33 1 99 00 12 34"


@pytest.mark.parametrize("raw", ["1", "201", "2105", "210500", "112", "0012", " 21 05 "])
def test_an_extension_is_left_alone(raw: str) -> None:
    number = normalise(raw, FRANCE)
    assert (number.dialled, number.kind) == (raw.replace(" ", ""), Kind.EXTENSION)


def test_the_account_says_how_long_an_extension_may_be() -> None:
    short = DialSettings(region="FR", max_extension_digits=3)
    with pytest.raises(NotANumber):
        normalise("2105", short)


@pytest.mark.parametrize("raw", ["*21*2105#", "#31#0199001234", "**9", "#", "2105*"])
def test_a_service_code_is_left_alone(raw: str) -> None:
    number = normalise(raw, FRANCE)
    assert (number.dialled, number.kind) == (raw, Kind.SERVICE_CODE)


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "+", "Warehouse", "0199OO1234", "tel:0199001234", "01 99 00 12 34 ext 5", "0199001234,5", "+*21#",
        "1234567", "+999 123 456", "+33 1", "0" * 41, "+33199001234\n<script>", "²²²²²²²²²x", "1;2", "++33199001234",
    ],
)  # fmt: skip
def test_a_number_that_is_no_number_is_refused(raw: str) -> None:
    with pytest.raises(NotANumber):
        normalise(raw, FRANCE)


def test_a_number_without_its_area_is_refused() -> None:
    with pytest.raises(NotANumber):
        normalise("555-0123", AMERICA)


@pytest.mark.parametrize(
    "raw",
    [
        "0899 12 34 56",
        "+33 899 123 456",
        "0033899123456",
        "#31#0899123456",
        "*21*0899123456#",
        "3699",
        "03699",
        "#31#3699",
    ],
)
def test_a_barred_number_is_refused_however_it_is_written(raw: str) -> None:
    with pytest.raises(Barred):
        normalise(raw, FRANCE)


@pytest.mark.parametrize(
    "raw",
    [
        "*310899123456",
        "*31 0899 123 456",
        "*21 0899123456#",
        "*310033899123456",
        "*12340899123456",
        "#313699",
        "*3133899123456",
    ],
)
def test_a_code_without_a_separator_does_not_carry_a_barred_number(raw: str) -> None:
    with pytest.raises(Barred):
        normalise(raw, FRANCE)


@pytest.mark.parametrize(
    ("raw", "prefix"),
    [
        ("+33899", "+33899"),
        (" +33 8-99 ", "+33899"),
        ("+1 900", "+1900"),
        ("3699", "3699"),
        ("36 99", "3699"),
        ("*21", "*21"),
        ("#31#", "#31#"),
    ],
)
def test_a_barred_prefix_is_kept_without_separators(raw: str, prefix: str) -> None:
    assert clean_prefix(raw, FRANCE) == prefix


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "+",
        "-",
        "0899",
        "0033899",
        "00 33 899",
        "+0899",
        "+33 (0)899",
        "8991234",
        "+33abc",
        "+" + "3" * 16,
        "0" * 50,
    ],
)
def test_a_prefix_that_would_bar_nothing_or_everything_is_refused(raw: str) -> None:
    with pytest.raises(BadPrefix, match=r"E\.164"):
        clean_prefix(raw, FRANCE)


@pytest.mark.parametrize("raw", ["0199001234", "3698", "*21*0199001234#", "*310199001234", "*21*0136991234#", "899"])
def test_a_bar_does_not_reach_other_numbers(raw: str) -> None:
    assert normalise(raw, FRANCE).dialled


def test_an_error_does_not_tell_the_number() -> None:
    with pytest.raises(NumberError) as refused:
        normalise("0899123456", FRANCE)
    assert not re.search(r"\d", str(refused.value))


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_a_typed_error(raw: str) -> None:
    try:
        number = normalise(raw, FRANCE)
    except NumberError:
        return
    assert re.fullmatch(r"\+?[0-9*#]+", number.dialled)


@given(st.text(alphabet="0123456789*#+ -.()", max_size=25))
def test_what_was_normalised_is_normal(raw: str) -> None:
    try:
        number = normalise(raw, FRANCE)
    except NumberError:
        return
    assert normalise(number.dialled, FRANCE) == number
    assert normalise(number.shown, FRANCE) == number
