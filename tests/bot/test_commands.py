"""What people type, and what is understood."""

from __future__ import annotations

import pytest

from bot.commands import Command, Intent, understand
from cloudlink.port import CallKind


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


def test_a_command_survives_the_store() -> None:
    command = Command(Intent.CALL, argument="Front Desk")

    assert Command.from_json(command.to_json()) == command
