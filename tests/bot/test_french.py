"""The bot in French."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.commands import Command, Intent, understand
from cloudlink.port import CallKind
from tests.bot.conftest import texts_of

if TYPE_CHECKING:
    from tests.bot.conftest import Chat
    from tests.fakes.connector import FakeConnector


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("journal des appels", Command(Intent.CALL_LOG)),
        ("Journal des Appels manqués", Command(Intent.CALL_LOG, CallKind.MISSED)),
        ("appels manques", Command(Intent.CALL_LOG, CallKind.MISSED)),
        ("appels entrants", Command(Intent.CALL_LOG, CallKind.INCOMING)),
        ("appels sortants", Command(Intent.CALL_LOG, CallKind.OUTGOING)),
        ("APPELER Accueil", Command(Intent.CALL, argument="Accueil")),
        ("se connecter", Command(Intent.SIGN_IN)),
        ("Se de\u0301connecter", Command(Intent.SIGN_OUT)),
        ("aide", Command(Intent.HELP)),
    ],
)
def test_french_is_understood(text: str, command: Command) -> None:
    assert understand(text) == command


async def test_answers_in_the_language_of_the_client(chat: Chat, teams: FakeConnector) -> None:
    await chat.write("aide", locale="fr-FR")

    assert "journal des appels" in texts_of(teams.taken[0].card)
