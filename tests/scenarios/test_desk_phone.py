"""From a press in the tab to the ringing desk phone: browser, server, gateway and PBX, each as in a company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser import chromium
from tests.scenarios.conftest import EMAIL, PASSWORD, running

if TYPE_CHECKING:
    from pathlib import Path

    from composition.settings import ServerSettings


async def test_a_person_calls_a_colleague_with_the_desk_phone(server_settings: ServerSettings, tmp_path: Path) -> None:
    async with running(server_settings, tmp_path, unauthenticated=True) as company, chromium() as browser:
        await company.colleague("Warehouse", "202")
        page = await (await browser.new_context(locale="en-GB")).new_page()
        await page.goto(f"{company.url}/tabs/settings")
        await page.locator("#email").fill(EMAIL)
        await page.locator("#password").fill(PASSWORD)
        await page.locator("main button").click()
        await page.get_by_label("My desk phone, which rings first").check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_have_text("Your settings are saved.")

        await page.goto(f"{company.url}/tabs/contacts")
        await page.get_by_role("button", name="Call Warehouse").click()
        told = page.get_by_role("status").filter(has_text="Your desk phone")
        await expect(told).to_have_text("Your desk phone 201 rings. Lift it, and 202 is called.")
        (call,) = company.pbx.switch.calls.values()
        assert "201" in call.states()
