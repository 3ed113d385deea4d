"""Teams' sign-in window: the code goes back to Teams by itself, and to Teams alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.auth.conftest import CHAT, PASSWORD, TEAMS_USER
from tests.browser import chromium

if TYPE_CHECKING:
    from aiohttp.test_utils import TestServer
    from playwright.async_api import Browser, Page, Route

    from auth.sign_in import SignIn
    from tests.auth.conftest import People

# What a Teams client answers to TeamsJS: which frame this is, which client, and what the client supports.
TEAMS = """<!doctype html><title>Teams</title><script>
  window.told = [];
  window.addEventListener("message", (event) => {
    window.told.push(event.data);
    if (event.data.func === "initialize") {
      const runtime = JSON.stringify({ apiVersion: 4, supports: {} });
      event.source.postMessage({ ...event.data, args: ["authentication", "desktop", runtime, "2.0.0"] }, event.origin);
    }
  });
</script>"""


async def opened_from(browser: Browser, origin: str, url: str) -> tuple[Page, Page]:
    """A client at ``origin``, and the window that it opens for ``url``."""

    async def answer(route: Route) -> None:
        await route.fulfill(body=TEAMS, content_type="text/html")

    context = await browser.new_context()
    await context.route(f"{origin}/**", answer)
    client = await context.new_page()
    await client.goto(f"{origin}/")
    async with client.expect_popup() as opening:
        await client.evaluate("url => { window.open(url) }", url)
    return client, await opening.value


async def sign_in_at(window: Page) -> None:
    await window.get_by_label("E-mail address").fill("desk@example.com")
    await window.get_by_label("Password").fill(PASSWORD)
    await window.get_by_role("button", name="Sign in").click()


async def test_the_window_hands_its_code_to_teams_and_closes(
    server: TestServer, sign_in: SignIn, people: People, token: str
) -> None:
    url = str(server.make_url(f"/sign-in/{token}"))
    async with chromium() as browser:
        teams, window = await opened_from(browser, "https://teams.microsoft.com", url)
        async with window.expect_event("close"):
            await sign_in_at(window)
        told: list[dict[str, Any]] = await teams.evaluate("window.told")
    (code,) = next(each["args"] for each in told if each["func"] == "authentication.authenticate.success")
    assert await sign_in.complete(TEAMS_USER, CHAT, code) == people.desk.principal


@pytest.mark.usefixtures("people")
async def test_a_page_that_is_not_teams_is_told_nothing(server: TestServer, token: str) -> None:
    url = str(server.make_url(f"/sign-in/{token}"))
    async with chromium() as browser:
        stranger, window = await opened_from(browser, "https://teams.example.com", url)
        await sign_in_at(window)
        code = await window.locator("[data-code]").inner_text()
        await expect(window.get_by_role("button", name="Copy the code")).to_be_visible()
        assert code not in str(await stranger.evaluate("window.told"))
