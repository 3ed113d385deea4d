"""Which words a text asks for, and which a person has."""

from __future__ import annotations

import pytest

from store.people.words import asked, sort_key, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Front Desk", ["front", "desk"]),
        ("Jean-Pierre O'Brien", ["jeanpierre", "pierre", "obrien", "brien"]),
        ("STRASSE straße Ångström", ["strasse", "angstrom"]),
        ("Ефим Ёлкин", ["ефим", "елкин"]),
        ("🙂 ()", []),
    ],
)
def test_words_begin_at_spaces_and_signs(name: str, words: list[str]) -> None:
    assert words_of(name, []) == ["", *words]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("201", ["201"]),
        ("+33612345678", ["33612345678", "612345678", "0612345678"]),
        # Italy dials the zero also from abroad.
        ("+390612345678", ["390612345678", "0612345678"]),
        ("+", []),
        ("+0", ["0"]),
        ("call me", []),
    ],
)
def test_a_number_is_found_in_both_its_forms(number: str, words: list[str]) -> None:
    assert words_of("", [number]) == ["", *words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", [""]),
        ("  ", [""]),
        ("%", []),
        ("+", []),
        ("Dürr anne", ["anne", "durr"]),
        ("jean-p", ["jeanp"]),
        ("06 12", ["0612"]),
        ("+33 (6)", ["336"]),
        ("00336", ["336"]),
        ("desk 201", ["desk", "201"]),
        ("a b c d e", ["a", "b", "c", "d"]),
    ],
)
def test_a_text_asks_for_the_beginnings_of_words(text: str, words: list[str]) -> None:
    assert asked(text) == words


def test_names_are_ordered_without_case_and_accents() -> None:
    assert sorted(["zoe", "Élan", "elan b", "Œuvre"], key=sort_key) == ["Élan", "elan b", "zoe", "Œuvre"]
