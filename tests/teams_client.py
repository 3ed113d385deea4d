"""A page that frames a tab as the Teams client does, and speaks TeamsJS's protocol with it.

It tells the tab who it is (``Client``), gives or refuses tokens, opens the window that a tab asks for, as the client in
a browser does, and hands its answer back. A test may change ``teams`` in the page later on:
``client.evaluate("teams.sso_error = ''")``. What the tab has asked for is in ``teams.asked``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Frame, Page, Route

TEAMS = "https://teams.microsoft.com"
TEAMS_TOKEN = "what Teams vouches for"
_CLIENT = """<!doctype html><title>Teams</title><style>body { margin: 0 }</style>
<iframe src="{tab}" width="{width}" height="{height}" style="border: 0"></iframe><script>
  const teams = {...{told}, asked: []};
  const frame = document.querySelector("iframe");
  const runtime = JSON.stringify({ apiVersion: 4, supports: {} });
  const context = () => ({
    theme: teams.theme, locale: teams.locale, hostClientType: teams.client_type, hostName: "Teams", sessionId: "s",
    entityId: "tab", subEntityId: teams.sub_page, userObjectId: teams.user, tid: teams.tenant,
  });
  let asking = null;
  const answers = {
    initialize: (message, from) => {
      const place = from === frame.contentWindow ? "content" : "authentication";
      reply(message, from, [place, teams.client_type, runtime, "2.0.0"]);
    },
    getContext: (message, from) => reply(message, from, [context()]),
    "authentication.getAuthToken": (message, from) => {
      const error = (message.args[2] && teams.silent_error) || teams.sso_error;
      reply(message, from, error ? [false, error] : [true, teams.token]);
    },
    "authentication.authenticate": (message, from) => {
      const window_ = teams.blocks_windows ? null : window.open(message.args[0]);
      if (!window_) return reply(message, from, [false, "FailedToOpenWindow"]);
      const watch = setInterval(() => window_.closed && answered([false, "CancelledByUser"]), 50);
      asking = { message, from, watch };
    },
    "authentication.authenticate.success": (message) => answered([true, message.args[0]]),
    "authentication.authenticate.failure": (message) => answered([false, message.args[0]]),
  };
  function reply(message, to, args) { to.postMessage({ ...message, args }, new URL("{tab}").origin); }
  function answered(args) {
    if (!asking) return;
    clearInterval(asking.watch);
    reply(asking.message, asking.from, args);
    asking = null;
  }
  window.addEventListener("message", (event) => {
    teams.asked.push([event.data.func, ...(event.data.args ?? [])]);
    answers[event.data.func]?.(event.data, event.source);
  });
  window.changeTheme = (theme) =>
    frame.contentWindow.postMessage({ func: "themeChange", args: [theme] }, new URL("{tab}").origin);
</script>"""


@dataclass(frozen=True, slots=True)
class Client:
    """What a Teams client is, and what it answers.

    ``client_type`` is ``web``, ``desktop``, ``android``, ``ios`` or ``ipados``; ``sub_page`` what a deep link names.
    ``sso_error`` is what ``getAuthToken`` fails with, ``silent_error`` only when it must not ask the person.
    """

    client_type: str = "web"
    theme: str = "dark"
    locale: str = "en-gb"
    sub_page: str = ""
    user: str = "00000000-0000-4000-8000-0000000000d5"
    tenant: str = "00000000-0000-4000-8000-000000007e4a"
    token: str = TEAMS_TOKEN
    sso_error: str = ""
    silent_error: str = ""
    blocks_windows: bool = False


@pytest.fixture
async def client() -> AsyncIterator[Page]:
    # Our server is on loopback, which Chromium keeps away from a page of the internet; the real one is not.
    async with chromium("LocalNetworkAccessChecks") as browser:
        context = await browser.new_context(
            locale="en-GB", viewport={"width": 1100, "height": 800}, ignore_https_errors=True
        )
        yield await context.new_page()


async def framed(
    client: Page, url: str, host: str = TEAMS, told: Client | None = None, size: tuple[int, int] = (1000, 700)
) -> Frame:
    """The tab in a client at ``host``; again, it is opened as after a restart of Teams."""
    values = {"tab": url, "told": json.dumps(asdict(told or Client())), "width": str(size[0]), "height": str(size[1])}
    body = _CLIENT
    for name, value in values.items():
        body = body.replace("{" + name + "}", value)

    async def answer(route: Route) -> None:
        await route.fulfill(body=body, content_type="text/html")

    await client.unroute(f"{host}/**")
    await client.route(f"{host}/**", answer)
    await client.goto(f"{host}/")
    frame = client.frames[-1]
    assert frame is not client.main_frame
    return frame
