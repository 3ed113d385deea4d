"""A file may use the console's own words in every language, so that a corrected report is uploaded as it was."""

from __future__ import annotations

import csv
import io

import pytest

from cloudlink.model import Role
from cloudlink.service.administration.import_check import to_user
from cloudlink.service.administration.table_file import TableFile
from cloudlink.service.administration.table_words import HEADERS
from i18n import Translator
from i18n.catalogues import LOCALES, SOURCE_LANGUAGE, load
from tabs.console.sentences import FIELDS, ROLES

VOICES = [
    Translator(language, language, load(language))
    for language in (SOURCE_LANGUAGE, *(folder.name for folder in LOCALES.iterdir()))
]
LANGUAGES = [voice.language for voice in VOICES]


@pytest.mark.parametrize("say", VOICES, ids=LANGUAGES)
def test_every_column_is_understood_by_the_name_that_the_console_gives_it(say: Translator) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([[FIELDS[name](say) for name in HEADERS], HEADERS])

    assert [line.values for line in TableFile(text.getvalue().encode()).lines()] == [{name: name for name in HEADERS}]


@pytest.mark.parametrize("role", [Role.USER, Role.ACCOUNT_ADMIN, Role.PARTNER_ADMIN])
@pytest.mark.parametrize("say", VOICES, ids=LANGUAGES)
def test_every_role_is_understood_by_the_name_that_the_console_gives_it(say: Translator, role: Role) -> None:
    values = {"given_name": "Anna", "family_name": "Example", "email": "anna@example.com", "role": ROLES[role](say)}

    assert to_user(values).role == role
