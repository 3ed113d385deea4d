"""Teams is answered in time, and work that takes longer goes on."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import ClientSession

from bot.adapter import Deadlines
from bot.background import Background
from tests.bot.conftest import record, running_bot, texts_of
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

SOON = Deadlines(message=0.05, invoke=0.05)


async def test_a_slow_connector_does_not_keep_teams_waiting(
    chat: Chat, teams: FakeConnector, database: Database, clock: SteppedClock
) -> None:
    teams.open.clear()

    async with running_bot(database, clock, deadlines=SOON) as url, ClientSession() as http:
        await replace(chat, http=http, messages_url=url).write("help")
        assert not teams.taken

        teams.open.set()
        assert len(await teams.wait_for(1)) == 1


async def test_a_shutdown_waits_for_the_reply_that_is_on_its_way(
    chat: Chat, teams: FakeConnector, database: Database, clock: SteppedClock
) -> None:
    teams.open.clear()

    async with running_bot(database, clock, deadlines=SOON) as url, ClientSession() as http:
        await replace(chat, http=http, messages_url=url).write("help")
        asyncio.get_running_loop().call_soon(teams.open.set)

    assert len(teams.taken) == 1


async def test_a_button_that_takes_too_long_is_told_so_and_works_later(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    """The first page needs links, which wait here for a writer that is busy."""
    await record(database, company.desk, inbound("c1"))
    await signed_in.write("help")
    release = threading.Event()
    busy = asyncio.create_task(database.write(lambda _: release.wait(10)))

    async with running_bot(database, clock, deadlines=SOON) as url, ClientSession() as http:
        quick = replace(signed_in, http=http, messages_url=url)
        early = await quick.press({"verb": "callLog", "kind": "all", "cursor": None})
        release.set()
        await busy
        later = await signed_in.press({"verb": "callLog", "kind": "all", "cursor": None})

    assert early["type"] == "application/vnd.microsoft.activity.message"
    assert "longer than usual" in early["value"]
    assert "+33199000001" in texts_of(later["value"]).replace(" ", "")


async def test_work_that_never_ends_is_cancelled_when_patience_is_over() -> None:
    background = Background()
    task = background.start(asyncio.Event().wait())

    await background.drain(0.01)

    assert task.cancelled()
