"""Every sentence of the code is in every catalogue, and says the same things there."""

from __future__ import annotations

import ast
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from i18n.catalogues import LANGUAGES, LOCALES, SOURCE_LANGUAGE, MissingCatalogue, load, match

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
# As `make messages` has them: the marks of a sentence in code and templates.
KEYWORDS = {"say": None, "plural": (1, 2)}


@cache
def extracted() -> frozenset[str]:
    """The sentences of code and templates as `make messages` finds them; a plural is known by its singular."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as configuration:
        methods, options = parse_mapping_cfg(configuration)  # type: ignore[no-untyped-call]
    found = extract_from_dir(str(ROOT), methods, options, keywords=KEYWORDS)
    return frozenset(message if isinstance(message, str) else message[0] for _, _, message, _, _ in found)


@cache
def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    """Translations by message id; several for a plural."""
    with (LOCALES / language / "LC_MESSAGES/messages.po").open("rb") as source:
        messages = [message for message in read_po(source, locale=language) if message.id]
    return {several(message.id)[0]: several(message.string) for message in messages}


def several(text: str | Iterable[str] | None) -> tuple[str, ...]:
    """Singular and plural forms alike as a tuple."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def sentences_of(source: Path) -> Iterator[str]:
    """The literals that a module gives to ``say``, by its syntax tree."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func
            name = (
                called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
            )
            if name in KEYWORDS and isinstance(node.args[0].value, str):
                yield node.args[0].value


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    translated = {sentence for sentence, forms in catalogue(language).items() if all(forms)}

    assert extracted() - translated == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_of_a_sentence_that_is_gone(language: str) -> None:
    assert catalogue(language).keys() - extracted() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_fills_in_the_same_fields(language: str) -> None:
    wrong = {
        sentence: forms
        for sentence, forms in catalogue(language).items()
        if any(fields(form) != fields(sentence) for form in forms)
    }

    assert wrong == {}


@pytest.mark.parametrize("room", ["auth", "bot", "cloudlink", "graph", "i18n", "tabs"])
def test_no_sentence_hides_where_the_extractor_does_not_look(room: str) -> None:
    """Babel passes over a sentence within an f-string."""
    said = {sentence for source in (ROOT / room).rglob("*.py") for sentence in sentences_of(source)}

    assert said - extracted() == set()


def test_the_extractor_finds_code_and_templates() -> None:
    assert {"Call log", "today", "E-mail address"} <= extracted()


def test_a_catalogue_that_is_not_compiled_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingCatalogue, match="make install"):
        load("fr", tmp_path)


@pytest.mark.parametrize(
    ("tag", "language", "region"),
    [
        ("fr", "fr", None),
        ("fr-CA", "fr", "CA"),
        ("FR_be", "fr", "BE"),
        ("en-GB", "en", "GB"),
        ("zh-Hant-TW", "en", "TW"),
        ("es-419", "es", "419"),
        ("de-DE", "de", "DE"),
        ("sv-SE", "en", "SE"),
        ("french", "en", None),
        ("../../etc/passwd", "en", None),
        ("", "en", None),
        (None, "en", None),
    ],
)
def test_a_tag_becomes_a_language_that_we_speak(tag: str | None, language: str, region: str | None) -> None:
    assert match(tag) == (language, region)
