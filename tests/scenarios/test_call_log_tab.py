"""From the PBX to an open page: a call rings at the front desk, and stands in its call log a moment later."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser import chromium
from tests.scenarios.conftest import EMAIL, PASSWORD, running

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page

    from composition.settings import ServerSettings

SOON_S = 5.0


async def test_a_call_of_the_pbx_appears_in_the_open_call_log(server_settings: ServerSettings, tmp_path: Path) -> None:
    async with running(server_settings, tmp_path, unauthenticated=True) as company, chromium() as browser:
        page = await (await browser.new_context(locale="en-GB")).new_page()
        await page.goto(f"{company.url}/tabs/calls")
        await page.locator("#email").fill(EMAIL)
        await page.locator("#password").fill(PASSWORD)
        async with page.expect_response("**/tabs/calls/events"):
            await page.locator("main button").click()
        await expect(page.get_by_text("There are no calls here.")).to_be_visible()

        company.pbx.ring("+33199001234", "201", "Supplier").far_end_hangs_up()
        await company.recorded(1)
        recorded = time.monotonic()
        await expect(page.locator("ol.calls > li")).to_contain_text("Missed call")
        assert time.monotonic() - recorded < SOON_S

        await _used(page)
        company.pbx.ring("+33199001234", "201", "Supplier").far_end_hangs_up()
        await company.recorded(1)
        await expect(page.locator("ol.calls > li")).to_have_count(1)
        await expect(page.locator("ol.calls summary")).to_have_text("2 times")
        await expect(page.locator("ol.calls details")).to_contain_text("Call back")


async def _used(page: Page) -> None:
    """The person notes what to do, looks at the figures, hides all, and thinks better of it."""
    await page.get_by_role("link", name="Note", exact=True).click()
    await page.get_by_role("textbox", name="Note").fill("Call back")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".noted")).to_have_text("Call back")
    await page.get_by_role("link", name="Statistics").click()
    await expect(page.get_by_role("table", name="Top contacts")).to_contain_text("Supplier")
    await page.get_by_role("link", name="Back to the call log").click()
    await page.get_by_role("link", name="Hide all of this list").click()
    await page.get_by_role("button", name="Hide 1 call").click()
    await expect(page.get_by_text("There are no calls here.")).to_be_visible()
    async with page.expect_response("**/tabs/calls/events"):
        await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".noted")).to_have_text("Call back")
