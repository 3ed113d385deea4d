"""The words that a person is found by, without case and accents, and those that a text asks for.

Words begin at spaces and at signs: "Jean-Pierre" is found by "jean", "jeanp", "jean-p" and "pierre". A number is found
from its first digit on, in its international and its national form.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WORD = 64
LONGEST_KEY = 100
MOST_ASKED = 4
"""Words of a text that are looked for, the longest ones; a person types no more."""
_MOST_WORDS = 32
_LONGEST_TEXT = 200
_NUMBER = re.compile(r"[+\d][\d\s().\-/]*", re.ASCII)
_NOT_DIGITS = re.compile(r"\D+", re.ASCII)


def folded_word(word: str) -> str:
    """The letters and digits of a word without case and accents, so that "Dürr" is "durr"."""
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


def sort_key(name: str) -> str:
    """What names are ordered by."""
    return " ".join(filter(None, map(folded_word, name[:_LONGEST_TEXT].split())))[:LONGEST_KEY].rstrip()


def words_of(name: str, numbers: Iterable[str]) -> list[str]:
    """All words of a person, the empty one first."""
    found = dict.fromkeys([""])
    for word in name[:_LONGEST_TEXT].split():
        found |= dict.fromkeys(_beginnings(word))
    for number in numbers:
        found |= dict.fromkeys(_number_words(number))
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in found))[:_MOST_WORDS]


def asked(text: str) -> list[str]:
    """What words of a person must begin with for the text, the longest first; none for a text of signs alone.

    The empty text asks for the empty word, which all have.
    """
    text = text.strip()[:_LONGEST_TEXT]
    if not text:
        return [""]
    words = {_digits(text)} if _NUMBER.fullmatch(text) else set(map(folded_word, text.split()))
    words = {word[:LONGEST_WORD] for word in words if word}
    return sorted(words, key=lambda word: (-len(word), word))[:MOST_ASKED]


def _beginnings(word: str) -> list[str]:
    """The word from each of its parts on."""
    parts = [folded_word(part) for part in re.split(r"[^\w]+", word)]
    return [joined for start in range(len(parts)) if parts[start] and (joined := "".join(parts[start:]))]


def _number_words(number: str) -> list[str]:
    digits = _NOT_DIGITS.sub("", number)
    if not number.startswith("+") or not digits:
        return [digits] if digits else []
    try:
        national = phonenumbers.national_significant_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return [digits]
    return [digits, national, national if national.startswith("0") else f"0{national}"]


def _digits(text: str) -> str:
    digits = _NOT_DIGITS.sub("", text)
    return digits.removeprefix("00") if digits.startswith("00") and len(digits) > 2 else digits
