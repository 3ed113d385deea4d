"""The call log in a real browser: it scrolls, follows new calls, heals, and everybody can use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from tests.axe import violations
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site


async def test_older_calls_come_as_one_scrolls(site: Site, people: People, record: Record) -> None:
    for number in range(120):
        await record(people.desk, inbound(f"c{number:03}", number))
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
            await record(people.desk, inbound(f"c{number}", number))
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


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
async def test_everybody_can_use_it(
    site: Site, people: People, record: Record, width: int, scheme: Literal["light", "dark"]
) -> None:
    await record(people.desk, inbound("c1"))
    await record(people.desk, inbound("c2", 1, answered=False))
    size = {"width": width, "height": 800}
    async with site.browser(people.desk, color_scheme=scheme, viewport=size) as page:
        await page.goto(f"{site.origin}/tabs/calls?hidden=c9", wait_until="domcontentloaded")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Call log")
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_when_the_session_ends_it_asks_to_sign_in_and_knows_the_place(
    site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    await record(people.desk, inbound("c1"))
    async with site.browser(people.desk) as page:
        async with page.expect_response("**/tabs/calls/events"):
            await page.goto(f"{site.origin}/tabs/calls?kind=missed")
        (cookie,) = await page.context.cookies()
        await site.sessions.end(str(cookie.get("value")))
        async with page.expect_request("**/console/sign-in?next=/tabs/calls?kind%3Dmissed"):
            await record(people.desk, inbound("c2", 1, answered=False))
            outbox.wake()
