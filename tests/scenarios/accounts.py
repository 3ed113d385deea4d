"""The whole service as an operator runs it, and what stands around it: Teams, Entra ID, Graph, mail, and a PBX."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession
from playwright.async_api import expect

from cloudlink.administration.accounts import NewAccount
from cloudlink.model import DialSettings, Role
from cloudlink.service.provision import known_as
from composition.processes import Processes
from composition.server import Server
from composition.settings import ServerSettings
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from tests.bot.conftest import APP_ID, TENANT, Chat, actions_of
from tests.fakes.bot_framework import bot_framework
from tests.fakes.connector import fake_connector
from tests.fakes.entra import Tenant, entra
from tests.fakes.graph import fake_graph
from tests.fakes.smtp import PostOffice
from tests.scenarios.conftest import PASSWORD, ROOT, Recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    import pytest
    from aiosmtpd.smtp import SMTP, Envelope, Session
    from playwright.async_api import Browser, Page

    from tests.fakes.bot_framework import BotFramework
    from tests.fakes.connector import FakeConnector
    from tests.fakes.entra import Entra
    from tests.fakes.graph import FakeGraph

SECRET = "the bot's secret"
PARTNER_EMAIL = "paula.partner@example.com"
ADMIN_EMAIL = "ada.admin@example.com"
LATER = 30.0
"""Seconds in which whatever a journey waits for has happened on a slow machine."""


@dataclass
class Mailboxes(PostOffice):
    """Everybody's mail."""

    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        async with self.arrived:
            self.arrived.notify_all()
        return answer

    async def welcome_link(self, email: str) -> str:
        """The link of the welcome mail to that address, once it has come."""
        async with asyncio.timeout(LATER), self.arrived:
            await self.arrived.wait_for(lambda: email in self.recipients)
        (letter,) = (each for each, to in zip(self.received, self.recipients, strict=True) if to == email)
        assert letter["Subject"] == "Welcome to Mitel Assistant"
        body = letter.get_body(("plain",))
        assert body is not None
        found = re.search(r"http://\S+/password/\S+", body.get_content())
        assert found is not None
        return found[0]


class Teams:
    """One person's chat with the bot of one server."""

    def __init__(self, chat: Chat, connector: FakeConnector) -> None:
        self._chat = chat
        self._connector = connector

    async def answer(self, text: str) -> dict[str, Any]:
        """The card that the bot answers."""
        before = len(self._connector.taken)
        await self._chat.write(text)
        return (await self._connector.wait_for(before + 1))[before].card

    async def sign_in_address(self) -> str:
        """Where the button of the bot's sign-in card leads."""
        (button,) = actions_of(await self.answer("call log"))
        address: str = button["data"]["msteams"]["value"]
        return address

    async def complete(self, code: str) -> dict[str, Any]:
        """The call log with which the bot answers the code of the sign-in page."""
        before = len(self._connector.taken)
        answer = await self._chat.invoke("signin/verifyState", {"state": code})
        assert answer.status == 200
        return (await self._connector.wait_for(before + 2))[before + 1].card


@dataclass
class Site:
    """A server at work, what it speaks to, and a PBX. ``account_id`` is that of ``customer``."""

    server: Server
    settings: ServerSettings
    pbx: Simulator
    recorded: Recorded
    mailboxes: Mailboxes
    entra: Entra
    graph: FakeGraph
    issuer: BotFramework
    connector: FakeConnector
    folder: Path
    processes: Processes
    stack: AsyncExitStack
    account_id: str = ""

    @property
    def url(self) -> str:
        return self.settings.public_url

    async def teams(self, person: str, server_url: str = "") -> Teams:
        """Somebody's Teams in front of this server's bot, or another's."""
        token = self.issuer.token(APP_ID, self.connector.url)
        http = await self.stack.enter_async_context(ClientSession(headers={"Authorization": f"Bearer {token}"}))
        bot = f"{server_url or self.url}/api/messages"
        chat = Chat(http, bot, self.connector.url, user_id=f"29:{person}", conversation_id=f"a:{person}")
        return Teams(chat, self.connector)

    async def customer(self) -> None:
        """An account with its administrator, made by the operator: where a journey does not begin with the partner."""
        new = NewAccount("Example Hotel", "en-GB", "Europe/Paris", dialing=DialSettings(region="FR"))
        self.account_id = (await self.server.provisioning.create_account(new)).account_id
        admin = known_as("Ada Admin", ADMIN_EMAIL, password=PASSWORD, role=Role.ACCOUNT_ADMIN)
        await self.server.provisioning.create_user(self.account_id, admin)

    async def start_gateway(self, code: str) -> None:
        """Pairs a gateway beside the PBX, as the console says, and leaves it running."""
        environment = {
            **os.environ,
            "CSTA_HOST": "127.0.0.1",
            "CSTA_PORT": str(self.pbx.port),
            "GATEWAY_CLOUDLINK_URL": self.url,
            "GATEWAY_SPOOL": str(self.folder / "spool.db"),
        }
        command = [sys.executable, str(ROOT / "app.py"), "gateway"]
        pairing = await asyncio.create_subprocess_exec(
            *command, "pair", code, env=environment, cwd=self.folder, stdout=asyncio.subprocess.DEVNULL
        )
        assert await pairing.wait() == 0
        log = self.folder / "gateway.log"
        await self.processes.start("gateway", command, environment=environment, folder=self.folder, log=log)

    async def monitored(self, extension: str) -> None:
        """Returns once the PBX tells the gateway of this extension's calls."""
        async with asyncio.timeout(LATER):
            await self.pbx.monitored(extension)

    async def call(self, extension: str, name: str) -> None:
        """An outside call that is answered; returns when its record stands in CloudLink."""
        call = self.pbx.ring("+33199001234", extension, name)
        call.answer()
        call.far_end_hangs_up()
        await self.recorded(1)


async def add_partner(environment: Mapping[str, str], folder: Path) -> None:
    """As the README tells an operator, before the server has ever run."""
    command = (sys.executable, str(ROOT / "app.py"), "partner", "Example Partner", PARTNER_EMAIL)
    process = await asyncio.create_subprocess_exec(
        *command, "--administrator", "Paula Partner", env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    assert b"welcome link http" in printed


@asynccontextmanager
async def running_site(
    settings: ServerSettings, folder: Path, monkeypatch: pytest.MonkeyPatch, **more: object
) -> AsyncIterator[Site]:
    """The server with a partner in it; ``more`` are settings that differ."""
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(bot_framework())
        connector = await stack.enter_async_context(fake_connector())
        identity = stack.enter_context(entra(folder, APP_ID, SECRET, Tenant(TENANT)))
        for name, value in identity.environment.items():
            monkeypatch.setenv(name, value)
        url = settings.public_url
        identity.redirect_uris |= {f"{url}/auth/entra/return", f"{url}/auth/consent/return"}
        graph = await stack.enter_async_context(fake_graph(identity))
        mailboxes = await stack.enter_async_context(Mailboxes())
        around: dict[str, Any] = {
            "app_id": APP_ID,
            "app_password": SECRET,
            "app_tenant_id": TENANT,
            "bot_metadata_url": issuer.metadata_url,
            "bot_service_hosts": "127.0.0.1",
            "entra_url": identity.url,
            "graph_url": graph.url,
            "smtp_host": "127.0.0.1",
            "smtp_port": mailboxes.port,
            "smtp_security": "none",
            "mail_from": "Mitel Assistant <no-reply@example.com>",
        }
        chosen = ServerSettings(**settings.model_dump(exclude_unset=True) | around | more)
        environment = {**os.environ, "DATABASE_URL": settings.database_url, "PUBLIC_URL": url}
        await add_partner(environment, folder)
        pbx = await stack.enter_async_context(Simulator(SimulatorSettings(port=0)))
        server = await stack.enter_async_context(Server(chosen))
        await server.opened()
        recorded = await stack.enter_async_context(Recorded(server.outbox))
        processes = await stack.enter_async_context(Processes())
        around_it = (mailboxes, identity, graph, issuer, connector)
        yield Site(server, chosen, pbx, recorded, *around_it, folder, processes, stack)


@asynccontextmanager
async def window(browser: Browser) -> AsyncIterator[Page]:
    """One person's browser, which trusts Entra ID's stand-in."""
    context = await browser.new_context(
        locale="en-GB", ignore_https_errors=True, viewport={"width": 1280, "height": 800}
    )
    page = await context.new_page()
    page.set_default_timeout(LATER * 1000)
    yield page
    await context.close()


async def choose_password(page: Page, link: str) -> None:
    """Follows the link of a welcome mail to its end."""
    await page.goto(link)
    await expect(page.get_by_role("heading")).to_have_text("Finish building your account")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Complete").click()
    await expect(page.get_by_role("heading")).to_have_text("Your password is set")


async def open_console(page: Page, url: str, email: str) -> None:
    """Signs in to the console."""
    await page.goto(f"{url}/console")
    await type_credentials(page, email)
    await expect(page.locator("header.bar")).to_be_visible()


async def type_credentials(page: Page, email: str) -> None:
    """Into the page that asks for them."""
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def sign_in_from_teams(page: Page, teams: Teams, email: str) -> dict[str, Any]:
    """Through the window that Teams opens, with e-mail and password; answers the call log's card."""
    await page.goto(await teams.sign_in_address())
    await type_credentials(page, email)
    return await teams.complete(await page.locator(".code").inner_text())


async def pairing_code(page: Page) -> str:
    """Of a new gateway, made in the console of the account that is open."""
    await page.get_by_role("link", name="Gateways").click()
    await page.get_by_role("link", name="New gateway").click()
    await page.get_by_label("Name", exact=True).fill("Head office")
    await page.get_by_role("button", name="Create gateway").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Pair Head office")
    return await page.locator("p.code").inner_text()
