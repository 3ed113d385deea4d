"""The cookie of pages that stand alone, and the addresses that a sign-in may lead to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from auth.session import CSRF_FIELD, BrowserSessions, local_path
from cloudlink.administration.accounts import NewAccount
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.provision import Provisioning, known_as
from store.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.model import Principal
    from store.database import Database


@pytest.fixture
async def who(database: Database) -> Principal:
    provisioning = Provisioning(database, Outbox(database))
    account = await provisioning.create_account(NewAccount("Main Office"))
    user = await provisioning.create_user(account.account_id, known_as("Front Desk", "desk@example.com", "201"))
    return user.principal


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    return SessionStore(database)


@pytest.fixture
async def browser(sessions: SessionStore, who: Principal) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """A browser at a site that signs in, says who is there with the form's token, and takes a form."""
    browsers = BrowserSessions(sessions, secure=False)

    async def sign_in(request: web.Request) -> web.Response:
        response = web.Response()
        await browsers.begin(request, response, who, AuthProvider.CLOUDLINK)
        return response

    async def show(request: web.Request) -> web.Response:
        session = await browsers.find(request)
        return web.json_response([session and session.user.name, browsers.csrf(request)])

    async def take(request: web.Request) -> web.Response:
        return web.json_response(browsers.accepts(request, str((await request.post())[CSRF_FIELD])))

    async def sign_out(request: web.Request) -> web.Response:
        response = web.Response()
        await browsers.end(request, response)
        return response

    app = web.Application()
    app.add_routes([web.post("/in", sign_in), web.get("/", show), web.post("/", take), web.post("/out", sign_out)])
    async with TestClient(TestServer(app)) as client:
        yield client


async def _show(browser: TestClient[web.Request, web.Application]) -> list[str | None]:
    answer: list[str | None] = await (await browser.get("/")).json()
    return answer


def _secret(browser: TestClient[web.Request, web.Application]) -> str:
    return browser.session.cookie_jar.filter_cookies(browser.make_url("/"))["session"].value


async def test_a_cookie_that_is_no_text_is_nobodys(browser: TestClient[web.Request, web.Application]) -> None:
    reader, writer = await asyncio.open_connection(browser.host, browser.port)
    writer.write(b"GET / HTTP/1.0\r\nCookie: session=a\xff\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert b"200 OK" in answer
    assert answer.endswith(b'[null, ""]')


async def test_a_browser_is_known_from_sign_in_to_sign_out(browser: TestClient[web.Request, web.Application]) -> None:
    assert await _show(browser) == [None, ""]
    answer = await browser.post("/in")
    name, csrf = await _show(browser)
    secret = _secret(browser)

    assert (name, bool(csrf)) == ("Front Desk", True)
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    await browser.post("/out")
    assert await _show(browser) == [None, ""]
    browser.session.cookie_jar.update_cookies({"session": secret}, URL(str(browser.make_url("/"))))
    assert (await _show(browser))[0] is None


async def test_a_form_needs_the_sessions_own_token(browser: TestClient[web.Request, web.Application]) -> None:
    async def accepted(token: str | None) -> bool:
        answer: bool = await (await browser.post("/", data={CSRF_FIELD: token})).json()
        return answer

    assert not await accepted("")
    await browser.post("/in")
    _, first = await _show(browser)
    assert await accepted(first)
    assert not await accepted("")
    assert not await accepted("é")
    await browser.post("/in")
    assert not await accepted(first)


async def test_a_new_sign_in_ends_the_one_before(browser: TestClient[web.Request, web.Application]) -> None:
    await browser.post("/in")
    before = _secret(browser)
    await browser.post("/in")

    browser.session.cookie_jar.update_cookies({"session": before}, URL(str(browser.make_url("/"))))

    assert (await _show(browser))[0] is None


async def test_a_bearer_of_teams_is_no_cookie(
    browser: TestClient[web.Request, web.Application], sessions: SessionStore, who: Principal
) -> None:
    bearer = await sessions.open(who, SessionKind.TEAMS, AuthProvider.ENTRA, address="")
    browser.session.cookie_jar.update_cookies({"session": bearer}, URL(str(browser.make_url("/"))))

    assert (await _show(browser))[0] is None


def test_by_https_no_other_host_can_set_the_cookie(sessions: SessionStore) -> None:
    assert BrowserSessions(sessions, secure=True).cookie.startswith("__Host-")


@pytest.mark.parametrize("path", ["/", "/console", "/console/users?q=a%20b&note=x", "/cloudlink/authorize?a=b#c"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path, "/otherwise") == path


@pytest.mark.parametrize(
    "wanted",
    ["", "console", "//evil.example", "/\\evil.example", "/a\\b", "https://evil.example", "/\t/evil.example",
     "\t//evil.example", " //evil.example", "/\n/evil.example", "javascript:alert(1)", "/é", "/a\r\nSet-Cookie: a=b",
     "/" + "a" * 5000],
)  # fmt: skip
def test_what_may_lead_elsewhere_is_not(wanted: str) -> None:
    assert local_path(wanted, "/otherwise") == "/otherwise"


@given(st.text(alphabet="/\\.:@?#ab \t\n%e", max_size=12))
def test_no_path_leaves_the_host(wanted: str) -> None:
    ours = URL("https://assistant.example.com/sign-in")

    assert ours.join(URL(local_path(wanted, "/"))).host == ours.host
