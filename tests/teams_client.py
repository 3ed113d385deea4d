"""A page that frames a tab as the Teams client does, and speaks TeamsJS's protocol with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Frame, Page, Route

TEAMS = "https://teams.microsoft.com"
TEAMS_TOKEN = "what Teams vouches for"
# What a Teams client answers to TeamsJS; the page may change the theme as a person does in the client's settings.
CLIENT = """<!doctype html><title>Teams</title><iframe src="{tab}" width="1000" height="700"></iframe><script>
  const answers = {
    initialize: () => ["content", "web", JSON.stringify({ apiVersion: 4, supports: {} }), "2.0.0"],
    getContext: () => [{ theme: "dark", locale: "en-gb", hostName: "Teams", sessionId: "s", entityId: "console" }],
    "authentication.getAuthToken": () => [true, "{token}"],
  };
  window.addEventListener("message", (event) => {
    const answer = answers[event.data.func];
    if (answer) event.source.postMessage({ ...event.data, args: answer() }, event.origin);
  });
  const frame = document.querySelector("iframe");
  window.changeTheme = (theme) =>
    frame.contentWindow.postMessage({ func: "themeChange", args: [theme] }, new URL("{tab}").origin);
</script>"""


@pytest.fixture
async def client() -> AsyncIterator[Page]:
    # Our server is on loopback, which Chromium keeps away from a page of the internet; the real one is not.
    async with chromium("--disable-features=LocalNetworkAccessChecks") as browser:
        context = await browser.new_context(locale="en-GB", viewport={"width": 1100, "height": 800})
        yield await context.new_page()


async def framed(client: Page, url: str, host: str = TEAMS) -> Frame:
    """The tab in a client at ``host``."""
    body = CLIENT.replace("{tab}", url).replace("{token}", TEAMS_TOKEN)

    async def answer(route: Route) -> None:
        await route.fulfill(body=body, content_type="text/html")

    await client.route(f"{host}/**", answer)
    await client.goto(f"{host}/")
    frame = client.frames[-1]
    assert frame is not client.main_frame
    return frame
