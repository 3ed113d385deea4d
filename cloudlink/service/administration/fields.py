"""What people type, cleaned or refused: texts, e-mail addresses, numbers, languages, time zones.

Each function answers the value as it is stored, or raises ``Refused`` with the field. No text holds a control character
or a line break, so that none can add a line to a mail's header, a log or a file; nor a character that turns the
direction of writing, which makes one name look like another. The values come from JSON too, so their type is checked.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from cloudlink.administration.refusals import Reason, Refused
from i18n import is_zone

# Surrogates are half characters that no database stores.
_BAD_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BAD_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_EXTENSION = re.compile(r"[0-9*#]+", re.ASCII)
_PHONE = re.compile(r"\+?[0-9 ()./*#x-]*[0-9][0-9 ()./*#x-]*", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_LONGEST_LANGUAGE = 20
_LONGEST_NUMBER = 32
_LONGEST_EMAIL = 320


def text(value: Any, field: str, longest: int, *, required: bool = True) -> str:
    """One line without outer space, in Unicode's composed form."""
    if not isinstance(value, str):
        raise Refused(Reason.UNKNOWN_VALUE, field)
    cleaned = value.strip()
    if not cleaned:
        if required:
            raise Refused(Reason.REQUIRED, field)
        return ""
    if _BAD_CHARACTER.search(cleaned):
        raise Refused(Reason.BAD_CHARACTER, field)
    return _bounded(unicodedata.normalize("NFC", cleaned), field, longest)


def optional_text(value: Any, field: str, longest: int) -> str | None:
    """As ``text``; an empty one is ``None``."""
    return None if value is None else text(value, field, longest, required=False) or None


def lines(value: Any, field: str, longest: int) -> str:
    """A text of several lines, which may hold tabs; a line ends with a line feed."""
    if not isinstance(value, str):
        raise Refused(Reason.UNKNOWN_VALUE, field)
    cleaned = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not cleaned:
        raise Refused(Reason.REQUIRED, field)
    if _BAD_IN_LINES.search(cleaned):
        raise Refused(Reason.BAD_CHARACTER, field)
    return _bounded(cleaned, field, longest)


def email(value: Any, field: str = "email") -> str:
    """An address of the internet's mail; international ones too. Whether somebody reads it is not asked.

    ``email-validator`` judges the syntax (RFC 5321, 6531) and refuses names that no mail is delivered to over the
    internet, ``.local`` among them.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - it brings idna along

    cleaned = text(value, field, _LONGEST_EMAIL)
    try:
        return validate_email(cleaned, check_deliverability=False).normalized
    except EmailNotValidError:
        raise Refused(Reason.NOT_AN_EMAIL, field) from None


def extension(value: Any, field: str = "extension") -> str | None:
    """What is dialled inside the PBX: digits, ``*`` and ``#``."""
    cleaned = optional_text(value, field, _LONGEST_NUMBER)
    if cleaned is not None and not _EXTENSION.fullmatch(cleaned):
        raise Refused(Reason.NOT_A_NUMBER, field)
    return cleaned


def mobile(value: Any, region: str, field: str = "mobile") -> str | None:
    """A number in E.164, so that two spellings of one are the same; without ``+`` it is one of the ``region``.

    It need only be possible, since numbering plans change faster than what anybody ships of them.
    """
    from phonenumbers import (  # noqa: PLC0415 - the plans of all countries can wait until one is asked for
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        parse,
    )

    cleaned = optional_text(value, field, 2 * _LONGEST_NUMBER)
    if cleaned is None:
        return None
    try:
        number = parse(cleaned, region)
    except NumberParseException:
        raise Refused(Reason.NOT_A_NUMBER, field) from None
    if not is_possible_number(number) or number.extension:
        raise Refused(Reason.NOT_A_NUMBER, field)
    return format_number(number, PhoneNumberFormat.E164)


def phone(value: Any, field: str = "phone") -> str | None:
    """A number for people to read, kept as it is written: it may name an extension behind a switchboard."""
    cleaned = optional_text(value, field, _LONGEST_NUMBER)
    if cleaned is not None and not _PHONE.fullmatch(cleaned):
        raise Refused(Reason.NOT_A_NUMBER, field)
    return cleaned


def language(value: Any, field: str = "language_code") -> str:
    """A language tag (BCP 47) of any language: one without a catalogue is answered in English."""
    cleaned = text(value, field, _LONGEST_LANGUAGE)
    if not _LANGUAGE.fullmatch(cleaned):
        raise Refused(Reason.UNKNOWN_VALUE, field)
    return cleaned


def time_zone(value: Any, field: str = "time_zone") -> str:
    """A name of the IANA database."""
    cleaned = text(value, field, 64)
    if not is_zone(cleaned):
        raise Refused(Reason.UNKNOWN_VALUE, field)
    return cleaned


def flag(value: Any, field: str) -> bool:
    """Yes or no, and nothing that stands for it."""
    if not isinstance(value, bool):
        raise Refused(Reason.UNKNOWN_VALUE, field)
    return value


def whole_number(value: Any, field: str, least: int, most: int) -> int:
    """A number within bounds, both included."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(Reason.UNKNOWN_VALUE, field)
    return value


def one_of(value: Any, field: str, known: frozenset[str]) -> str:
    """One of the values that are known."""
    if not isinstance(value, str) or value not in known:
        raise Refused(Reason.UNKNOWN_VALUE, field)
    return value


def _bounded(value: str, field: str, longest: int) -> str:
    if len(value) > longest:
        raise Refused(Reason.TOO_LONG, field)
    return value
