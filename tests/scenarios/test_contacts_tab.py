"""From the PBX to a colleague's open page: the telephone of the warehouse rings, is answered, and is free again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser import chromium
from tests.scenarios.conftest import EMAIL, PASSWORD, running

if TYPE_CHECKING:
    from pathlib import Path

    from composition.settings import ServerSettings


async def test_a_colleague_sees_the_line_ring_and_talk_and_become_free(
    server_settings: ServerSettings, tmp_path: Path
) -> None:
    async with running(server_settings, tmp_path, unauthenticated=True) as company, chromium() as browser:
        await company.colleague("Warehouse", "202")
        page = await (await browser.new_context(locale="en-GB")).new_page()
        await page.goto(f"{company.url}/tabs/contacts")
        await page.locator("#email").fill(EMAIL)
        await page.locator("#password").fill(PASSWORD)
        async with page.expect_response("**/tabs/contacts/lines*"):
            await page.locator("main button").click()
        line = page.locator("li", has_text="Warehouse").locator("[data-line]")

        call = company.pbx.ring("+33199001234", "202", "Supplier")
        await expect(line).to_contain_text("Ringing")
        call.answer()
        await expect(line).to_contain_text("On a call")
        assert "Supplier" not in await page.content()
        call.hang_up()
        await expect(line).to_contain_text("Free")
