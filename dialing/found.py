"""The telephone numbers that a text mentions."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from dialing.numbers import NumberError, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dialing.numbers import DialPlan, Number

# Two digits at least, alone between spaces or at the end of a sentence. Not within a word, a time, a date, an amount, a
# decimal or a row of digits; an amount may have its sign in front or behind, with a space or without.
_ALONE = re.compile(
    r"""(?<![\w.,:;/\\+*\#%&=@$€£¥°'\u2019~^|<>-])(?<!\d[ ])(?<![$€£¥][ ])
        (?P<digits>[0-9]{2,15})
        (?![\w:/\\+*\#%&=@$€£¥°'\u2019~^|<>-])(?![.,;]\w)(?![ ][\d$€£¥%])""",
    re.VERBOSE,
)


def numbers_in(text: str, plan: DialPlan, *, most: int) -> list[Number]:
    """The first ``most`` numbers that exist where the account is, or abroad with ``+``, each once and in order.

    Extensions are left to ``lone_digits``, and numbers that the account bars are left out. A text of 28 KB that is made
    to be hard takes a second.
    """
    found: dict[str, Number] = {}
    for written in _written(text, plan):
        with suppress(NumberError):
            number = normalise(written, plan)
            found.setdefault(number.dialled, number)
        if len(found) == most:
            break
    return list(found.values())


def lone_digits(text: str, plan: DialPlan, *, most: int) -> list[str]:
    """The first ``most`` words that may be an extension: what they are, only the account's directory can say."""
    candidates = (match["digits"] for match in _ALONE.finditer(text))
    return list(dict.fromkeys(each for each in candidates if len(each) <= plan.max_extension_digits))[:most]


def _written(text: str, plan: DialPlan) -> Iterator[str]:
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number  # noqa: PLC0415 - as numbers

    # Valid, not only possible: what is merely as long as a number is most often an order or an address of a network.
    for match in PhoneNumberMatcher(text, plan.region, leniency=Leniency.VALID):
        yield format_number(match.number, PhoneNumberFormat.E164)
