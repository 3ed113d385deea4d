"""Signing in to the console: what the cookie is, who is turned away, where one goes on to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlalchemy import insert

from cloudlink.administration.users import NewUser
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.embedded import EmbeddedCloudLink
from store.schema import integrations
from tabs.console import Services, add_console
from tests.tabs.console.conftest import OPERATOR, PASSWORD, Browser, People, set_password

if TYPE_CHECKING:
    from cloudlink.model import Principal
    from cloudlink.service.identity.sessions import SessionStore
    from store.database import Database
    from tests.conftest import SteppedClock


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(browser: Browser, people: People) -> None:
    asked = await browser.get("/console/accounts?q=company")
    assert asked.path == "/console/sign-in?next=/console/accounts?q%3Dcompany"
    fields = {**asked.hidden, "email": people.partner_email, "password": PASSWORD}
    assert (await browser.post(asked.path, fields)).path == "/console/accounts?q=company"


async def test_a_wrong_password_is_refused_in_words(browser: Browser, people: People) -> None:
    refused = await browser.sign_in(people.partner_email, "a guess")
    assert refused.status == 401
    assert refused.alert == "This e-mail address and this password do not go together."
    assert f'value="{people.partner_email}"' in refused.text
    assert "a guess" not in refused.text


async def test_where_only_microsoft_signs_in_a_password_opens_nothing_and_a_wrong_one_learns_nothing(
    browser: Browser, people: People, services: Services, database: Database, clock: SteppedClock
) -> None:
    await services.accounts.change(OPERATOR, people.customer, {"mitel_credentials": False})
    assert (await browser.sign_in(people.admin_email)).status == 200, "without single sign-on there is no other way"
    browser.http.cookie_jar.clear()
    sso = {"account_id": people.customer, "kind": "entraSso", "enabled": True, "configuration": {}}
    row = {**sso, "created_on": clock(), "modified_on": clock()}
    await database.write(lambda connection: connection.execute(insert(integrations), row))
    refused = await browser.sign_in(people.admin_email)
    assert refused.status == 403
    assert "Sign in with Microsoft" in refused.alert
    assert "do not go together" in (await browser.sign_in(people.admin_email, "a guess")).alert
    assert (await browser.get("/console")).path.startswith("/console/sign-in")


async def test_guessing_is_slowed_down(browser: Browser, people: People) -> None:
    answers = [await browser.sign_in(people.partner_email, f"guess {n}") for n in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/%5Cevil.example", "%2F%2Fevil.example", "/%09/evil.example"]
)
async def test_a_sign_in_leads_to_no_other_host(browser: Browser, people: People, wanted: str) -> None:
    assert (await browser.sign_in(people.partner_email, wanted=wanted)).path == "/console"


async def test_a_form_from_elsewhere_signs_nobody_in(browser: Browser, people: People) -> None:
    refused = await browser.post("/console/sign-in", {"email": people.partner_email, "password": PASSWORD})
    assert refused.status == 403
    assert "Please sign in again" in refused.alert
    assert (await browser.get("/console")).path.startswith("/console/sign-in")


@pytest.mark.parametrize(("body", "status"), [(b"email=" + b"x" * 100_000, 413), ({"email": "x"}, 403)])
async def test_what_is_no_form_of_ours_is_refused(browser: Browser, body: object, status: int) -> None:
    kind = "application/x-www-form-urlencoded"
    assert (await browser.post("/console/sign-in", body, Content_Type=kind)).status == status


async def test_signing_out_ends_the_session_and_not_only_the_cookie(partner: Browser) -> None:
    cookie = {cookie.key: cookie.value for cookie in partner.http.cookie_jar}["session"]
    home = await partner.get("/console")
    assert (await partner.post("/console/sign-out", {"csrf": home.csrf})).path == "/console/sign-in"
    again = await partner.get("/console", Cookie=f"session={cookie}")
    assert again.path.startswith("/console/sign-in")


async def test_somebody_with_two_accounts_chooses(
    browser: Browser, people: People, services: Services, database: Database, password_hash: str
) -> None:
    both = NewUser("Paula", "Partner", people.partner_email)
    made = await services.users.create(OPERATOR, people.customer, both, invite=False)
    await set_password(database, made.user.principal_id, password_hash)
    choice = await browser.sign_in(people.partner_email)
    assert "Example Partner" in choice.text
    assert "Example Company" in choice.text
    home = await browser.post(choice.path, choice.hidden)
    assert home.path == "/console"
    fields = {**choice.hidden, "account": people.foreign}
    assert (await browser.post(choice.path, fields)).status == 403, "an account that the password did not open"


async def test_the_cookie_is_bound_to_our_host_where_people_come_by_https(
    services: Services, sessions: SessionStore, database: Database, clock: SteppedClock, people: People
) -> None:
    app = web.Application()
    cloudlink = EmbeddedCloudLink(database, clock)
    add_console(app, services, sessions, cloudlink, public_url="https://assistant.example.com", now=clock)
    async with TestServer(app) as server, ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        browser = Browser(http, str(server.make_url("/")).rstrip("/"))
        form = await browser.get("/console/sign-in")
        name, _, nonce = form.headers["Set-Cookie"].partition(";")[0].partition("=")
        fields = {**form.hidden, "email": people.partner_email, "password": PASSWORD}
        answer = await browser.post("/console/sign-in", fields, follow=False, Cookie=f"{name}={nonce}")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


async def test_a_tab_carries_a_bearer_and_needs_no_cookie(
    browser: Browser, sessions: SessionStore, services: Services, people: People
) -> None:
    user = await principal_of(services, people, "Ada")
    bearer = await sessions.open(user, SessionKind.TEAMS, AuthProvider.ENTRA, address="192.0.2.1")
    home = await browser.get("/console", Authorization=f"Bearer {bearer}")
    assert home.status == 200
    assert "Example Company" in home.text
    assert "Sign out" not in home.words, "Teams signs in and out"
    path = f"/console/accounts/{people.customer}/users/{people.customers_user}/deactivate"
    done = await browser.post(path, {}, Authorization=f"Bearer {bearer}", follow=False)
    assert done.headers["Location"].endswith("?note=user-deactivated")


@pytest.mark.parametrize("bearer", ["", "unknown", "é", "x" * 5000])
async def test_a_bearer_that_is_none_of_a_tab_is_asked_for_another(browser: Browser, bearer: str) -> None:
    refused = await browser.get("/console", follow=False, Authorization=f"Bearer {bearer}")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_a_cookie_is_no_bearer(partner: Browser) -> None:
    cookie = {cookie.key: cookie.value for cookie in partner.http.cookie_jar}["session"]
    assert (await partner.get("/console", follow=False, Authorization=f"Bearer {cookie}")).status == 401


async def test_only_the_empty_page_of_the_tab_may_be_framed_and_only_by_teams(partner: Browser) -> None:
    tab, home = await partner.get("/console/teams"), await partner.get("/console")
    assert (
        "frame-ancestors https://*.cloud.microsoft https://teams.microsoft.com"
        in tab.headers["Content-Security-Policy"]
    )
    assert "frame-ancestors 'none'" in home.headers["Content-Security-Policy"]
    assert "Partner" not in tab.words.replace("Mitel", "")
    for page in (tab, home):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"


async def test_a_session_that_nobody_uses_ends(partner: Browser, clock: SteppedClock) -> None:
    clock.advance(minutes=31)
    assert (await partner.get("/console")).path.startswith("/console/sign-in")


async def principal_of(services: Services, people: People, name: str) -> Principal:
    (record,) = (await services.users.find(OPERATOR, people.customer, text=name)).items
    return record.user.principal
