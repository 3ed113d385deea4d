"""The main job as its user sees it, in a real browser: Agents Playground in front, a PBX on a socket behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from composition import playground
from composition.processes import Processes
from tests.browser import chromium
from tests.scenarios.conftest import EMAIL, PASSWORD, ROOT, free_port, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Locator, Page

    from composition.settings import ServerSettings
    from tests.scenarios.conftest import Company

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def company(server_settings: ServerSettings, tmp_path: Path) -> AsyncIterator[Company]:
    async with running(server_settings, tmp_path, unauthenticated=True) as company:
        yield company


@pytest.fixture
async def teams(company: Company, tmp_path: Path) -> AsyncIterator[Page]:
    """A browser with the Playground's chat open."""
    port = free_port()
    command = playground.command(ROOT, f"{company.url}/api/messages", port)
    async with Processes() as processes, chromium() as browser:
        await processes.start(
            "playground",
            command,
            environment=playground.environment(),
            folder=tmp_path,
            log=tmp_path / "playground.log",
        )
        await playground.wait_until_ready(port)
        context = await browser.new_context(locale="en-GB", timezone_id="Europe/Paris")
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{port}/")
        await expect(page.locator(".ac-adaptiveCard")).to_contain_text("Welcome", timeout=30_000)
        yield page


async def write(teams: Page, text: str) -> None:
    box = teams.locator("div[contenteditable=true][role=textbox]")
    await box.fill(text)
    await box.press("Enter")


def newest(teams: Page, button: str) -> Locator:
    """The newest card button of that name; the renderer makes some of them links."""
    return teams.locator(".ac-actionSet button").filter(has_text=re.compile(f"^{button}$")).last


async def opened_by(teams: Page, button: str) -> Page:
    """The page that a card's button opens."""
    async with teams.context.expect_page() as opening:
        await newest(teams, button).click()
    return await opening.value


async def signed_in(teams: Page) -> None:
    """Signs in on the page that the card's button opens, and types its code back."""
    page = await opened_by(teams, "Sign in")
    await expect(page.get_by_role("heading")).to_contain_text("Front Desk")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    code = await page.locator(".code").inner_text()
    await page.close()
    await write(teams, code)


async def test_a_call_on_the_pbx_becomes_a_card_that_dials_back(company: Company, teams: Page) -> None:
    answered = company.pbx.ring("+33199001234", "201", "Supplier")
    answered.answer()
    answered.far_end_hangs_up()
    company.pbx.ring("+442079460123", "201").far_end_hangs_up()
    await company.recorded(2)

    await write(teams, "call log")
    await signed_in(teams)

    log = teams.locator(".ac-adaptiveCard").last
    await expect(log).to_contain_text("Supplier", timeout=20_000)
    await expect(log).to_contain_text("Incoming call")
    await expect(log).to_contain_text("Missed call")
    await expect(log).to_contain_text(re.compile(r"today \d{1,2}:\d\d"))

    dial = await opened_by(teams, "Call")
    await expect(dial.locator("a[href^='tel:']")).to_have_attribute("href", "tel:+33199001234")
    assert "33199001234" not in dial.url


async def test_filters_and_refresh_change_the_same_message(company: Company, teams: Page) -> None:
    company.pbx.ring("+33199001234", "201", "Supplier").far_end_hangs_up()
    await company.recorded(1)
    await write(teams, "call log")
    await signed_in(teams)
    cards = teams.locator(".ac-adaptiveCard")
    await expect(cards.last).to_contain_text("Supplier", timeout=20_000)
    shown = await cards.count()

    await newest(teams, "Outgoing").click()
    await expect(cards.last).to_contain_text("You have no outgoing calls yet.")
    assert await cards.count() == shown

    outgoing = company.pbx.dial("201", "+12125550142")
    outgoing.ring_out()
    outgoing.answer()
    outgoing.hang_up()
    await company.recorded(1)
    await newest(teams, "Refresh").click()
    await expect(cards.last).to_contain_text("Outgoing call")
    assert await cards.count() == shown
