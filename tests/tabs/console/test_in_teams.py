"""The console as a Teams tab: framed by Teams, without cookies, with a bearer that only the page's script knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.embedded import EmbeddedCloudLink
from tabs.console import Services, add_console
from tabs.static_files import static_routes
from tests.axe import violations
from tests.tabs.console.conftest import OPERATOR, PUBLIC_URL, People
from tests.teams_client import TEAMS_TOKEN, client, framed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from cloudlink.service.identity.sessions import SessionStore
    from store.database import Database
    from tests.conftest import SteppedClock

__all__ = ["client"]


class Exchange:
    """Stands in for ``auth.entra.teams_session``, whose own tests are with Entra ID: a bearer for the one token."""

    def __init__(self, sessions: SessionStore, services: Services, people: People) -> None:
        self._sessions = sessions
        self._services = services
        self._people = people
        self.exchanged = 0

    async def answer(self, request: web.Request) -> web.Response:
        if await request.json() != {"token": TEAMS_TOKEN} or "Cookie" in request.headers:
            return web.json_response({}, status=401)
        self.exchanged += 1
        (admin,) = (await self._services.users.find(OPERATOR, self._people.customer, text="Ada")).items
        who, teams = admin.user.principal, SessionKind.TEAMS
        return web.json_response({"token": await self._sessions.open(who, teams, AuthProvider.ENTRA, address="")})


@pytest.fixture
def exchange(sessions: SessionStore, services: Services, people: People) -> Exchange:
    return Exchange(sessions, services, people)


@pytest.fixture
async def tab_url(
    services: Services, sessions: SessionStore, database: Database, clock: SteppedClock, exchange: Exchange
) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes([*static_routes(), web.post("/console/teams-session", exchange.answer)])
    add_console(app, services, sessions, EmbeddedCloudLink(database, clock), public_url=PUBLIC_URL, now=clock)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/console/teams"))


async def test_a_tab_opens_the_console_without_a_cookie_or_a_word(
    tab_url: str, client: Page, services: Services, people: People
) -> None:
    tab = await framed(client, tab_url)
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Example Company")
    await expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(tab.get_by_role("button", name="Sign out")).to_have_count(0)
    await tab.get_by_role("link", name="Users", exact=True).click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Users")
    await expect(tab.get_by_role("heading", level=1)).to_be_focused()
    assert await tab.evaluate("document.title") == "Users · Example Company · Mitel Assistant"
    await tab.get_by_label("Name, e-mail address or extension").fill("dora")
    await tab.get_by_role("button", name="Search").click()
    await expect(tab.get_by_text("1 user", exact=True)).to_be_visible()
    await tab.get_by_role("link", name="Dora Desk").click()
    await tab.get_by_label("Mobile").fill("+33699001234")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_text("Your changes are saved.")).to_be_visible()
    await tab.evaluate("history.back()")
    await expect(tab.get_by_text("Your changes are saved.")).to_have_count(0)
    assert await client.context.cookies() == []
    assert (await services.users.get(OPERATOR, people.customer, people.customers_user)).user.mobile == "+33699001234"


async def test_a_file_is_uploaded_and_its_report_downloaded_with_the_bearer(tab_url: str, client: Page) -> None:
    tab = await framed(client, tab_url)
    await tab.get_by_role("link", name="Import users").click()
    content = b"First name,Last name,Email\nAnna,Example,nobody\n"
    files = [{"name": "people.csv", "mimeType": "text/csv", "buffer": content}]
    await tab.get_by_label("CSV file").set_input_files(files)  # type: ignore[arg-type]
    await tab.get_by_role("button", name="Upload and check").click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("people.csv")
    async with client.expect_download() as downloading:
        await tab.get_by_role("link", name="Download as CSV").click()
    download = await downloading.value
    assert download.suggested_filename.startswith("refused-")
    assert "nobody" in (await download.path()).read_text(encoding="utf-8-sig")


async def test_a_session_that_has_ended_is_opened_again_unseen(
    tab_url: str, client: Page, clock: SteppedClock, exchange: Exchange
) -> None:
    tab = await framed(client, tab_url)
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Example Company")
    clock.advance(hours=2)
    await tab.get_by_role("link", name="Audit log").click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Audit log")
    assert exchange.exchanged == 2


async def test_a_lost_connection_is_told_and_the_form_can_be_sent_again(tab_url: str, client: Page) -> None:
    tab = await framed(client, tab_url)
    await tab.get_by_role("link", name="Settings").click()
    await tab.get_by_label("Account number").fill("C-9")
    await client.route("**/settings", lambda route: route.abort())
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_role("alert")).to_contain_text("There is no answer")
    await client.unroute("**/settings")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_text("Your changes are saved.")).to_be_visible()
    await expect(tab.get_by_label("Account number")).to_have_value("C-9")


async def test_the_tab_follows_the_clients_theme_and_is_accessible_in_high_contrast(tab_url: str, client: Page) -> None:
    tab = await framed(client, tab_url)
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Example Company")
    await client.evaluate("changeTheme('contrast')")
    await expect(tab.locator("html")).to_have_attribute("data-theme", "contrast")
    assert await tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"
    assert [found for found in await violations(tab) if "color-contrast" in found] == []


async def test_outside_teams_the_tab_says_where_the_console_is(tab_url: str, client: Page) -> None:
    await client.goto(tab_url)
    await expect(client.get_by_role("link", name="Open it in a browser")).to_be_visible()


async def test_no_other_site_can_frame_the_tab(tab_url: str, client: Page) -> None:
    tab = await framed(client, tab_url, host="https://teams.example.com")
    await expect(tab.get_by_role("heading")).to_have_count(0)
    assert tab.url.startswith("chrome-error:")
