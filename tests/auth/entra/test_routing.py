"""Whoever types the e-mail address of a company that signs in with Microsoft, and no password, is sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlalchemy import Connection, insert

from auth.entra.routing import EntraRouting
from auth.forms import Forms
from auth.pages import add_sign_in_pages
from auth.session import BrowserSessions
from cloudlink.service.entra import EntraUsers
from cloudlink.service.identity.sessions import SessionStore
from store.schema import domains, integrations
from store.vault import Vault, new_key
from tabs.console.navigation import ENTRANCE as CONSOLE
from tabs.personal.navigation import ENTRANCE as TABS
from tabs.sign_in import SignInPages
from tests.auth.conftest import CHAT, TEAMS_USER, Answer, Browser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.sign_in import SignIn
    from cloudlink.service.embedded import EmbeddedCloudLink
    from store.database import Database
    from tabs.sign_in import Entrance
    from tests.auth.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture
async def browser(
    database: Database, clock: SteppedClock, people: People, sign_in: SignIn, cloudlink: EmbeddedCloudLink
) -> AsyncIterator[Browser]:
    """The office has verified example.com and signs in by its tenant."""

    def connect(connection: Connection) -> None:
        account_id, now = people.desk.account_id, clock()
        domain = {"account_id": account_id, "domain": "example.com", "verification": "v", "created_on": now}
        connection.execute(insert(domains), {**domain, "verified_domain": "example.com", "verified_on": now})
        sso = {"account_id": account_id, "kind": "entraSso", "enabled": True, "configuration": {"tenantId": "t"}}
        connection.execute(insert(integrations), {**sso, "created_on": now, "modified_on": now})

    await database.write(connect)
    routing = EntraRouting(EntraUsers(database, Vault([new_key()]), clock))
    app = web.Application()
    add_sign_in_pages(app, sign_in, cloudlink, forms=Forms(secure=False), microsoft=routing)
    browsers = BrowserSessions(SessionStore(database, clock), secure=False)
    for entrance in (CONSOLE, TABS):
        SignInPages(entrance, cloudlink, browsers, Forms(secure=False), routing).add_to(app)
    server = TestServer(app)
    async with server, ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Browser(http, server)


async def post(browser: Browser, path: str, email: str) -> tuple[Answer, dict[str, list[str]]]:
    """Opens the form and posts an address alone; the page, and the query of the way to Microsoft if it has one."""
    url = str(browser._server.make_url(path))
    async with browser.http.get(url) as response:
        form = Answer(response.status, await response.text(), response.headers)
    async with browser.http.post(url, data={**form.fields, "email": email, "password": ""}) as response:
        page = Answer(response.status, await response.text(), response.headers)
    _, _, rest = page.text.partition('content="0; url=')
    path_on = rest.partition('"')[0].replace("&amp;", "&")
    return page, parse_qs(urlsplit(path_on).query)


async def test_the_bots_page_keeps_its_link(browser: Browser, sign_in: SignIn) -> None:
    token = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en-GB")
    page, query = await post(browser, f"/sign-in/{token}", " Anybody@Example.com ")
    assert page.status == 200
    assert query == {"link": [token], "hint": ["Anybody@Example.com"]}


@pytest.mark.parametrize(("entrance", "wanted"), [(CONSOLE, "/console/users"), (TABS, "/tabs/report")])
async def test_a_browsers_page_keeps_where_to_go(browser: Browser, entrance: Entrance, wanted: str) -> None:
    _, query = await post(browser, f"{entrance.path}?next={wanted}", "anybody@example.com")
    assert query == {"next": [wanted], "hint": ["anybody@example.com"]}
    _, query = await post(browser, f"{entrance.path}?next=//evil.example", "anybody@example.com")
    assert query["next"] == [entrance.home]


@pytest.mark.parametrize("email", ["somebody@example.net", "", "x" * 2000 + "@example.com"])
async def test_everybody_else_is_asked_for_a_password(browser: Browser, sign_in: SignIn, email: str) -> None:
    token = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en-GB")
    for path in (f"/sign-in/{token}", CONSOLE.path, TABS.path):
        page, query = await post(browser, path, email)
        assert (page.status, query) == (400, {})
