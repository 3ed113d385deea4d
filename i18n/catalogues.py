"""From a language tag that anybody may have sent to a language that we speak."""

from __future__ import annotations

import re
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"
SOURCE_LANGUAGE = "en"
LANGUAGES = (SOURCE_LANGUAGE, "de", "es", "fr", "it", "nl", "pt")

_TAG = re.compile(
    r"(?P<language>[A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_](?P<region>[A-Za-z]{2}|\d{3}))?(?![A-Za-z0-9])"
)


class MissingCatalogue(RuntimeError):
    """A catalogue has not been compiled; the message names the command that does it."""


def match(tag: str | None) -> tuple[str, str | None]:
    """Language and region of a BCP 47 tag: ``fr-CA`` is ``("fr", "CA")``.

    A language that we do not speak, or no tag at all, becomes English; the region is kept, for its formats.
    """
    found = _TAG.match(tag or "")
    if found is None:
        return SOURCE_LANGUAGE, None
    language = found["language"].lower()
    region = found["region"]
    return (language if language in LANGUAGES else SOURCE_LANGUAGE), region and region.upper()


def load(language: str, locales: Path = LOCALES) -> NullTranslations:
    """The compiled catalogue of one of ``LANGUAGES``. Raises ``MissingCatalogue``."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    path = locales / language / "LC_MESSAGES" / "messages.mo"
    try:
        with path.open("rb") as compiled:
            return GNUTranslations(compiled)
    except FileNotFoundError:
        raise MissingCatalogue(f"{path} is not there: run `make install`, which compiles the catalogues") from None
