"""The tab *Settings*: what is chosen is kept, counts for the pages, and is nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from store.conversations import Conversations
from store.directory import Directory
from store.identity import TeamsUser
from store.local_times import QuietHours
from store.preferences import Preferences, PreferenceStore
from tests.axe import violations

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.tabs.personal.conftest import Site

FORM = {"missed_calls": "1", "from": "20:00", "until": "07:00", "language": "", "time_zone": ""}
CHAT = TeamsUser("app", "tenant", "29:desk")


async def test_settings_are_saved_and_stay(site: Site, people: People, database: Database) -> None:
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/settings")
        await page.get_by_label("Daily summary").check()
        await page.get_by_label("Keep messages for later").check()
        await page.get_by_label("Starts at", exact=True).fill("21:30")
        for day in ("Saturday", "Sunday"):
            await page.get_by_label(day).uncheck()
        await page.get_by_label("Language").select_option("fr")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_have_text("Vos paramètres sont enregistrés.")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Paramètres")
    assert await PreferenceStore(database).of(people.desk.principal) == Preferences(
        daily_summary=True,
        quiet=True,
        quiet_hours=QuietHours(21 * 60 + 30, 7 * 60, frozenset(range(5))),
        language="fr",
    )
    assert await PreferenceStore(database).of(people.stranger.principal) == Preferences()


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 768), ("light", 1200)])
async def test_everybody_can_use_it(site: Site, people: People, width: int, scheme: Literal["light", "dark"]) -> None:
    async with site.browser(people.desk, color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        await page.goto(f"{site.origin}/tabs/settings?saved=1", wait_until="domcontentloaded")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_it_says_who_one_is_and_signs_out_of_the_chat(
    http: ClientSession, site: Site, people: People, database: Database
) -> None:
    directory, conversations = Directory(database), Conversations(database)
    await directory.connect(CHAT, people.desk.principal)
    await conversations.remember(CHAT, "a:desk", {})
    others = TeamsUser("app", "tenant", "29:night")
    await directory.connect(others, people.stranger.principal)
    bearer = await site.bearer(people.desk)
    async with http.get(f"{site.origin}/tabs/settings", headers=bearer) as answer:
        text = await answer.text()
    assert "desk@example.com" in text
    assert "Sign out of the chat" in text

    async with http.post(f"{site.origin}/tabs/settings/disconnect", data={}, headers=bearer) as answer:
        assert "You are signed out of the chat" in await answer.text()

    assert await directory.principal_of(CHAT) is None
    assert await conversations.of(CHAT) is None
    assert await directory.principal_of(others) == people.stranger.principal


@pytest.mark.parametrize(
    "changed", [{"from": "25:00"}, {"until": ""}, {"language": "xx"}, {"time_zone": "../x"}, {"days": "9"}]
)
async def test_what_cannot_be_chosen_is_refused(
    http: ClientSession, site: Site, people: People, database: Database, changed: dict[str, str]
) -> None:
    bearer = await site.bearer(people.desk)
    async with http.post(f"{site.origin}/tabs/settings", data={**FORM, **changed}, headers=bearer) as answer:
        assert answer.status == 400
        assert "Nothing was saved" in await answer.text()
    assert await PreferenceStore(database).of(people.desk.principal) == Preferences()


async def test_a_browser_changes_nothing_without_its_token(
    http: ClientSession, site: Site, people: People, database: Database
) -> None:
    cookie = {"Cookie": f"session={await site.cookie(people.desk)}"}
    for path in ("", "/disconnect"):
        async with http.post(
            f"{site.origin}/tabs/settings{path}", data={**FORM, "csrf": "0"}, headers=cookie
        ) as answer:
            assert answer.status == 403
    assert await PreferenceStore(database).of(people.desk.principal) == Preferences()


async def test_the_time_zone_chosen_is_that_of_the_pages(
    http: ClientSession, site: Site, people: People, database: Database
) -> None:
    await PreferenceStore(database).save(people.desk.principal, Preferences(time_zone="Asia/Tokyo"), zone="Asia/Tokyo")
    async with http.get(f"{site.origin}/tabs/settings", headers=await site.bearer(people.desk)) as answer:
        assert '<option value="Asia/Tokyo" selected>' in await answer.text()
