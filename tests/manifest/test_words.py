"""The package speaks with the words of the product: commands that the bot understands, tabs by their own names."""

from __future__ import annotations

import json

import pytest

from bot.commands import understand
from i18n import LANGUAGES, translator
from manifest.document import RESERVED_TABS
from manifest.package import build_package
from manifest.texts import texts_in
from tabs.personal.navigation import TABS
from tests.manifest.test_package import SETTINGS, contents, manifest

FILES = contents(build_package(SETTINGS))
ENGLISH = dict(texts_in(manifest()))
TITLES = [path for path in ENGLISH if path.startswith("bots[0].") and path.endswith(".title")]
OWN_TABS = [
    (at, tab) for at, tab in enumerate(manifest()["staticTabs"]) if tab["entityId"] not in {*RESERVED_TABS, "console"}
]


def sentences(language: str) -> dict[str, str]:
    return ENGLISH if language == "en" else {**ENGLISH, **json.loads(FILES[f"{language}.json"])}


@pytest.mark.parametrize("path", TITLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bot_understands_each_command_in_each_language_that_it_speaks(language: str, path: str) -> None:
    meant = understand(ENGLISH[path])
    assert meant is not None
    assert understand(sentences(language)[path]) == meant


def test_every_tab_of_the_navigation_is_in_the_package() -> None:
    """Whoever adds a tab adds it to ``manifest.json``, and its name to each of ``languages``."""
    assert [tab["entityId"] for _, tab in OWN_TABS] == [tab.key for tab in TABS]
    for (_, packed), tab in zip(OWN_TABS, TABS, strict=True):
        assert packed["contentUrl"] == f"{SETTINGS.public_url}/tabs/teams/{tab.key}"
        assert packed["websiteUrl"] == f"{SETTINGS.public_url}{tab.path}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tab_has_one_name_in_the_package_and_on_its_page(language: str) -> None:
    say = translator(language)
    for (at, _), tab in zip(OWN_TABS, TABS, strict=True):
        assert sentences(language)[f"staticTabs[{at}].name"] == tab.title(say)
