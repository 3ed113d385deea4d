"""The same job as an administrator sets it up and Teams speaks to it: ``serve``, with signed tokens on both sides."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import expect

from composition.processes import Processes
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from store.database import open_database
from store.outbox import Outbox
from tests.bot.conftest import APP_ID, TENANT, Chat, actions_of, texts_of
from tests.browser import chromium
from tests.fakes.bot_framework import bot_framework
from tests.fakes.connector import fake_connector
from tests.fakes.entra import Tenant, entra
from tests.scenarios.conftest import EMAIL, PASSWORD, ROOT, Recorded, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from playwright.async_api import Page

    from tests.fakes.connector import FakeConnector
    from tests.fakes.entra import Entra

pytestmark = pytest.mark.timeout(240)

SECRET = "the bot's secret"
COMMAND = [sys.executable, str(ROOT / "app.py")]


class Site:
    """What an administrator has set up, and one person's Teams client in front of it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], pbx: Simulator, connector: FakeConnector) -> None:
        self.folder = folder
        self.environment = environment
        self.pbx = pbx
        self.connector = connector
        self.url = environment["PUBLIC_URL"]
        self.recorded: Recorded
        self.chat: Chat
        self.identity: Entra

    def administer(self, *arguments: str, typed: str = "") -> str:
        """What the command line answers."""
        command = [*COMMAND, *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, input=typed, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    async def start(self, processes: Processes, name: str, environment: Mapping[str, str]) -> None:
        log = self.folder / f"{name}.log"
        await processes.start(name, [*COMMAND, name], environment=environment, folder=self.folder, log=log)

    async def ready(self) -> None:
        """Returns when ``serve`` says that it can serve."""
        async with asyncio.timeout(30), ClientSession() as http:
            while True:
                with suppress(OSError):
                    async with http.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    async def card(self, message: int) -> dict[str, Any]:
        """The card of the bot's message of that number, from 1."""
        return (await self.connector.wait_for(message))[message - 1].card


def set_up(site: Site) -> Mapping[str, str]:
    """As the README tells an administrator; answers what the gateway's process needs."""
    account = site.administer("account", "Head Office", "--region", "FR", "--time-zone", "Europe/Paris").split()[1]
    site.administer("user", account, EMAIL, "Front Desk", "--extension", "201", typed=f"{PASSWORD}\n")
    lines = site.administer("gateway-key", account).splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(bot_framework())
        connector = await stack.enter_async_context(fake_connector())
        identity = stack.enter_context(entra(tmp_path, APP_ID, SECRET, Tenant(TENANT)))
        pbx = await stack.enter_async_context(Simulator(SimulatorSettings(port=0)))
        port = free_port()
        environment = {
            **os.environ,
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'assistant.db'}",
            "APP_ID": APP_ID,
            "APP_PASSWORD": SECRET,
            "APP_TENANT_ID": TENANT,
            "BOT_METADATA_URL": issuer.metadata_url,
            "BOT_SERVICE_HOSTS": "127.0.0.1",
            "ENTRA_URL": identity.url,
            "REQUESTS_CA_BUNDLE": str(identity.certificate),
        }
        site = Site(tmp_path, environment, pbx, connector)
        site.identity = identity
        gateway = set_up(site)
        processes = await stack.enter_async_context(Processes())
        await site.start(processes, "serve", environment)
        await site.ready()
        database = await open_database(environment["DATABASE_URL"])
        stack.push_async_callback(database.close)
        site.recorded = await stack.enter_async_context(Recorded(Outbox(database)))
        peers = {"GATEWAY_CLOUDLINK_URL": site.url, "CSTA_HOST": "127.0.0.1", "CSTA_PORT": str(pbx.port)}
        await site.start(processes, "gateway", {**environment, **gateway, **peers})
        token = issuer.token(APP_ID, connector.url)
        http = await stack.enter_async_context(ClientSession(headers={"Authorization": f"Bearer {token}"}))
        site.chat = Chat(http, f"{site.url}/api/messages", connector.url)
        yield site


@pytest.fixture
async def browser_page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        yield await browser.new_page()


async def code_of(page: Page, url: str) -> str:
    """Signs in on the page that Teams would open in its own window; answers the code that it ends with."""
    await page.goto(url)
    await expect(page.get_by_role("heading")).to_contain_text("Front Desk")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    return await page.locator(".code").inner_text()


async def test_a_call_on_the_pbx_becomes_a_card_in_teams_that_dials_back(site: Site, browser_page: Page) -> None:
    async with asyncio.timeout(30):
        await site.pbx.monitored("201")
    call = site.pbx.ring("+33199001234", "201", "Supplier")
    call.answer()
    call.far_end_hangs_up()
    await site.recorded(1)

    await site.chat.write("call log")
    (button,) = actions_of(await site.card(1))
    code = await code_of(browser_page, button["data"]["msteams"]["value"])
    answer = await site.chat.invoke("signin/verifyState", {"state": code})
    assert answer.status == 200

    log = await site.card(3)
    assert "Supplier" in texts_of(log)
    assert "Incoming call" in texts_of(log)
    dial = next(action["url"] for action in actions_of(log) if action["type"] == "Action.OpenUrl")
    await browser_page.goto(dial)
    await expect(browser_page.locator("a[href^='tel:']")).to_have_attribute("href", "tel:+33199001234")
    assert {sent.authorization for sent in site.connector.taken} == {f"Bearer {site.identity.issued[0]}"}


async def test_an_unsigned_activity_is_turned_away_and_nothing_is_sent(site: Site) -> None:
    async with ClientSession() as http:
        stranger = Chat(http, site.chat.messages_url, site.connector.url)
        answer = await stranger.post(stranger.activity("message", text="call log"))
    assert answer.status == 401
    assert site.connector.requests == []
