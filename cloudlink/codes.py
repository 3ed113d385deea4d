"""Codes that people read in one place and type in another: they complete a sign-in, or pair a gateway."""

from __future__ import annotations

import secrets

# No vowels, so that no code is a word, and nothing that is read as something else: 0 O, 1 I L.
ALPHABET = "BCDFGHJKMNPQRSTVWXYZ23456789"
_GROUP = 4
_GROUPS = 2
_PAIRING_GROUPS = 4


def new_code() -> str:
    """A code to type: eight random characters of ``ALPHABET`` (38 bits), in two groups."""
    return _code(_GROUPS)


def new_pairing_code() -> str:
    """Sixteen random characters (76 bits), in four groups: an attacker may try from many places at once."""
    return _code(_PAIRING_GROUPS)


def _code(groups: int) -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(groups))


def is_code(text: str) -> bool:
    """Whether a text may be meant as a code, however it is grouped or quoted. Words of a sentence are not."""
    code = canonical(text)
    return len(code) == _GROUP * _GROUPS and set(code) <= set(ALPHABET)


def canonical(code: str) -> str:
    """A code as it is compared: people type it in any case, with or without dashes and spaces."""
    return "".join(filter(str.isalnum, code)).upper()
