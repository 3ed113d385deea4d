"""The sign-in pages by HTTP: who is named, what is refused, and what stays unsaid."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from auth.forms import Forms
from auth.pages import add_sign_in_pages
from cloudlink.port import CloudLinkUnavailable
from cloudlink.service.embedded import EmbeddedCloudLink
from tests.auth.conftest import CHAT, PASSWORD, TEAMS_USER, Browser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.sign_in import SignIn
    from cloudlink.model import User
    from store.database import Database
    from store.directory import Directory
    from tests.auth.conftest import People
    from tests.conftest import SteppedClock


class SilentCloudLink(EmbeddedCloudLink):
    """A CloudLink that does not answer."""

    async def sign_in(self, email: str, password: str, *, address: str) -> Sequence[User]:
        raise CloudLinkUnavailable


async def test_the_page_names_whom_it_connects(browser: Browser, token: str) -> None:
    page = await browser.open(token)
    assert page.status == 200
    assert "You are connecting Front Desk in Microsoft Teams" in page.text


async def test_password_then_code_then_connected(
    browser: Browser, sign_in: SignIn, directory: Directory, people: People, token: str
) -> None:
    page = await browser.sign_in(token, "desk@example.com")
    assert page.status == 200
    await sign_in.complete(TEAMS_USER, CHAT, page.code)
    assert await directory.principal_of(TEAMS_USER) == people.desk.principal


async def test_who_has_several_accounts_chooses_among_those_that_the_password_opens(
    browser: Browser, sign_in: SignIn, people: People, token: str
) -> None:
    choice = await browser.sign_in(token, "manager@example.com")
    assert choice.status == 200
    assert "Main Office" in choice.text
    assert "Branch Office" in choice.text
    assert "Other Office" not in choice.text
    page = await browser.post(token, choice.fields)
    chosen = await sign_in.complete(TEAMS_USER, CHAT, page.code)
    assert chosen == people.manager_at_branch.principal, "the first of the page, which is sorted by name"


async def test_a_choice_that_was_not_offered_is_refused(browser: Browser, people: People, token: str) -> None:
    choice = await browser.sign_in(token, "manager@example.com")
    someone = {"account": people.desk.account_id, "principal": people.desk.principal_id}
    refused = await browser.post(token, choice.fields | someone)
    assert refused.status == 403
    assert "data-code" not in refused.text


async def test_a_choice_without_a_password_is_refused(browser: Browser, people: People, token: str) -> None:
    page = await browser.open(token)
    someone = {"account": people.desk.account_id, "principal": people.desk.principal_id}
    assert (await browser.post(token, page.fields | someone)).status == 403


async def test_a_choice_of_another_link_is_refused(
    browser: Browser, sign_in: SignIn, people: People, token: str
) -> None:
    choice = await browser.sign_in(token, "manager@example.com")
    newer = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en")
    assert (await browser.post(newer, choice.fields)).status == 403


@pytest.mark.parametrize(
    ("email", "password"), [("desk@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("\x00", "\x00")]
)
async def test_nothing_tells_which_of_the_two_was_wrong(
    browser: Browser, people: People, token: str, email: str, password: str
) -> None:
    refused = await browser.sign_in(token, email, password)
    assert refused.status == 401
    assert refused.error == "This e-mail address and this password do not go together."
    assert password not in refused.text.replace("password", "") or password == "\x00"


async def test_the_right_password_helps_after_a_wrong_one(browser: Browser, people: People, token: str) -> None:
    refused = await browser.sign_in(token, "desk@example.com", "wrong")
    again = {**refused.fields, "email": "desk@example.com", "password": PASSWORD}
    assert (await browser.post(token, again)).code


async def test_guessing_is_slowed_down_and_told_for_how_long(browser: Browser, people: People, token: str) -> None:
    answers = [await browser.sign_in(token, "desk@example.com", f"guess {n}") for n in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 15
    assert "Too many attempts. Please try again in 15" in answers[-1].error
    assert (await browser.sign_in(token, "desk@example.com")).status == 429, "also with the right password"


async def test_a_form_that_did_not_come_from_our_page_is_refused(
    browser: Browser, sign_in: SignIn, people: People, token: str
) -> None:
    proof = (await browser.open(token)).fields["proof"]
    form = {"email": "desk@example.com", "password": PASSWORD}
    assert (await browser.post(token, form)).status == 403, "no proof"
    assert (await browser.post(token, form | {"proof": "é" * 64})).status == 403
    elsewhere = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en")
    assert (await browser.post(elsewhere, form | {"proof": proof})).status == 403, "the proof of another link"
    proof = (await browser.open(elsewhere)).fields["proof"]
    browser.http.cookie_jar.clear()
    refused = await browser.post(elsewhere, form | {"proof": proof})
    assert refused.status == 403, "the proof of another browser"
    assert refused.error == "This page was open for too long. Please sign in again."
    again = await browser.post(elsewhere, form | refused.fields)
    assert again.code, "the page that refuses can be filled in"


@pytest.mark.parametrize("fields", [{}, {"email": "desk@example.com"}, {"email": "a", "password": "x" * 1025}])
async def test_an_incomplete_form_is_shown_again(
    browser: Browser, people: People, token: str, fields: dict[str, str]
) -> None:
    opened = await browser.open(token)
    refused = await browser.post(token, opened.fields | fields)
    assert refused.status == 400
    assert refused.error == "Please enter your e-mail address and your password."
    assert f'value="{fields.get("email", "")}"' in refused.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"email=" + b"x" * 100_000, "application/x-www-form-urlencoded", 413),
        (b'{"email": "desk@example.com"}', "application/json", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"email=\xff", "application/x-www-form-urlencoded", 400),
        (b"email=x", "application/x-www-form-urlencoded; charset=unheard-of", 400),
        (rb"email=\ud800", "application/x-www-form-urlencoded; charset=unicode_escape", 400),
    ],
)
async def test_what_is_no_form_is_refused(
    browser: Browser, token: str, body: bytes, content_type: str, status: int
) -> None:
    assert (await browser.post(token, body, content_type)).status == status


@pytest.mark.parametrize("token", ["unknown", "x" * 4000, "%00", "é", "..%2f.."])
async def test_an_unknown_link_says_how_to_get_another(browser: Browser, token: str) -> None:
    page = await browser.open(token)
    assert page.status == 404
    assert "for a new one" in page.text
    assert (await browser.post(token, {"email": "desk@example.com", "password": PASSWORD})).status == 404


async def test_an_expired_link_does_too(browser: Browser, token: str, clock: SteppedClock) -> None:
    opened = await browser.open(token)
    clock.advance(minutes=10)
    assert (await browser.open(token)).status == 404
    late = await browser.post(token, {**opened.fields, "email": "desk@example.com", "password": PASSWORD})
    assert late.status == 404


async def test_a_used_link_is_gone(browser: Browser, people: People, token: str) -> None:
    done = await browser.sign_in(token, "desk@example.com")
    again = await browser.open(token)
    assert again.status == 410
    assert done.code not in again.text
    assert "shown its code already" in again.text


async def test_a_silent_cloudlink_is_told(sign_in: SignIn, database: Database, token: str) -> None:
    app = web.Application()
    add_sign_in_pages(app, sign_in, SilentCloudLink(database), forms=Forms(secure=False))
    async with TestServer(app) as server, ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        assert isinstance(server, TestServer)
        refused = await Browser(http, server).sign_in(token, "desk@example.com")
    assert refused.status == 503
    assert "cannot be reached" in refused.error


async def test_every_page_is_guarded_by_its_headers(browser: Browser, people: People, token: str) -> None:
    pages = [await browser.open("unknown"), await browser.open(token), await browser.sign_in(token, "x", "x")]
    pages += [await browser.sign_in(token, "manager@example.com"), await browser.sign_in(token, "desk@example.com")]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert ["script-src" in page.headers["Content-Security-Policy"] for page in pages] == [False] * 4 + [True]


async def test_a_name_is_text_and_never_markup(browser: Browser, sign_in: SignIn) -> None:
    token = await sign_in.begin(TEAMS_USER, CHAT, "<script>alert(1)</script> {email}", "en")
    page = await browser.open(token)
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_the_page_speaks_the_language_of_the_chat(browser: Browser, sign_in: SignIn) -> None:
    token = await sign_in.begin(TEAMS_USER, CHAT, "Accueil", "fr_FR")
    assert '<html lang="fr">' in (await browser.open(token, language="en-GB")).text


async def test_a_dead_link_speaks_the_language_of_the_browser(browser: Browser) -> None:
    assert '<html lang="fr">' in (await browser.open("unknown", language="fr-CA,fr;q=0.9,en;q=0.8")).text
    assert '<html lang="en">' in (await browser.open("unknown", language="")).text


async def test_cookies_are_bound_to_our_host_where_people_come_by_https(
    sign_in: SignIn, cloudlink: EmbeddedCloudLink, token: str
) -> None:
    app = web.Application()
    add_sign_in_pages(app, sign_in, cloudlink, forms=Forms(secure=True))
    async with TestServer(app) as server, ClientSession() as http:
        response = await http.get(server.make_url(f"/sign-in/{token}"))
        cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sign-in=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_the_log_holds_no_secret(
    browser: Browser, people: People, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await browser.sign_in(token, "desk@example.com", "wrong secret")
        code = (await browser.sign_in(token, "desk@example.com")).code
    logged = str([vars(record) for record in caplog.records if record.name.startswith(("auth", "cloudlink", "store"))])
    assert "a sign-in was granted" in logged
    for secret in (token, code, PASSWORD, "wrong secret", "desk@example.com"):
        assert secret not in logged
