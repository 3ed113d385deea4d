"""The judge of accessible pages judges."""

from __future__ import annotations

from tests.axe import violations
from tests.browser import chromium


async def test_what_is_wrong_is_found_and_what_is_right_is_not() -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        await page.set_content("<html lang='en'><title>A</title><main><h1>A</h1><input></main></html>")
        (found,) = await violations(page)
        assert found.startswith("label: input: ")
        await page.set_content("<html lang='en'><title>A</title><main><h1>A</h1><label>B<input></label></main></html>")
        assert await violations(page) == []
