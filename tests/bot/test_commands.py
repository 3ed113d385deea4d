"""What people type, and what is understood."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bot.commands import Command, Intent, phrases, understand
from cloudlink.port import CallKind
from i18n import Translator
from i18n.catalogues import LOCALES, SOURCE_LANGUAGE, load


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("call log", Command(Intent.CALL_LOG)),
        ("  CALL   Log! ", Command(Intent.CALL_LOG)),
        ("call log missed", Command(Intent.CALL_LOG, CallKind.MISSED)),
        ("missed calls", Command(Intent.CALL_LOG, CallKind.MISSED)),
        ("call log incoming", Command(Intent.CALL_LOG, CallKind.INCOMING)),
        ("call log outgoing please", Command(Intent.CALL_LOG, CallKind.OUTGOING)),
        ("call Front Desk", Command(Intent.CALL, argument="Front Desk")),
        ("Call +44 20 7946 0123", Command(Intent.CALL, argument="+44 20 7946 0123")),
        ("call", Command(Intent.CALL)),
        ("call Logan", Command(Intent.CALL, argument="Logan")),
        ("search Front Desk", Command(Intent.SEARCH, argument="Front Desk")),
        ("find", Command(Intent.SEARCH)),
        ("Stats!", Command(Intent.STATISTICS)),
        ("statistics please", Command(Intent.STATISTICS)),
        ("Settings", Command(Intent.SETTINGS)),
        ("Sign in", Command(Intent.SIGN_IN)),
        ("sign out", Command(Intent.SIGN_OUT)),
        ("Help?", Command(Intent.HELP)),
    ],
)
def test_english(text: str, command: Command) -> None:
    assert understand(text) == command


@pytest.mark.parametrize("text", ["", "   ", "hello", "?!", "K7QM-2XWP", "recall log"])
def test_anything_else_is_no_command(text: str) -> None:
    assert understand(text) is None


def test_no_phrase_means_two_commands_in_any_two_languages() -> None:
    """All languages are understood at once, so none may take another's word, before it is switched on either."""
    meanings = defaultdict(set)
    for language in (SOURCE_LANGUAGE, *(folder.name for folder in LOCALES.iterdir())):
        for phrase, command in phrases(Translator(language, language, load(language))):
            meanings[phrase].add(command)

    assert () not in meanings
    assert {phrase: commands for phrase, commands in meanings.items() if len(commands) > 1} == {}


def test_a_command_survives_the_store() -> None:
    command = Command(Intent.CALL, argument="Front Desk")

    assert Command.from_json(command.to_json()) == command
