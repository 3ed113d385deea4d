"""Telephone numbers taken out of a text: enough stays to see what kind of number it was, not whose.

What ``phonenumbers`` finds in the region is masked, and what looks like a number although no plan has it: a ``+`` or a
``0`` with at least seven more digits, or seven digits in a row. Extensions, dates, times and short codes stay: support
needs them, and nobody outside can call them.
"""

from __future__ import annotations

import re

_HIDDEN = "•"
_HIDDEN_DIGITS = 4
# What people, and texts that were copied, put between digits: also marks that are not seen.
_BETWEEN = r"[ \t\u00a0\u202f.()/\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad]{0,3}"
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d\b")
# Not in the midst of a date, a version or an address of the internet.
_LOOKS_LIKE_ONE = re.compile(
    rf"(?<!\w)(?<!\d[./:-]) (?:[+\uff0b]{_BETWEEN}\d|0) (?:{_BETWEEN}\d){{7,17}} (?!\d) | \d{{7,}}", re.VERBOSE
)
_DIGIT = re.compile(r"\d")


def redact(text: str, region: str) -> str:
    """The text with the last four digits of each number as ``•``. ``region`` is ISO 3166, for national numbers."""
    letters = list(text)
    for start, end in (*_plausible(text, region), *(match.span() for match in _LOOKS_LIKE_ONE.finditer(text))):
        if _DATE.match(text, start):
            continue
        places = [place for place in range(start, end) if _DIGIT.match(text[place])]
        for place in places[-_HIDDEN_DIGITS:]:
            letters[place] = _HIDDEN
    return "".join(letters)


def _plausible(text: str, region: str) -> list[tuple[int, int]]:
    from phonenumbers import PhoneNumberMatcher  # noqa: PLC0415 - the plans of all countries can wait until then

    return [(match.start, match.end) for match in PhoneNumberMatcher(text, region.upper())]
