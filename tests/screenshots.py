"""The pictures of the README: ``python -m tests.screenshots`` (``make screenshots``) takes them anew.

They are of the product itself: the server with the demo's people, Agents Playground in front of it, pages in Chromium,
each in two languages and two themes. The Playground knows one theme, so in the dark Microsoft's renderer draws a card
without it. Only the calls are made up, so that they lie on several days.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.cards import notices
from cloudlink.administration.accounts import NewAccount
from cloudlink.model import Call, DialSettings, Direction
from cloudlink.service import facts
from cloudlink.service.provision import known_as
from cloudlink.uplink import CallRecorded, LineChanged
from composition import playground
from composition.processes import Processes
from composition.server import Server
from composition.settings import ServerSettings
from i18n import translator
from store.database import open_database
from tests.browser import chromium, stop
from tests.cards.conftest import RENDERER
from tests.cards.states import CALL
from tests.lines import linked
from tests.scenarios.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Browser, Page
    from sqlalchemy import Connection

    from bot.cards import Card
    from cloudlink.model import User
    from cloudlink.uplink import AboutExtension

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
PASSWORD = "telephone-demo"
COLLEAGUES = {"202": "Warehouse", "203": "Workshop", "204": "Sales", "205": "Accounts", "206": "Reception"}
CALLERS = {
    "+33199001234": "Bakery Example",
    "+442079460123": "Print Shop Example",
    "+33199005678": None,
    "+12125550142": "Hotel Example",
    "202": "Warehouse",
    "204": "Sales",
}
LINES = {"202": "connected", "203": "ringing", "204": "idle", "205": "idle", "206": "idle"}
# Page, language, theme, name of the file.
PAGES = (
    ("/tabs/calls", "en-GB", "light", "call-log"),
    ("/tabs/calls", "fr-FR", "dark", "call-log.fr-dark"),
    ("/tabs/calls/statistics", "fr-FR", "light", "statistics.fr"),
    ("/tabs/contacts", "en-GB", "dark", "contacts.dark"),
    ("/tabs/report", "fr-FR", "dark", "report.fr-dark"),
    ("/tabs/settings", "en-GB", "light", "settings"),
)


# Teams' dark theme, as far as a card of ours shows it.
_DARK = {
    "fontFamily": "Segoe UI, sans-serif",
    "spacing": {"padding": 16, "small": 4, "default": 8, "medium": 12, "large": 16},
    "actions": {"actionsOrientation": "horizontal", "actionAlignment": "left", "buttonSpacing": 8, "maxActions": 6},
    "containerStyles": {
        "default": {
            "backgroundColor": "#292929",
            "foregroundColors": {
                "default": {"default": "#ffffff", "subtle": "#adadad"},
                "attention": {"default": "#f1707b", "subtle": "#f1707b"},
            },
        }
    },
}
_DRAW = """([json, config]) => {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(config);
  card.parse(json);
  document.body.style.cssText = "margin: 16px; background: #1f1f1f; font-family: sans-serif";
  document.body.replaceChildren(card.render());
  for (const button of document.querySelectorAll("button"))
    button.style.cssText = "padding: 6px 14px; margin-right: 8px; color: #fff; background: #292929;" +
      "border: 1px solid #666; border-radius: 4px; font: 600 14px sans-serif";
}"""


async def take() -> None:
    """Takes all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pictures-")))
        port = free_port()
        url = f"sqlite:///{folder / 'assistant.db'}"
        settings = ServerSettings(port=port, public_url=f"http://127.0.0.1:{port}", database_url=url)
        server = await stack.enter_async_context(Server(settings, unauthenticated=True))
        desk = await _people(server)
        await _telephone(url, desk)
        stack.callback(stop)
        browser = await stack.enter_async_context(chromium())
        for path, language, theme, name in PAGES:
            await _picture_of_page(browser, settings.public_url, path, language=language, theme=theme, name=name)
        await _picture_of_card(browser, notices.missed_call(CALL, translator("fr-FR")), "card-missed.fr-dark")
        processes = await stack.enter_async_context(Processes())
        await _pictures_of_chat(browser, processes, settings.public_url, folder)


async def _people(server: Server) -> User:
    """The account of the demo; answers its front desk."""
    make = server.provisioning
    dialing = DialSettings(region="FR")
    account = await make.create_account(NewAccount("Demo", "en-GB", "Europe/Paris", dialing=dialing))
    for extension, name in COLLEAGUES.items():
        await make.create_user(account.account_id, known_as(name, f"{name.lower()}@example.com", extension))
    return await make.create_user(account.account_id, known_as("Front Desk", "front.desk@example.com", "201", PASSWORD))


async def _telephone(database_url: str, desk: User) -> None:
    """Calls of the last days, and what colleagues' lines are doing."""
    database = await open_database(database_url)
    now = datetime.now(UTC)
    try:
        for fact in (*_calls(now), *(LineChanged(extension, now, state) for extension, state in LINES.items())):
            await database.write(partial(_store, desk.account_id, fact, now))
    finally:
        await database.close()


def _store(account_id: str, fact: AboutExtension, now: datetime, connection: Connection) -> None:
    facts.write(connection, account_id, [fact], now, told_by=linked(connection, account_id, now))


def _calls(now: datetime) -> Iterator[AboutExtension]:
    """Every seventh call goes out, every fourth is missed, and now and then somebody tries twice."""
    callers = list(CALLERS.items())
    for n, at in enumerate(islice(_office_hours(now), 120)):
        number, name = callers[(n // 2 if n % 9 < 2 else n) % len(callers)]
        outbound, answered = n % 7 == 3, n % 4 != 0
        there = {"to": number, "to_number_e164": number.startswith("+"), "to_name": name, "from_": "201"}
        here = {"from_": number, "from_number_e164": number.startswith("+"), "from_name": name, "to": "201"}
        yield CallRecorded(
            "201",
            Call(
                f"call-{n}",
                Direction.OUTBOUND if outbound else Direction.INBOUND,
                at,
                completed=answered,
                ring_time=3.0 + n % 11,
                billing_time=37.0 * (n % 13 + 1) if answered else 0.0,
                end_time=at,
                **(there if outbound else here),  # type: ignore[arg-type]
            ),
        )


def _office_hours(now: datetime) -> Iterator[datetime]:
    """Moments further and further back, on working days from 8 to 18 o'clock."""
    for minutes in count(7, 47):
        local = (now - timedelta(minutes=minutes + minutes % 13)).astimezone(ZoneInfo("Europe/Paris"))
        if 8 <= local.hour < 18 and local.weekday() < 5:
            yield local.astimezone(UTC)


async def _picture_of_page(browser: Browser, url: str, path: str, *, language: str, theme: str, name: str) -> None:
    context = await browser.new_context(
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id="Europe/Paris",
        viewport={"width": 920, "height": 700},
    )
    page = await context.new_page()
    await _sign_in(page, f"{url}/console/sign-in?next={path}")
    await page.wait_for_url(f"**{path}")
    await page.locator("h1").wait_for()
    await page.screenshot(path=FOLDER / f"{name}.png")
    await context.close()


async def _sign_in(page: Page, address: str) -> None:
    await page.goto(address)
    await page.locator("input[type=email]").fill("front.desk@example.com")
    await page.locator("input[type=password]").fill(PASSWORD)
    await page.locator("input[type=password]").press("Enter")


async def _picture_of_card(browser: Browser, card: Card, name: str) -> None:
    page = await browser.new_page(viewport={"width": 460, "height": 150})
    await page.add_script_tag(path=RENDERER)
    await page.evaluate(_DRAW, [card, _DARK])
    await page.screenshot(path=FOLDER / f"{name}.png")
    await page.close()


async def _pictures_of_chat(browser: Browser, processes: Processes, url: str, folder: Path) -> None:
    port = free_port()
    command = playground.command(ROOT, f"{url}/api/messages", port)
    log = folder / "playground.log"
    await processes.start("playground", command, environment=playground.environment(), folder=folder, log=log)
    await playground.wait_until_ready(port)
    context = await browser.new_context(
        locale="en-GB", timezone_id="Europe/Paris", viewport={"width": 1100, "height": 900}
    )
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{port}/")
    cards = page.locator(".ac-adaptiveCard")
    await cards.first.wait_for()
    await _write(page, "call log")
    async with context.expect_page() as opening:
        await page.locator(".ac-actionSet button").filter(has_text="Sign in").last.click()
    signing_in = await opening.value
    await _sign_in(signing_in, signing_in.url)
    code = await signing_in.locator(".code").inner_text()
    await signing_in.close()
    await _write(page, code)
    await cards.filter(has_text="Missed").last.wait_for()
    await cards.last.screenshot(path=FOLDER / "card-call-log.png")
    await context.close()


async def _write(page: Page, text: str) -> None:
    box = page.locator("div[contenteditable=true][role=textbox]")
    await box.fill(text)
    await box.press("Enter")


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(asyncio.run(take()))
