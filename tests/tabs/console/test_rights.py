"""Who sees which page: ids of others are unknown, changes without the session's token are refused."""

from __future__ import annotations

import pytest

from tests.tabs.console.conftest import Browser, People

PAGES = ["", "/users", "/users/new", "/imports", "/audit", "/settings"]


@pytest.mark.parametrize("page", PAGES)
async def test_a_partner_sees_its_customers_and_its_own_account(partner: Browser, people: People, page: str) -> None:
    for account_id in (people.customer, people.partner):
        assert (await partner.get(f"/console/accounts/{account_id}{page}")).status == 200


@pytest.mark.parametrize("page", PAGES)
async def test_an_account_of_somebody_else_is_not_there(partner: Browser, people: People, page: str) -> None:
    answer = await partner.get(f"/console/accounts/{people.foreign}{page}")
    assert answer.status == 404
    assert "Other Partner" not in answer.text


@pytest.mark.parametrize("page", PAGES)
async def test_an_administrator_sees_the_own_account_alone(admin: Browser, people: People, page: str) -> None:
    assert (await admin.get(f"/console/accounts/{people.customer}{page}")).status == 200
    assert (await admin.get(f"/console/accounts/{people.partner}{page}")).status == 404


async def test_an_administrator_has_no_customers_and_ends_no_account(admin: Browser, people: People) -> None:
    own = f"/console/accounts/{people.customer}"
    settings = await admin.get(f"{own}/settings")
    assert "Ending this account" not in settings.words
    assert 'name="telephony_role_limit"' not in settings.text
    assert 'href="/console/accounts"' not in settings.text
    for path in ("/console/accounts", "/console/accounts/new", f"{own}/delete"):
        assert (await admin.get(path)).status == 403
    for path in (f"{own}/deactivate", f"{own}/delete", "/console/accounts/new"):
        assert (await admin.post(path, {"csrf": settings.csrf, "name": "Example Company"})).status == 403


@pytest.mark.parametrize("page", PAGES[1:])
async def test_a_user_sees_what_is_known_of_them_and_nothing_else(browser: Browser, people: People, page: str) -> None:
    home = await browser.sign_in(people.user_email)
    assert "Dora Desk" in home.words
    assert "101" in home.words
    assert "/console/accounts" not in home.text
    assert (await browser.get(f"/console/accounts/{people.customer}{page}")).status == 403


@pytest.mark.parametrize("id_", ["nobody", "00000000-0000-0000-0000-000000000000", "%00", "x" * 500, "é", "a b"])
async def test_ids_that_are_nobodys_are_pages_that_say_so(partner: Browser, people: People, id_: str) -> None:
    own = f"/console/accounts/{people.customer}"
    for path in (f"/console/accounts/{id_}/users", f"{own}/users/{id_}/delete", f"{own}/imports/{id_}/report.csv"):
        answer = await partner.get(path)
        assert answer.status == 404, path
    answer = await partner.get(f"{own}/audit?subject={id_}")
    assert answer.status in {200, 404}


@pytest.mark.parametrize(
    "query", ["users?kind=unheard-of", "users?after=x", "users?after=%00", "audit?after=x", "audit?after=9e9"]
)
async def test_queries_that_are_none_of_ours_find_nothing(partner: Browser, people: People, query: str) -> None:
    assert (await partner.get(f"/console/accounts/{people.customer}/{query}")).status == 404


@pytest.mark.parametrize("csrf", [None, "", "x", "é" * 64])
async def test_a_change_without_the_sessions_token_is_refused_with_a_way_back(
    partner: Browser, people: People, csrf: str | None
) -> None:
    fields = {"x": "y"} if csrf is None else {"csrf": csrf}
    user = f"/console/accounts/{people.customer}/users/{people.customers_user}"
    refused = await partner.post(f"{user}/deactivate", fields)
    assert refused.status == 403
    assert "Go back and try again" in refused.words
    assert 'href="/console"' in refused.text
    assert "Inactive" not in (await partner.get(user)).words


async def test_the_token_of_another_session_is_refused(partner: Browser, people: People) -> None:
    before = (await partner.get("/console")).csrf
    partner.http.cookie_jar.clear()
    await partner.sign_in(people.partner_email)
    path = f"/console/accounts/{people.customer}/deactivate"
    assert (await partner.post(path, {"csrf": before})).status == 403


async def test_a_form_after_the_session_has_ended_leads_to_the_sign_in(browser: Browser, people: People) -> None:
    answer = await browser.post(f"/console/accounts/{people.customer}/deactivate", {"csrf": "x"})
    assert answer.path == "/console/sign-in?next=/console"


async def test_a_deactivated_person_is_out_at_once(admin: Browser, people: People, origin: str) -> None:
    from aiohttp import ClientSession, CookieJar

    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        other = Browser(http, origin)
        await other.sign_in(people.user_email)
        user = f"/console/accounts/{people.customer}/users/{people.customers_user}"
        done = await admin.fill_in(user, {}, action=f"{user}/deactivate")
        assert "signed out everywhere" in done.words
        assert (await other.get("/console")).path.startswith("/console/sign-in")
