"""The call log in a real browser: it scrolls, follows new calls, heals, and everybody can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from store.call_notes import CallNote
from tests.axe import violations
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from store.call_notes import CallNotes
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site


async def test_older_calls_come_as_one_scrolls(site: Site, people: People, record: Record) -> None:
    for number in range(120):
        await record(people.desk, inbound(f"c{number:03}", number, caller=f"+33199{number:06}"))
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/calls")
        rows = page.locator("ol.calls > li")
        await expect(rows).to_have_count(50)
        for shown in (100, 120):
            await page.mouse.wheel(0, 100_000)
            await expect(rows).to_have_count(shown)
        await expect(page.get_by_role("link", name="Older calls")).to_have_count(0)
        ids = [await row.get_attribute("data-call") for row in await rows.all()]
        assert ids == [f"c{number:03}" for number in reversed(range(120))]


async def test_a_new_call_appears_by_itself_and_after_a_break(
    site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    async with site.browser(people.desk) as page:
        streams = page.expect_response("**/tabs/calls/events")
        async with streams:
            await page.goto(f"{site.origin}/tabs/calls")
        await expect(page.get_by_text("There are no calls here.")).to_be_visible()
        for number in range(2):
            await record(people.desk, inbound(f"c{number}", number, caller=f"+3319900000{number}"))
            outbox.wake()
            await expect(page.locator("ol.calls > li")).to_have_count(number + 1)
        assert await page.locator("ol.calls > li").first.get_attribute("data-call") == "c1"


async def test_hiding_is_taken_back_by_keyboard(site: Site, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/calls")
        await page.get_by_role("button", name="Hide").press("Enter")
        await expect(page.get_by_text("The call is hidden.")).to_be_visible()
        await page.get_by_role("button", name="Undo").press("Enter")
        await expect(page.locator("ol.calls > li")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 768), ("light", 1200), ("dark", 320)])
async def test_everybody_can_use_it(
    site: Site, people: People, record: Record, notes: CallNotes, *, width: int, scheme: Literal["light", "dark"]
) -> None:
    """A row of each kind: alone, with a note as long as can be, repeats of which one has a note."""
    await record(people.desk, inbound("c1"))
    await record(people.desk, inbound("c2", 1, answered=False))
    await record(people.desk, inbound("c3", 2, answered=False))
    await record(people.desk, inbound("c4", 3, caller="+33199000009"))
    await notes.write(people.desk.principal, "c2", CallNote("Call back"))
    await notes.write(people.desk.principal, "c4", CallNote("x" * 1000, tuple(f"{n}" * 30 for n in range(10))))
    size = {"width": width, "height": 800}
    async with site.browser(people.desk, color_scheme=scheme, viewport=size) as page:
        await page.goto(f"{site.origin}/tabs/calls", wait_until="domcontentloaded")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Call log")
        await page.locator('[data-call="c1"]').get_by_role("link", name="Note").click()
        await expect(page.get_by_role("textbox", name="Note")).to_be_focused()
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        await page.locator('[data-call="c1"]').get_by_role("button", name="Hide").click()
        await expect(page.get_by_text("The call is hidden.")).to_be_visible()
        assert await violations(page) == []


async def test_when_the_session_ends_it_asks_to_sign_in_and_knows_the_place(
    site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    await record(people.desk, inbound("c1"))
    async with site.browser(people.desk) as page:
        async with page.expect_response("**/tabs/calls/events"):
            await page.goto(f"{site.origin}/tabs/calls?kind=missed")
        (cookie,) = await page.context.cookies()
        await site.sessions.end(str(cookie.get("value")))
        async with page.expect_request("**/tabs/sign-in?next=/tabs/calls?kind%3Dmissed"):
            await record(people.desk, inbound("c2", 1, answered=False))
            outbox.wake()


async def test_all_of_a_list_is_hidden_after_a_question_and_taken_back(
    site: Site, people: People, record: Record
) -> None:
    for number in range(3):
        await record(people.desk, inbound(f"c{number}", number, caller=f"+3319900000{number}"))
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/calls")
        await page.get_by_role("link", name="Hide all of this list").press("Enter")
        await expect(page.get_by_text("Do you want to hide all 3 calls of the list?")).to_be_visible()
        assert await violations(page) == []
        await page.get_by_role("button", name="Hide 3 calls").press("Enter")
        await expect(page.get_by_text("3 calls are hidden.")).to_be_visible()
        await expect(page.locator("ol.calls > li")).to_have_count(0)
        await page.get_by_role("button", name="Undo").press("Enter")
        await expect(page.locator("ol.calls > li")).to_have_count(3)


async def test_a_note_is_written_in_the_list_by_keyboard(site: Site, people: People, record: Record) -> None:
    """On the second page, which the browser does not leave."""
    for number in range(60):
        await record(people.desk, inbound(f"c{number:02}", number, caller=f"+331990000{number:02}"))
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/calls")
        await page.mouse.wheel(0, 100_000)
        row = page.locator('[data-call="c05"]')
        await row.get_by_role("link", name="Note").press("Enter")
        await expect(row.get_by_role("textbox", name="Note")).to_be_focused()
        await page.keyboard.type("Call back")
        await page.keyboard.press("Tab")
        await page.keyboard.type("invoice, urgent")
        assert await violations(page) == []
        await page.keyboard.press("Enter")
        await expect(row.locator(".noted")).to_have_text("Call backinvoiceurgent")
        await expect(page.locator("[data-told]")).to_have_text("The note is saved.")
        await expect(row.get_by_role("link", name="Note")).to_be_focused()
        await expect(page.locator("ol.calls > li")).to_have_count(60)
        assert page.url == f"{site.origin}/tabs/calls"
        await page.goto(f"{site.origin}/tabs/calls?q=urgent")
        await expect(page.locator("ol.calls > li")).to_have_count(1)


async def test_repeats_are_one_row_that_opens_and_grows(
    site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    """Of 53 calls the page border cuts a row; what is opened and being written stays so when a new call comes."""
    for number in range(50):
        await record(people.desk, inbound(f"c{number:02}", number, caller=f"+331990000{number // 2:02}"))
    for number in range(3):
        await record(people.desk, inbound(f"d{number}", 60 + number, answered=False))
    async with site.browser(people.desk) as page:
        async with page.expect_response("**/tabs/calls/events"):
            await page.goto(f"{site.origin}/tabs/calls")
        rows = page.locator("ol.calls > li")
        await page.mouse.wheel(0, 100_000)
        await expect(page.locator("[data-call]")).to_have_count(53)
        await page.mouse.wheel(0, -100_000)
        await rows.first.get_by_text("3 times").click()
        await rows.first.locator('[data-call="d1"]').get_by_role("link", name="Note").click()
        await expect(rows.first.get_by_role("textbox", name="Note")).to_be_focused()
        await page.keyboard.type("half a sen")
        await record(people.desk, inbound("d3", 63, answered=False))
        outbox.wake()
        await expect(rows.first).to_contain_text("4 times")
        await page.keyboard.type("tence")
        await expect(rows.first.get_by_role("textbox", name="Note")).to_have_value("half a sentence")
        ids = await page.eval_on_selector_all("[data-call]", "calls => calls.map((each) => each.dataset.call)")
        assert ids == [f"d{n}" for n in (3, 2, 1, 0)] + [f"c{n:02}" for n in reversed(range(50))]


async def test_more_new_calls_than_a_page_leave_no_gap(
    site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    for number in range(60):
        await record(people.desk, inbound(f"c{number:03}", number, caller=f"+33199000{number:03}"))
    async with site.browser(people.desk) as page:
        async with page.expect_response("**/tabs/calls/events"):
            await page.goto(f"{site.origin}/tabs/calls")
        for number in range(60, 130):
            await record(people.desk, inbound(f"c{number:03}", number, caller=f"+33199000{number:03}"))
        outbox.wake()
        await expect(page.locator('[data-call="c129"]')).to_have_count(1)
        for shown in (100, 130):
            await page.mouse.wheel(0, 100_000)
            await expect(page.locator("[data-call]")).to_have_count(shown)
        ids = await page.eval_on_selector_all("[data-call]", "calls => calls.map((each) => each.dataset.call)")
        assert ids == [f"c{number:03}" for number in reversed(range(130))]


async def test_a_number_is_copied(site: Site, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    async with site.browser(people.desk) as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.goto(f"{site.origin}/tabs/calls")
        await page.get_by_role("button", name="Copy number").press("Enter")
        await expect(page.get_by_role("button", name="Copied")).to_be_focused()
        assert await page.evaluate("navigator.clipboard.readText()") == "+33199000001"
