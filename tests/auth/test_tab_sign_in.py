"""The code of a sign-in window opens one tab: the one that has the secret, once, within a minute."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import update

from auth.sign_in import NoSignIn
from auth.tab_session import TabSessions
from cloudlink.identity import AuthProvider, Session, SessionKind
from cloudlink.service.identity.sessions import SessionStore
from store.attempts import Attempts
from store.schema import users
from tests.auth.conftest import CHAT, PASSWORD, TEAMS_USER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.sign_in import SignIn
    from auth.tab_sign_in import TabSignIns
    from store.database import Database
    from tests.auth.conftest import Browser, People
    from tests.conftest import SteppedClock

    Exchanger = TestClient[web.Request, web.Application]

VERIFIER = "v" * 43
OTHERS = "o" * 43
ALLOWED = 3


def link(verifier: str = VERIFIER) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return "tab." + base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.fixture
def sessions(database: Database, clock: SteppedClock) -> SessionStore:
    return SessionStore(database, clock)


@pytest.fixture
async def exchanger(
    database: Database, clock: SteppedClock, tabs: TabSignIns, sessions: SessionStore
) -> AsyncIterator[Exchanger]:
    app = web.Application()
    app.add_routes(TabSessions(tabs, sessions, Attempts(database, "test", ALLOWED, clock)).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


async def exchange(exchanger: Exchanger, code: object, verifier: object = VERIFIER, path: str = "/tabs/session") -> Any:
    """The bearer, or the status of a refusal."""
    async with exchanger.post(path, json={"code": code, "verifier": verifier}) as answer:
        assert "Set-Cookie" not in answer.headers
        assert answer.status != 200 or answer.headers["Cache-Control"] == "no-store"
        return (await answer.json())["token"] if answer.status == 200 else answer.status


async def session_of(sessions: SessionStore, bearer: str) -> Session:
    found = await sessions.find(bearer)
    assert found is not None
    return found


async def test_the_code_of_the_page_opens_the_tab_once(
    browser: Browser, exchanger: Exchanger, sessions: SessionStore, people: People
) -> None:
    page = await browser.sign_in(link(), "desk@example.com")
    assert "You are signed in" in page.text
    assert f">{page.code}<" not in page.text, "it is for the tab, not for people"
    session = await session_of(sessions, await exchange(exchanger, page.code))
    assert session.user.principal == people.desk.principal
    assert (session.kind, session.auth_provider) == (SessionKind.TAB, AuthProvider.CLOUDLINK)
    assert await exchange(exchanger, page.code) == 401


async def test_the_console_in_a_tab_is_signed_in_for_an_hour(
    tabs: TabSignIns, exchanger: Exchanger, sessions: SessionStore, people: People, clock: SteppedClock
) -> None:
    opened = tabs.link_of(link())
    assert opened is not None
    code = await tabs.grant(opened, people.desk.principal, AuthProvider.ENTRA)
    bearer = await exchange(exchanger, code, path="/console/session")
    session = await session_of(sessions, bearer)
    assert (session.kind, session.auth_provider) == (SessionKind.TEAMS, AuthProvider.ENTRA)
    clock.advance(hours=1)
    assert await sessions.find(bearer) is None


async def test_who_has_several_accounts_chooses_one(
    browser: Browser, exchanger: Exchanger, sessions: SessionStore, people: People
) -> None:
    choice = await browser.sign_in(link(), "manager@example.com")
    assert "Which account do you want to use in Microsoft Teams?" in choice.text
    page = await browser.post(link(), choice.fields)
    session = await session_of(sessions, await exchange(exchanger, page.code))
    assert session.user.principal == people.manager_at_branch.principal


async def test_a_wrong_secret_uses_the_code_up(browser: Browser, exchanger: Exchanger, people: People) -> None:
    code = (await browser.sign_in(link(), "desk@example.com")).code
    assert await exchange(exchanger, code, OTHERS) == 401
    assert await exchange(exchanger, code) == 401


async def test_a_code_ends_after_a_minute(
    browser: Browser, exchanger: Exchanger, people: People, clock: SteppedClock
) -> None:
    code = (await browser.sign_in(link(), "desk@example.com")).code
    clock.advance(minutes=1)
    assert await exchange(exchanger, code) == 401


async def test_of_many_who_exchange_a_code_at_once_one_succeeds(
    browser: Browser, exchanger: Exchanger, people: People
) -> None:
    code = (await browser.sign_in(link(), "desk@example.com")).code
    answers = await asyncio.gather(*(exchange(exchanger, code) for _ in range(ALLOWED)))
    assert answers.count(401) == ALLOWED - 1


async def test_who_is_deactivated_meanwhile_gets_nothing(
    browser: Browser, exchanger: Exchanger, database: Database, people: People
) -> None:
    code = (await browser.sign_in(link(), "desk@example.com")).code
    await database.write(lambda connection: connection.execute(update(users).values(active=False)))
    assert await exchange(exchanger, code) == 401


async def test_whoever_guesses_must_wait(exchanger: Exchanger) -> None:
    answers = [await exchange(exchanger, f"guess {number}") for number in range(ALLOWED + 1)]
    assert answers == [401] * ALLOWED + [429]


@pytest.mark.parametrize("verifier", ["", "short", "x" * 129, "é" * 43, "\ud800" * 43])
async def test_a_secret_that_no_tab_makes_is_refused(exchanger: Exchanger, verifier: str) -> None:
    assert await exchange(exchanger, "code", verifier) == 401


async def test_another_body_is_refused(exchanger: Exchanger) -> None:
    for code, verifier in ((None, VERIFIER), ("code", ["x"]), (1, VERIFIER)):
        assert await exchange(exchanger, code, verifier) == 400
    for body, kind, status in (
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"code=a&verifier=b", "application/x-www-form-urlencoded", 400),
        (b"[" * 20_000, "application/json", 413),
    ):
        async with exchanger.post("/tabs/session", data=body, headers={"Content-Type": kind}) as answer:
            assert answer.status == status


@pytest.mark.parametrize("token", ["tab.", "tab.x", link() + "x", "tab." + "é" * 43, link().replace("tab.", "tab:")])
async def test_what_no_tab_opens_is_a_dead_link(browser: Browser, token: str) -> None:
    assert (await browser.open(token)).status == 404


async def test_the_window_speaks_the_browsers_language(browser: Browser) -> None:
    assert 'lang="fr"' in (await browser.open(link(), language="fr-FR,fr;q=0.9")).text


async def test_the_form_of_another_link_is_refused(browser: Browser, people: People) -> None:
    opened = await browser.open(link(OTHERS))
    page = await browser.post(link(), {**opened.fields, "email": "desk@example.com", "password": PASSWORD})
    assert page.status == 403


async def test_a_choice_cannot_claim_another_way_of_signing_in(browser: Browser, people: People) -> None:
    choice = await browser.sign_in(link(), "manager@example.com")
    for provider in ("entra", "", "anything"):
        assert (await browser.post(link(), choice.fields | {"provider": provider})).status == 403


async def test_a_tabs_code_is_worth_nothing_in_the_chat(browser: Browser, sign_in: SignIn, people: People) -> None:
    code = (await browser.sign_in(link(), "desk@example.com")).code
    with pytest.raises(NoSignIn):
        await sign_in.complete(TEAMS_USER, CHAT, code)
