"""Signing in to a tab where Teams cannot do it without a word: in a window, again after a while, and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from playwright.async_api import expect

from tests.axe import violations
from tests.cloudlink.conftest import PASSWORD, inbound
from tests.tabs.personal.conftest import SITE
from tests.teams_client import TEAMS_TOKEN, Client, client, framed

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page

    from store.outbox import Outbox
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock
    from tests.tabs.personal.conftest import Site

__all__ = ["client"]

# What Teams says where the package names no application for single sign-on.
NO_SSO = Client(sso_error="App resource defined in manifest and iframe origin do not match")
SIGNED_IN = "There are no calls here."


@pytest.fixture
def routes(people: People) -> list[web.RouteDef]:
    """Stands in for ``auth.entra.teams_session``: a bearer for the one token, and nobody for any other."""

    async def exchange(request: web.Request) -> web.Response:
        if await request.json() != {"token": TEAMS_TOKEN}:
            return web.json_response({"reason": "notLinked"}, status=403)
        header = await request.app[SITE].bearer(people.desk)
        return web.json_response({"token": header["Authorization"].removeprefix("Bearer ")})

    return [web.post("/console/teams-session", exchange)]


async def sign_in(client: Page, tab: Frame, email: str = "desk@example.com") -> None:
    """By CloudLink, in the window."""
    async with client.expect_popup() as opening:
        await tab.get_by_role("button", name="Sign in with CloudLink").click()
    window = await opening.value
    await window.get_by_label("E-mail address").fill(email)
    await window.get_by_label("Password").fill(PASSWORD)
    async with window.expect_event("close"):
        await window.get_by_role("button", name="Sign in").click()


async def asked(client: Page, what: str) -> list[list[object]]:
    told: list[list[object]] = await client.evaluate("teams.asked")
    return [each[1:] for each in told if each[0] == what]


async def test_without_entra_id_a_window_signs_in_and_teams_need_not_ask_again(
    site: Site, client: Page, people: People, record: Record
) -> None:
    """Neither a cookie nor a token in an address; another Teams user on the same machine gets nothing of it."""
    await record(people.desk, inbound("c1"))
    addresses: list[str] = []
    client.context.on("request", lambda request: addresses.append(request.url))
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=NO_SSO)
    await expect(tab.get_by_text("Sign in once with your telephone account")).to_be_visible()
    await expect(tab.get_by_role("button", name="Continue with Microsoft")).to_be_hidden()
    assert await violations(tab) == []
    await sign_in(client, tab)
    await expect(tab.locator("ol.calls > li")).to_have_count(1)
    assert {cookie.get("name") for cookie in await client.context.cookies()} <= {"sign-in"}
    kept = await tab.evaluate("Object.values(localStorage)")
    assert len(kept) == 1
    assert not [address for address in addresses if kept[0] in address]
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=NO_SSO)
    await expect(tab.locator("ol.calls > li")).to_have_count(1)
    somebody_else = Client(sso_error=NO_SSO.sso_error, user="00000000-0000-4000-8000-0000000000d6")
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=somebody_else)
    await expect(tab.get_by_role("heading", name="Sign in to Mitel Assistant")).to_be_visible()
    await expect(tab.locator("ol.calls")).to_have_count(0)


async def test_consent_is_asked_for_once_when_the_person_wants_it(site: Site, client: Page) -> None:
    told = Client(silent_error="resourceRequiresConsent", sso_error="CancelledByUser")
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=told)
    await expect(tab.get_by_text("Microsoft asks you once")).to_be_visible()
    assert [silent for _, _, silent, *_ in await asked(client, "authentication.getAuthToken")] == [True]
    await tab.get_by_role("button", name="Continue with Microsoft").click()
    await expect(tab.get_by_text("was closed before you were signed in")).to_be_visible()
    await client.evaluate("teams.sso_error = ''")
    await tab.get_by_role("button", name="Continue with Microsoft").click()
    await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()
    tokens = await asked(client, "authentication.getAuthToken")
    assert [silent for _, _, silent, *_ in tokens] == [True, False, False]


async def test_a_window_that_is_blocked_or_closed_is_told_and_may_be_opened_again(site: Site, client: Page) -> None:
    told = Client(sso_error="resourceDisabled", blocks_windows=True)
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=told)
    await tab.get_by_role("button", name="Sign in with CloudLink").click()
    await expect(tab.get_by_text("The sign-in window was blocked.")).to_be_visible()
    await client.evaluate("teams.blocks_windows = false")
    async with client.expect_popup() as opening:
        await tab.get_by_role("button", name="Sign in with CloudLink").click()
    await (await opening.value).close()
    await expect(tab.get_by_text("was closed before you were signed in")).to_be_visible()
    await sign_in(client, tab)
    await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()


async def test_a_refused_person_and_a_slow_microsoft_are_told_what_to_do(site: Site, client: Page) -> None:
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=Client(token="somebody else's"))
    await expect(tab.get_by_text("no telephone account belongs to you here")).to_be_visible()
    await expect(tab.get_by_role("button")).to_have_text(["Sign in with CloudLink"])
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=Client(sso_error="renewalTimeout"))
    await expect(tab.get_by_text("Signing in does not work at the moment.")).to_be_visible()
    assert len(await asked(client, "authentication.getAuthToken")) == 2, "it may be chance once"
    await client.evaluate("teams.sso_error = ''")
    await tab.get_by_role("button", name="Try again").click()
    await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()


async def test_a_session_that_ends_says_so_and_comes_back_to_the_same_place(
    site: Site, client: Page, people: People, record: Record, outbox: Outbox
) -> None:
    await record(people.desk, inbound("c1", answered=False))
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=NO_SSO)
    await sign_in(client, tab)
    await tab.get_by_role("link", name="Missed").click()
    await expect(tab.get_by_role("link", name="Missed")).to_have_attribute("aria-current", "page")
    await site.sessions.end_all(people.desk.principal)
    await tab.get_by_role("button", name="Hide").click()
    await expect(tab.get_by_text("Your session has ended.")).to_be_visible()
    await expect(tab.get_by_role("heading", level=1)).to_have_count(1)
    await sign_in(client, tab)
    await expect(tab.get_by_text("The call is hidden.")).to_be_visible()
    await expect(tab.get_by_role("link", name="Missed")).to_have_attribute("aria-current", "page")


async def test_it_stays_signed_in_over_a_weekend_and_not_for_ever(
    site: Site, client: Page, people: People, clock: SteppedClock
) -> None:
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=NO_SSO)
    await sign_in(client, tab)
    await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()
    for days, shown in ((3, SIGNED_IN), (5, "Your session has ended.")):
        clock.advance(hours=24 * days)
        tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=NO_SSO)
        await expect(tab.get_by_text(shown)).to_be_visible()


async def test_a_connection_that_is_away_at_first_comes_back_by_itself(site: Site, client: Page) -> None:
    await client.context.route("**/console/teams-session", lambda route: route.abort())
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls")
    await expect(tab.get_by_text("You are signed in when it is back.")).to_be_visible()
    await client.context.unroute("**/console/teams-session")
    await tab.evaluate("dispatchEvent(new Event('online'))")
    await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()


async def test_a_page_that_does_not_come_is_asked_for_again(site: Site, client: Page) -> None:
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls")
    await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()
    await client.context.route("**/tabs/calls?kind=missed", lambda route: route.abort())
    await tab.get_by_role("link", name="Missed").click()
    await expect(tab.get_by_role("alert")).to_contain_text("There is no answer.")
    await client.context.unroute("**/tabs/calls?kind=missed")
    await tab.get_by_role("button", name="Try again").click()
    await expect(tab.get_by_role("link", name="Missed")).to_have_attribute("aria-current", "page")
    await expect(tab.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("sub_page", "current"),
    [
        ("/tabs/calls?kind=missed", "Missed"),
        ("/tabs/calls?kind=none", "All"),
        ("/tabs/nothing", "All"),
        ("/tabs/calls/export.csv", "All"),
        ("https://example.com/tabs/calls?kind=missed", "All"),
        ("//example.com/tabs/calls", "All"),
        ("/console/users", "All"),
        ("kind=missed", "All"),
    ],
)
async def test_a_deep_link_opens_a_page_of_the_tab_and_nothing_else(
    site: Site, client: Page, sub_page: str, current: str
) -> None:
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=Client(sub_page=sub_page))
    await expect(tab.locator("nav.kinds [aria-current]")).to_have_text(current)
    assert tab.url.startswith(f"{site.secure_origin}/tabs/calls")


async def test_another_users_link_shows_nothing_of_theirs(
    site: Site, client: Page, people: People, record: Record
) -> None:
    """The bearer decides whose page it is, whatever the address names."""
    await record(people.warehouse, inbound("theirs"))
    await record(people.stranger, inbound("foreign"))
    for query in ("hidden=theirs", "q=33199", f"principal={people.warehouse.principal_id}", "kind=incoming"):
        told = Client(sub_page=f"/tabs/calls?{query}")
        tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=told)
        await expect(tab.get_by_text(SIGNED_IN)).to_be_visible()
        await expect(tab.locator("[data-call]")).to_have_count(0)


async def test_calls_start_as_the_client_of_teams_can(site: Site, client: Page, people: People, record: Record) -> None:
    """Whatever the browser inside it says that it is."""
    await record(people.desk, inbound("c1"))
    for client_type, where in (("ios", "/dial/"), ("ipados", "/dial/"), ("desktop", "tel:"), ("<script>", "tel:")):
        told = Client(client_type=client_type)
        tab = await framed(client, f"{site.secure_origin}/tabs/teams/calls", told=told)
        href = await tab.get_by_role("link", name="Call +33199000001").get_attribute("href")
        assert (href or "").startswith(where)
