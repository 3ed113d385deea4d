"""From the PBX to Teams: a call rings at the front desk, nobody answers, and a card stands in the chat."""

from __future__ import annotations

import time
from statistics import median, quantiles
from typing import TYPE_CHECKING

from aiohttp import ClientSession

from store.directory import Directory
from tests.bot.conftest import APP_ID, Chat, texts_of
from tests.fakes.connector import fake_connector
from tests.scenarios.conftest import EMAIL, running

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from composition.settings import ServerSettings

SOON_S = 5.0
CALLS = 40


async def test_a_missed_call_is_a_card_within_five_seconds(
    server_settings: ServerSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = server_settings.model_copy(update={"app_id": APP_ID})
    async with (
        fake_connector() as teams,
        running(settings, tmp_path, unauthenticated=True) as company,
        ClientSession() as http,
    ):
        chat = Chat(http, f"{company.url}/api/messages", teams.url)
        parts = company.server._parts
        (found,) = await Directory(parts.database, parts.now).users_by_email(EMAIL)
        await Directory(parts.database, parts.now).connect(chat.user, found[0].principal)
        await chat.write("help")

        took = []
        for number in range(CALLS):
            before = len(teams.taken)
            call = company.pbx.ring(f"+3319900{number:04}", "201", f"Supplier {number}")
            ended = time.monotonic()
            call.far_end_hangs_up()
            (*_, sent) = await teams.wait_for(before + 1)
            took.append(sent.at - ended)
            assert f"Supplier {number}" in texts_of(sent.card)

    assert max(took) < SOON_S
    with capsys.disabled():
        shown = f"p50 {median(took) * 1000:.0f} ms, p99 {quantiles(took, n=100)[98] * 1000:.0f} ms"
        print(f"\nfrom the PBX's event to the card at Teams' connector, {CALLS} calls: {shown}")  # noqa: T201
