"""A partner's customers and their people: from the console, a file or Entra ID to the call log in Teams."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.bot.conftest import texts_of
from tests.browser import chromium
from tests.scenarios.accounts import (
    PARTNER_EMAIL,
    choose_password,
    open_console,
    pairing_code,
    running_site,
    sign_in_from_teams,
    window,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from composition.settings import ServerSettings
    from tests.scenarios.accounts import Site

pytestmark = pytest.mark.timeout(240)

PEOPLE = b"First name,Last name,Email,Extension\nAnna,Annex,anna@example.com,202\n"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def site(server_settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with running_site(server_settings, tmp_path, monkeypatch) as site:
        yield site


async def create_account(page: Page) -> None:
    await page.get_by_role("link", name="New account").click()
    await page.get_by_label("Name", exact=True).fill("Example Hotel")
    await page.get_by_label("Time zone").select_option("Europe/Paris")
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Example Hotel")


async def create_user(page: Page) -> None:
    await page.get_by_role("link", name="Users", exact=True).click()
    await page.get_by_role("link", name="New user").click()
    await page.get_by_label("First name").fill("Rita")
    await page.get_by_label("Last name").fill("Reception")
    await page.get_by_label("E-mail address").fill("rita@example.com")
    await page.get_by_label("Extension").fill("201")
    await page.get_by_role("button", name="Create user").click()
    await expect(page.get_by_role("status")).to_contain_text("the welcome e-mail is on its way")


async def import_users(page: Page) -> None:
    await page.get_by_role("link", name="Import users").click()
    await page.get_by_label("CSV file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE}
    )
    await page.get_by_role("button", name="Upload and check").click()
    await page.get_by_role("button", name="Make 1 user").click()
    await expect(page.get_by_text("1 user is made.")).to_be_visible(timeout=30_000)


async def told(page: Page, words: str) -> None:
    """Returns once the gateway has told CloudLink this, which it does every few seconds."""
    async with asyncio.timeout(30):
        while words not in await page.inner_text("main"):
            await page.reload()


async def test_a_partner_makes_a_customer_whose_people_find_their_calls_in_teams(site: Site, browser: Browser) -> None:
    async with window(browser) as partner:
        await choose_password(partner, await site.mailboxes.welcome_link(PARTNER_EMAIL))
        await open_console(partner, site.url, PARTNER_EMAIL)
        await partner.get_by_role("link", name="Accounts").click()
        await create_account(partner)
        await create_user(partner)
        await site.start_gateway(await pairing_code(partner))
        await site.monitored("201")
        await import_users(partner)
        await site.monitored("202")
        await partner.get_by_role("link", name="Gateways").click()
        await expect(partner.get_by_role("row", name="Head office")).to_contain_text("Connected")
        await partner.get_by_role("link", name="Head office").click()
        await told(partner, "2 of 2")

    await site.call("201", "Supplier")
    await site.call("202", "Florist")
    for email, caller in {"rita@example.com": "Supplier", "anna@example.com": "Florist"}.items():
        async with window(browser) as page:
            await choose_password(page, await site.mailboxes.welcome_link(email))
            texts = texts_of(await sign_in_from_teams(page, await site.teams(email), email))
        assert [name for name in ("Supplier", "Florist") if name in texts] == [caller]
