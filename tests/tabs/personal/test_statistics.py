"""What one's own calls add up to: figures in tables, for everybody to read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from tests.axe import violations
from tests.cloudlink.conftest import inbound, outbound
from tests.tabs.personal.test_call_log import HOSTILE, get

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from cloudlink.model import Call
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock
    from tests.tabs.personal.conftest import Site


def table(text: str, caption: str) -> list[list[str]]:
    """The cells of the table, without marks."""
    (body,) = re.findall(rf"<caption>{caption}</caption>.*?<tbody>(.*?)</tbody>", text, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    cells = (re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[unescape(re.sub(r"<.*?>", "", cell)).strip() for cell in row] for row in cells]


@pytest.fixture
async def calls(people: People, record: Record, clock: SteppedClock) -> list[Call]:
    """Today, yesterday and long ago; a call of somebody else."""
    made = [
        replace(inbound("today"), from_name=HOSTILE, ring_time=42.0, created_on=clock()),
        replace(inbound("yesterday", answered=False), created_on=clock() - timedelta(days=1, hours=2)),
        replace(outbound("old"), created_on=clock() - timedelta(days=200)),
    ]
    for call in made:
        await record(people.desk, call)
    await record(people.stranger, replace(inbound("theirs"), created_on=clock()))
    return made


async def test_the_figures_of_a_time_are_those_of_its_own_calls(
    http: ClientSession, site: Site, people: People, calls: list[Call]
) -> None:
    bearer = await site.bearer(people.desk)
    _, week = await get(http, site, "/tabs/calls/statistics?days=7", **bearer)
    _, whole = await get(http, site, "/tabs/calls/statistics?days=all", **bearer)
    assert sum(int(row[1]) for row in table(week, "Calls by hour")) == 2
    assert sum(int(row[1]) for row in table(whole, "Calls by hour")) == len(calls)
    assert [row[0] for row in table(whole, "Calls by weekday")][::6] == ["Monday", "Sunday"]
    assert [sum(int(row[place]) for row in table(whole, "Calls by weekday")) for place in (1, 2, 3, 4)] == [3, 1, 1, 1]
    who, _, fate, waited = table(whole, "Longest waits")[0]
    assert (who, fate, waited) == (HOSTILE, "Incoming call", "42 secs")
    assert [row[1:3] for row in table(whole, "Top contacts")] == [["+33199000001", "2"], ["+33199000002", "1"]]
    assert "<script>alert" not in whole


async def test_a_week_begins_as_in_the_readers_region(
    http: ClientSession, site: Site, people: People, calls: list[Call]
) -> None:
    headers = {**(await site.bearer(people.desk)), "Accept-Language": "fr"}
    _, text = await get(http, site, "/tabs/calls/statistics", **headers)
    assert next(iter(table(text, "Appels par jour de la semaine")))[0] == "lundi"


async def test_of_no_calls_there_are_no_tables(http: ClientSession, site: Site, people: People) -> None:
    status, text = await get(http, site, "/tabs/calls/statistics", **(await site.bearer(people.desk)))
    assert (status, "<table" in text) == (200, False)
    assert "There are no calls here." in text


@pytest.mark.parametrize("days", ["0", "8", "-7", "ALL", "", "7.0"])
async def test_another_time_is_404(http: ClientSession, site: Site, people: People, days: str) -> None:
    status, _ = await get(http, site, f"/tabs/calls/statistics?days={days}", **(await site.bearer(people.desk)))
    assert status == 404


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 768), ("light", 1200), ("dark", 320)])
async def test_everybody_can_read_it(
    site: Site, people: People, calls: list[Call], *, width: int, scheme: Literal["light", "dark"]
) -> None:
    size = {"width": width, "height": 800}
    async with site.browser(people.desk, color_scheme=scheme, viewport=size) as page:
        await page.goto(f"{site.origin}/tabs/calls")
        await page.get_by_role("link", name="Statistics").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Statistics of calls")
        await page.get_by_role("link", name="7 days").click()
        await expect(page.get_by_role("table", name="Calls by hour")).to_be_visible()
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
