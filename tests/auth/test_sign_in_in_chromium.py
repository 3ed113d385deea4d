"""The sign-in journey in a real browser, under the real policy, with the real script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import Page, expect

from tests.auth.conftest import CHAT, PASSWORD, TEAMS_USER
from tests.browser import chromium

if TYPE_CHECKING:
    from aiohttp.test_utils import TestServer

    from auth.sign_in import SignIn
    from store.directory import Directory
    from tests.auth.conftest import People


async def test_a_person_signs_in_and_copies_the_code(
    server: TestServer, sign_in: SignIn, directory: Directory, people: People, token: str
) -> None:
    async with chromium() as browser:
        context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        complaints = _complaints(page)
        await page.goto(str(server.make_url(f"/sign-in/{token}")))
        await expect(page.get_by_text("You are connecting Front Desk")).to_be_visible()
        await _fill_in(page, "desk@example.com", "wrong")
        await expect(page.get_by_role("alert")).to_contain_text("do not go together")
        assert complaints.pop().endswith("401 (Unauthorized)")
        await _fill_in(page, "desk@example.com", PASSWORD)
        code = await page.locator("[data-code]").inner_text()
        await page.get_by_role("button", name="Copy the code").click()
        assert await page.evaluate("navigator.clipboard.readText()") == code
        assert await context.cookies() != []
        assert complaints == []
    await sign_in.complete(TEAMS_USER, CHAT, code)
    assert await directory.principal_of(TEAMS_USER) == people.desk.principal


async def test_a_person_with_two_accounts_chooses_by_name(
    server: TestServer, sign_in: SignIn, people: People, token: str
) -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(str(server.make_url(f"/sign-in/{token}")))
        await _fill_in(page, "manager@example.com", PASSWORD)
        await page.get_by_role("button", name="Main Office").click()
        code = await page.locator("[data-code]").inner_text()
    assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}", code)
    assert await sign_in.complete(TEAMS_USER, CHAT, code) == people.manager.principal


async def test_the_form_needs_no_script(server: TestServer, people: People, token: str) -> None:
    async with chromium() as browser:
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(str(server.make_url(f"/sign-in/{token}")))
        await _fill_in(page, "desk@example.com", PASSWORD)
        await expect(page.locator("[data-code]")).to_be_visible()
        await expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()


async def _fill_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_load_state()


def _complaints(page: Page) -> list[str]:
    """What the browser complains of: a policy that was broken, a script that failed."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told
