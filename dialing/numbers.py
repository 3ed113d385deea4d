"""From what a PBX shows or a person types to what can be dialled."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_LONGEST = 40
# Hyphens and dashes, the zero-width and direction marks that come with copied text, and the usual separators.
_SEPARATORS = re.compile(r"[\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\u2212\ufeff().\-/]+")
_DIALABLE = re.compile(r"\+?[0-9]+|[0-9*#]*[*#][0-9*#]*", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_E164_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}", re.ASCII)
_LONGEST_CODE = 4


class DialPlan(Protocol):
    """What an account says about its numbers.

    ``region`` is an ISO 3166 country code. Up to ``max_extension_digits`` digits are an extension. ``ios_uri_template``
    is empty or holds one ``{number}``. ``barred_prefixes`` are E.164 prefixes, or digits of what is dialled unchanged.
    """

    @property
    def region(self) -> str: ...
    @property
    def max_extension_digits(self) -> int: ...
    @property
    def ios_uri_template(self) -> str: ...
    @property
    def barred_prefixes(self) -> tuple[str, ...]: ...


class NumberError(ValueError):
    """Nothing that may be dialled. Its text never holds the number, so it may be logged."""


class NotANumber(NumberError):
    """Neither an extension, nor a service code, nor a number that is possible where the account is."""


class Barred(NumberError):
    """The account does not allow it."""


class BadPrefix(ValueError):
    """The account cannot bar by this prefix; the text says why."""


class Kind(StrEnum):
    """How a number is written."""

    E164 = "e164"
    EXTENSION = "extension"
    SERVICE_CODE = "serviceCode"


@dataclass(frozen=True, slots=True)
class Number:
    """``dialled`` is ``+33199001234``, ``2105`` or ``*21*2105#``; ``shown`` is the same for people to read."""

    dialled: str
    shown: str
    kind: Kind


def normalise(raw: str, plan: DialPlan) -> Number:
    """What ``raw`` dials for the account. Raises ``NotANumber`` and ``Barred``."""
    number = _read(_plain(raw), plan)
    if _is_barred(number, plan):
        raise Barred("the account bars this number")
    return number


def clean_prefix(raw: str, plan: DialPlan) -> str:
    """The barred prefix that ``raw`` means, without separators. Raises ``BadPrefix`` for one that would bar nothing.

    A national form would: numbers are compared in E.164, and only extensions and service codes as they are typed.
    """
    try:
        plain = _plain(raw)
    except NotANumber:
        raise BadPrefix("must be a prefix in E.164 form, such as +33899, or digits, * and #") from None
    if "(0)" in raw or plain.startswith("0"):
        raise BadPrefix("must be in E.164 form, such as +33899: plus, country code, and no 0 or 00 before")
    if plain.startswith("+"):
        known = _E164_PREFIX.fullmatch(plain) is not None
    else:
        known = "*" in plain or "#" in plain or len(plain) <= plan.max_extension_digits
    if not known:
        raise BadPrefix("must be in E.164 form, such as +33899, unless it is the beginning of an extension or a code")
    return plain


def _plain(raw: str) -> str:
    """Digits of every script as ASCII, without separators."""
    if len(raw) > _LONGEST:
        raise NotANumber("too long for a number")
    digits = "".join(str(unicodedata.digit(char, char)) for char in unicodedata.normalize("NFKC", raw))
    plain = _SEPARATORS.sub("", digits)
    if not _DIALABLE.fullmatch(plain):
        raise NotANumber("other characters than those of a number")
    return plain


def _read(plain: str, plan: DialPlan) -> Number:
    if "*" in plain or "#" in plain:
        return Number(plain, plain, Kind.SERVICE_CODE)
    if not plain.startswith("+") and len(plain) <= plan.max_extension_digits:
        return Number(plain, plain, Kind.EXTENSION)
    return _e164(plain, plan.region)


def _e164(plain: str, region: str) -> Number:
    import phonenumbers  # noqa: PLC0415 - its metadata is only needed once somebody calls

    try:
        parsed = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        raise NotANumber("no telephone number") from None
    # Possible, not valid: numbering plans grow faster than the library, and the PBX has the last word.
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise NotANumber("no possible length of a telephone number")
    dialled, shown = (
        phonenumbers.format_number(parsed, form)
        for form in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    )
    return Number(dialled, shown, Kind.E164)


def _is_barred(number: Number, plan: DialPlan) -> bool:
    if not plan.barred_prefixes:
        return False
    dialled = [number.dialled]
    if number.kind is Kind.EXTENSION and number.dialled.startswith("0"):
        # Few digits, of which a PBX may take the first for an outside line.
        dialled.append(number.dialled.lstrip("0"))
    if number.kind is Kind.SERVICE_CODE:
        # A code can carry a number, as when it withholds the caller (#31#…) or diverts to it (*21*…#).
        dialled += [each for digits in _DIGITS.findall(number.dialled) for each in _carried(digits, plan)]
    return any(each.startswith(plan.barred_prefixes) for each in dialled)


def _carried(digits: str, plan: DialPlan) -> list[str]:
    """The digits, and what a PBX may dial of them: it can take the first few as a code, as in ``*310199001234``."""
    carried = [digits]
    for start in range(min(_LONGEST_CODE + 1, len(digits))):
        with suppress(NotANumber):
            carried.append(_read(digits[start:], plan).dialled)
    return carried
