"""Telephone numbers are taken out of a text, and nothing else."""

from __future__ import annotations

import pytest

from dialing import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Call +33 1 99 00 12 34 now", "Call +33 1 99 00 •• •• now"),
        ("01 99 00 12 34", "01 99 00 •• ••"),
        ("06.12.34.56.78,06-12-34-56-78", "06.12.34.••.••,06-12-34-••-••"),
        ("+49 (0)30 1234567", "+49 (0)30 123••••"),
        ("0033199001234 and 33199001234", "003319900•••• and 3319900••••"),
        ("+33\u200b1\u200b99\u200b00\u200b1234", "+33\u200b1\u200b99\u200b00\u200b••••"),
        (
            "+\u0663\u0663 \u0661 \u0669\u0669 \u0660\u0660 \u0661\u0662 \u0663\u0664",
            "+\u0663\u0663 \u0661 \u0669\u0669 \u0660\u0660 •• ••",
        ),
        ("tel:0199001234", "tel:019900••••"),
    ],
)
def test_the_last_four_digits_of_a_number_are_hidden(text: str, redacted: str) -> None:
    assert redact(text, "FR") == redacted


@pytest.mark.parametrize(
    "text",
    [
        "From extension 4021 to 201, code *21#",
        "On 2026-03-02 14:05:33, since 02.03.2026 08:00, or 02/03/2026",
        "Version 126.0.6478.127 at 192.168.100.200:8080",
        "Error 503, 1,000 calls, 15:30",
        "Nothing here",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert redact(text, "FR") == text


def test_a_national_number_is_known_by_its_region() -> None:
    assert redact("Call (202) 456-1111", "US") == "Call (202) 456-••••"
