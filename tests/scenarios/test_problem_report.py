"""A problem from the tab to support's mailbox, the console and the bot's answer."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from cloudlink.service.provision import known_as
from tests.bot.conftest import texts_of
from tests.browser import chromium
from tests.pictures import png
from tests.scenarios.accounts import (
    ADMIN_EMAIL,
    LATER,
    open_console,
    running_site,
    sign_in_from_teams,
    type_credentials,
    window,
)
from tests.scenarios.conftest import EMAIL, PASSWORD

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from composition.settings import ServerSettings
    from tests.scenarios.accounts import Mailboxes, Site

pytestmark = pytest.mark.timeout(240)

SUPPORT = "help.desk@example.com"


async def name_support(page: Page, site: Site) -> None:
    """The account's administrator names whom problems go to."""
    await page.goto(f"{site.url}/console/accounts/{site.account_id}/settings")
    await page.locator("#contact_name_0").fill("Help Desk")
    await page.locator("#contact_email_0").fill(SUPPORT)
    await page.get_by_role("button", name="Save").first.click()
    await expect(page.get_by_text("Your changes are saved.")).to_be_visible()


async def report(browser: Browser, site: Site, picture: Path) -> str:
    """Answers the reference."""
    async with window(browser) as page:
        await page.goto(f"{site.url}/tabs/report")
        await type_credentials(page, EMAIL)
        await page.get_by_label("What is it about?").select_option("Call log")
        await page.get_by_label("What is wrong?").fill("No call of +33 1 99 00 12 34 is there")
        await page.locator("#picture").set_input_files(picture)
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_text(SUPPORT)).to_be_visible()
        await page.get_by_role("button", name="Send").click()
        return await page.locator(".code").inner_text()


async def mail_to(mailboxes: Mailboxes, address: str) -> EmailMessage:
    async with asyncio.timeout(LATER), mailboxes.arrived:
        await mailboxes.arrived.wait_for(lambda: address in mailboxes.recipients)
    return mailboxes.received[mailboxes.recipients.index(address)]


async def test_a_problem_is_reported_read_and_answered(
    server_settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "screen.png"
    picture.write_bytes(png(60, 40))
    async with running_site(server_settings, tmp_path, monkeypatch) as site, chromium() as browser:
        await site.customer()
        desk = known_as("Front Desk", EMAIL, "201", password=PASSWORD)
        await site.server.provisioning.create_user(site.account_id, desk)
        async with window(browser) as admin:
            await open_console(admin, site.url, ADMIN_EMAIL)
            await name_support(admin, site)
            reference = await report(browser, site, picture)

            letter = await mail_to(site.mailboxes, SUPPORT)
            assert letter["Subject"] == f"Problem report {reference}: Call log"
            body = letter.get_body(("plain",))
            assert body is not None
            text = body.get_content()
            assert "No call of +33 1 99 00 •• •• is there" in text
            receipt = await mail_to(site.mailboxes, EMAIL)
            assert receipt["Subject"] == f"Your problem report {reference}"

            link = re.search(r"http://\S+/reports/\S+", text)
            assert link is not None
            await admin.goto(link[0])
            shown = admin.get_by_role("img", name="Screenshot of Front Desk")
            assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
            await admin.get_by_label("State").select_option("Closed")
            await admin.get_by_label("Answer").fill("The gateway was off. It is on again.")
            await admin.get_by_role("button", name="Save").click()
            await expect(admin.get_by_text("Saved.")).to_be_visible()

        teams = await site.teams("desk")
        async with window(browser) as page:
            await sign_in_from_teams(page, teams, EMAIL)
        told = texts_of(await teams.answer(f"report {reference}"))
        assert "Closed" in told
        assert "The gateway was off. It is on again." in told
