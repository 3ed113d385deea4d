"""The Contacts tab in a real browser: it finds while one types, follows lines, and everybody can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from cloudlink.model import NumberKind, PersonNumber
from cloudlink.service.line_watch import LineWatch
from store.people.index import Contact, keep_contact
from tests.axe import violations
from tests.lines import linked, unlink

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import AddPerson, Line, People
    from tests.conftest import SteppedClock
    from tests.tabs.personal.conftest import Site


async def test_people_are_found_while_one_types(site: Site, people: People, add_person: AddPerson) -> None:
    for number in range(120):
        await add_person(f"Person {number:03}", str(1000 + number))
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/contacts")
        rows, box = page.locator("ol.people > li"), page.get_by_role("searchbox", name="Name or number")
        await box.press_sequentially("ware")
        await expect(rows).to_have_count(1)
        await expect(rows.first).to_contain_text("Warehouse")
        await expect(page.locator("[data-told]")).to_have_text("1 person found.")
        await expect(box).to_be_focused()
        await box.fill("person")
        await expect(page.locator("[data-told]")).to_have_text("More than 50 people found.")
        for shown in (100, 120):
            await page.mouse.wheel(0, 100_000)
            await expect(rows).to_have_count(shown)
        await box.fill("nobody at all")
        await expect(page.get_by_text("Nobody has a name or number that begins like this.")).to_be_visible()
        assert page.url == f"{site.origin}/tabs/contacts"


async def test_a_line_changes_in_the_open_page_and_after_a_break(site: Site, people: People, line: Line) -> None:
    async with site.browser(people.desk) as page:
        async with page.expect_response("**/tabs/contacts/lines*"):
            await page.goto(f"{site.origin}/tabs/contacts")
        state = page.locator("li", has_text="Warehouse").locator("[data-line]")
        await expect(state).to_contain_text("Line not known")
        for told, words in {"ringing": "Ringing", "connected": "On a call", "idle": "Free"}.items():
            await line(people.warehouse, state=told)
            await expect(state).to_contain_text(words)
        await page.get_by_role("searchbox").fill("ware")
        await expect(page.locator("ol.people > li")).to_have_count(1)
        await line(people.warehouse, dnd=True)
        await expect(state).to_contain_text("Do not disturb")


async def test_a_page_reads_its_lines_again_when_a_gateway_goes_and_comes(
    site: Site, people: People, line: Line, database: Database, outbox: Outbox, *, clock: SteppedClock
) -> None:
    await line(people.warehouse, state="connected")
    watch = LineWatch(database, outbox, clock)
    await watch.look()
    async with site.browser(people.desk) as page:
        async with page.expect_response("**/tabs/contacts/lines*"):
            await page.goto(f"{site.origin}/tabs/contacts")
        state = page.locator("li", has_text="Warehouse").locator("[data-line]")
        await expect(state).to_contain_text("On a call")
        await unlink(database, people.account.account_id)
        clock.advance(seconds=11)
        await watch.look()
        await expect(state).to_contain_text("Line not known")
        await database.write(lambda connection: linked(connection, people.account.account_id, clock()))
        await watch.look()
        await expect(state).to_contain_text("On a call")


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 768), ("light", 1200), ("dark", 320)])
async def test_everybody_can_use_it(
    site: Site, people: People, database: Database, line: Line, *, width: int, scheme: Literal["light", "dark"]
) -> None:
    numbers = (PersonNumber("+33199001234", NumberKind.WORK), PersonNumber("+33612345678", NumberKind.MOBILE))
    contacts = [
        Contact("c1", "Supplies " + "x" * 190, "supplies@" + "x" * 200 + ".example.com", "", numbers),
        Contact("c2", "Warehouse", "warehouse@example.com", "", numbers),
    ]

    def keep(connection: Connection) -> None:
        for contact in contacts:
            keep_contact(connection, people.account.account_id, contact, "s")

    await database.write(keep)
    await line(people.warehouse, state="connected")
    await line(people.desk, state="ringing")
    size = {"width": width, "height": 800}
    async with site.browser(people.desk, color_scheme=scheme, viewport=size) as page:
        await page.goto(f"{site.origin}/tabs/contacts")
        await expect(page.locator("ol.people > li")).to_have_count(3)
        await expect(page.locator("li", has_text="Front Desk")).to_contain_text("Ringing")
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_without_a_script_it_is_a_form(site: Site, people: People) -> None:
    async with site.browser(people.desk, java_script_enabled=False) as page:
        await page.goto(f"{site.origin}/tabs/contacts")
        await page.get_by_role("searchbox").fill("ware")
        await page.get_by_role("button", name="Search").click()
        await expect(page.locator("ol.people > li")).to_have_count(1)
