"""The tab *About*: who is signed in, first use of MiCollab on the visitor's own device, signing out, and the guide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from playwright.async_api import expect
from sqlalchemy import update

from store.schema import accounts
from tests.axe import violations
from tests.tabs.personal.conftest import SITE
from tests.teams_client import Client, client, framed

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from playwright.async_api import Page

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.tabs.personal.conftest import Site

__all__ = ["client"]

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"


@pytest.fixture
def routes(people: People) -> list[web.RouteDef]:
    """Stands in for ``auth.entra.teams_session``, whose own tests are with Entra ID."""

    async def exchange(request: web.Request) -> web.Response:
        header = await request.app[SITE].bearer(people.desk)
        return web.json_response({"token": header["Authorization"].removeprefix("Bearer ")})

    return [web.post("/console/teams-session", exchange)]


async def about(http: ClientSession, site: Site, **headers: str) -> str:
    async with http.get(f"{site.origin}/tabs/about", headers=headers) as answer:
        assert answer.status == 200
        return await answer.text()


@pytest.mark.parametrize(
    ("agent", "client_type", "first"),
    [
        ("Mozilla/5.0 (Windows NT 10.0)", "desktop", "Windows"),
        (MAC, "desktop", "Mac"),
        (MAC, "ipados", "iPhone or iPad"),
        ("", "ios", "iPhone or iPad"),
        ("Mozilla/5.0 (Linux; Android 15)", "android", "Android"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "web", "Teams in a browser"),
    ],
)
async def test_the_guide_of_the_own_device_is_the_first_and_open(
    http: ClientSession, site: Site, people: People, *, agent: str, client_type: str, first: str
) -> None:
    headers = {"User-Agent": agent, "X-Teams-Client": client_type}
    text = await about(http, site, **headers, **(await site.bearer(people.desk)))
    opened = re.findall(r"<details open>\s*<summary>([^<]*) · this device<", text)
    assert opened == [first]
    assert re.findall(r"<summary>([^<]*?)(?: ·[^<]*)?</summary>", text)[0] == first
    assert text.count("<details") == 5


async def test_an_unknown_device_gets_all_guides_closed(http: ClientSession, site: Site, people: People) -> None:
    text = await about(http, site, **{"User-Agent": "?"}, **(await site.bearer(people.desk)))
    assert (text.count("<details>"), "this device" in text) == (5, False)


async def test_it_tells_who_is_signed_in_and_of_nobody_else(
    http: ClientSession, site: Site, people: People, database: Database
) -> None:
    hostile = "<script>alert(1)</script>"
    await database.write(
        lambda connection: connection.execute(
            update(accounts).where(accounts.c.account_id == people.account.account_id).values(name=hostile)
        )
    )
    text = await about(http, site, **(await site.bearer(people.desk)))
    assert "Front Desk" in text
    assert "desk@example.com" in text
    assert hostile not in text
    assert people.stranger.name not in text
    assert re.search(r">Mitel Assistant \d+\.\d+\.\d+<", text)


async def test_an_iphone_is_told_when_nothing_can_be_dialled_from_it(
    http: ClientSession, site: Site, people: People, database: Database
) -> None:
    headers = {**(await site.bearer(people.desk)), "X-Teams-Client": "ios"}
    assert "has not set up the link of MiCollab" in await about(http, site, **headers)
    dialing = {"ios_uri_template": "softphone:{number}"}
    await database.write(lambda connection: connection.execute(update(accounts).values(dialing=dialing)))
    assert "Install MiCollab 9.7.10 or newer." in await about(http, site, **headers)


async def test_a_browser_signs_out_with_its_token_alone(http: ClientSession, site: Site, people: People) -> None:
    cookie = {"Cookie": f"session={await site.cookie(people.desk)}"}
    csrf = re.search(r'name="csrf" value="([^"]+)"', await about(http, site, **cookie))
    assert csrf
    for sent, status in (({}, 403), ({"csrf": csrf[1]}, 303)):
        address = f"{site.origin}/tabs/sign-out"
        async with http.post(address, data=sent, headers=cookie, allow_redirects=False) as answer:
            assert answer.status == status
    async with http.get(f"{site.origin}/tabs/about", headers=cookie, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/tabs/sign-in?next=/tabs/about"


async def test_signing_out_in_teams_ends_that_session_and_stays(site: Site, client: Page, people: People) -> None:
    """Teams could sign the person in again at once, but it is they who choose."""
    elsewhere = await site.bearer(people.desk)
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/about-app")
    await tab.get_by_role("button", name="Sign out").click()
    await expect(tab.get_by_text("You are signed out.")).to_be_visible()
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/about-app")
    await expect(tab.get_by_text("You are signed out.")).to_be_visible()
    assert await site.sessions.find(elsewhere["Authorization"].removeprefix("Bearer ")) is not None
    await tab.get_by_role("button", name="Continue with Microsoft").click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("About Mitel Assistant")
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/about-app")
    await expect(tab.get_by_role("heading", level=1)).to_have_text("About Mitel Assistant")


@pytest.mark.parametrize(("theme", "width"), [("default", 320), ("dark", 768), ("contrast", 1200)])
async def test_everybody_can_read_it(site: Site, client: Page, theme: str, width: int) -> None:
    told = Client(theme=theme, client_type="ios")
    await client.set_viewport_size({"width": width, "height": 900})
    tab = await framed(client, f"{site.secure_origin}/tabs/teams/about-app", told=told, size=(width, 900))
    await expect(tab.get_by_role("heading", level=1)).to_have_text("About Mitel Assistant")
    assert await violations(tab) == []
    assert not await tab.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(
    ("language", "title"), [("fr-FR", "guide"), ("de-DE", "guide for users"), ("en-GB", "guide for users")]
)
async def test_the_guide_is_there_in_french_and_otherwise_in_english(
    http: ClientSession, site: Site, language: str, title: str
) -> None:
    async with http.get(f"{site.origin}/guide/user", headers={"Accept-Language": language}) as answer:
        text = await answer.text()
    assert answer.content_type == "text/html"
    assert answer.headers["Content-Language"] == ("fr" if language == "fr-FR" else "en")
    heading = text.partition("<h1>")[2].partition("</h1>")[0]
    assert title in heading.lower()


async def test_the_guide_in_one_language_leads_to_the_other(http: ClientSession, site: Site) -> None:
    async with http.get(f"{site.origin}/guide/user", headers={"Accept-Language": "fr"}) as answer:
        assert '<a href="/guide/user?language=en">In English</a>' in await answer.text()
    english = {"language": "en"}
    async with http.get(f"{site.origin}/guide/user", params=english, headers={"Accept-Language": "fr"}) as answer:
        assert answer.headers["Content-Language"] == "en"
        assert "guide for users</h1>" in await answer.text()
