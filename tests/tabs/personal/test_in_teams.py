"""The call log as a Teams tab: framed, without cookies, with a bearer that only the page's script knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from playwright.async_api import expect

from store.directory import Directory
from store.identity import TeamsUser
from store.preferences import PreferenceStore
from tests.axe import violations
from tests.cloudlink.conftest import inbound
from tests.pictures import png
from tests.tabs.personal.conftest import SITE
from tests.tabs.personal.test_report_in_chromium import fill_in, hand_over
from tests.teams_client import TEAMS_TOKEN, client, framed

if TYPE_CHECKING:
    from playwright.async_api import Page

    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site

__all__ = ["client"]


@pytest.fixture
def routes(people: People) -> list[web.RouteDef]:
    """Stands in for ``auth.entra.teams_session``, whose own tests are with Entra ID: a bearer for the one token."""

    async def exchange(request: web.Request) -> web.Response:
        if await request.json() != {"token": TEAMS_TOKEN} or "Cookie" in request.headers:
            return web.json_response({}, status=401)
        header = await request.app[SITE].bearer(people.desk)
        return web.json_response({"token": header["Authorization"].removeprefix("Bearer ")})

    return [web.post("/console/teams-session", exchange)]


async def test_it_signs_in_in_silence_follows_new_calls_and_hides(
    site: Site, client: Page, people: People, record: Record, outbox: Outbox
) -> None:
    await record(people.desk, inbound("c1"))
    tab = await framed(client, f"{site.origin}/tabs/teams/calls")
    rows = tab.locator("ol.calls > li")
    await expect(rows).to_have_count(1)
    await expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(rows).to_have_css("display", "flex")
    await expect(tab.get_by_role("button", name="Sign out")).to_have_count(0)
    await record(people.desk, inbound("c2", 1, answered=False))
    outbox.wake()
    await expect(rows).to_have_count(2)
    assert await violations(tab) == []
    await rows.first.get_by_role("button", name="Hide").click()
    await expect(tab.get_by_text("The call is hidden.")).to_be_visible()
    await expect(rows).to_have_count(1)
    await tab.get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(2)
    await tab.get_by_role("link", name="Missed").click()
    await expect(rows).to_have_count(1)


async def test_a_problem_is_reported_with_a_screenshot(site: Site, client: Page, people: People) -> None:
    tab = await framed(client, f"{site.origin}/tabs/teams/report")
    await fill_in(tab)
    await hand_over(tab, "paste", png(60, 40))
    await tab.get_by_role("button", name="See what will be sent").click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("This will be sent")
    await expect(tab.get_by_role("row", name="Opened in")).to_contain_text("Teams · web")
    shown = tab.locator("img.screenshot")
    await expect(shown).to_have_attribute("src", re.compile("^blob:"))
    assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
    assert await violations(tab) == []
    await tab.get_by_role("button", name="Send").click()
    await expect(tab.locator(".code")).to_be_visible()
    (report,) = await site.reports.sent(people.desk.principal)
    await expect(tab.locator(".code")).to_have_text(report.reference)


async def test_a_note_is_written_and_a_number_copied_inside_the_frame(
    site: Site, client: Page, people: People, record: Record
) -> None:
    """The frame may not use the browser's clipboard: the host has not shared it."""
    await record(people.desk, inbound("c1"))
    tab = await framed(client, f"{site.origin}/tabs/teams/calls")
    row = tab.locator('[data-call="c1"]')
    await row.get_by_role("link", name="Note").click()
    await row.get_by_role("textbox", name="Note").fill("Call back")
    await row.get_by_role("button", name="Save").click()
    await expect(row.locator(".noted")).to_have_text("Call back")
    await row.get_by_role("button", name="Copy number").click()
    await expect(row.get_by_role("button", name="Copied")).to_be_focused()
    await row.get_by_role("link", name="Note").click()
    note = row.get_by_role("textbox", name="Note")
    await note.fill("")
    await note.press("ControlOrMeta+v")
    await expect(note).to_have_value("+33199000001")


async def test_a_list_is_saved_with_the_bearer(site: Site, client: Page, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    tab = await framed(client, f"{site.origin}/tabs/teams/calls")
    async with client.expect_download() as download:
        await tab.get_by_role("link", name="Save this list as a file").click()
    assert (await download.value).suggested_filename == "calls.csv"


async def test_without_teams_it_leads_to_the_browsers_own_page(site: Site, client: Page) -> None:
    await client.goto(f"{site.origin}/tabs/teams/calls")
    link = client.get_by_role("link", name="Open it in a browser")
    await expect(link).to_have_attribute("href", "/tabs/calls")


async def test_a_session_that_ends_is_opened_anew_in_silence(
    site: Site, client: Page, people: People, record: Record, outbox: Outbox
) -> None:
    """First the stream ends; what is asked for then gets another bearer, and the stream goes on with it."""
    async with client.expect_response("**/calls/events*"):
        tab = await framed(client, f"{site.origin}/tabs/teams/calls")
    await expect(tab.get_by_text("There are no calls here.")).to_be_visible()
    await site.sessions.end_all(people.desk.principal)
    for number in range(2):
        await record(people.desk, inbound(f"c{number}", number, caller=f"+3319900000{number}"))
        outbox.wake()
        await expect(tab.locator("ol.calls > li")).to_have_count(number + 1, timeout=15_000)


async def test_settings_are_saved_and_the_tab_speaks_the_language_that_was_chosen(
    site: Site, client: Page, people: People, database: Database
) -> None:
    """From the next page on, as well: the other tabs speak it, and the settings are still there."""
    tab = await framed(client, f"{site.origin}/tabs/teams/settings")
    await tab.get_by_label("Daily summary").check()
    await tab.get_by_label("Keep messages for later").check()
    await tab.get_by_label("Starts at", exact=True).fill("21:30")
    await tab.get_by_label("Language").select_option("fr")
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_role("status").filter(has_text="Vos paramètres sont enregistrés.")).to_be_visible()
    await expect(tab.locator("html")).to_have_attribute("lang", "fr")
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Paramètres")
    assert await violations(tab) == []
    chosen = await PreferenceStore(database).of(people.desk.principal)
    assert (chosen.language, chosen.daily_summary, chosen.quiet) == ("fr", True, True)
    tab = await framed(client, f"{site.origin}/tabs/teams/calls")
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Journal des appels")
    tab = await framed(client, f"{site.origin}/tabs/teams/settings")
    await expect(tab.locator("input[name=daily_summary]")).to_be_checked()
    await expect(tab.locator("input[name=from]")).to_have_value("21:30")
    await expect(tab.get_by_text("Vos paramètres sont enregistrés.")).to_have_count(0)


async def test_one_signs_out_of_the_chat_and_stays_in_the_tab(
    site: Site, client: Page, people: People, database: Database
) -> None:
    directory, chat = Directory(database), TeamsUser("app", "tenant", "29:desk")
    await directory.connect(chat, people.desk.principal)
    tab = await framed(client, f"{site.origin}/tabs/teams/settings")
    await tab.get_by_role("button", name="Sign out of the chat").click()
    await expect(tab.get_by_role("status").filter(has_text="You are signed out of the chat")).to_be_visible()
    await expect(tab.get_by_role("button", name="Sign out of the chat")).to_have_count(0)
    assert await directory.principal_of(chat) is None
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.get_by_role("status").filter(has_text="Your settings are saved.")).to_be_visible()
