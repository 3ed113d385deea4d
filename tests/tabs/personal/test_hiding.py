"""All of a list is hidden after a question, and taking it back shows again just what this hid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cloudlink.service.embedded import EmbeddedCloudLink
from tests.cloudlink.conftest import inbound, outbound
from tests.tabs.personal.test_call_log import calls_of, get

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from store.database import Database
    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site


def seen_in(text: str) -> str:
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]{64})"', text)
    return str(seen)


async def test_hides_what_was_asked_about_and_taking_it_back_is_exact(
    http: ClientSession, site: Site, people: People, record: Record, database: Database
) -> None:
    """Of 250 calls one was hidden before, one is hidden from elsewhere, and a call of another list stays."""
    for number in range(250):
        await record(people.desk, inbound(f"c{number:03}", number))
    await record(people.desk, outbound("made", 300))
    cloudlink, who = EmbeddedCloudLink(database), people.desk.principal
    await cloudlink.hide_calls(who, ["c007"])
    bearer = await site.bearer(people.desk)
    _, text = await get(http, site, "/tabs/calls/hide-all?kind=incoming", **bearer)
    assert "Do you want to hide all 249 calls of the list?" in text

    sent = {"kind": "incoming", "seen": seen_in(text)}
    async with http.post(f"{site.origin}/tabs/calls/hide-all", data=sent, headers=bearer) as answer:
        text = await answer.text()
        assert answer.url.query["kind"] == "incoming"
    assert calls_of(text) == []
    assert "249 calls are hidden." in text
    assert calls_of((await get(http, site, "/tabs/calls", **bearer))[1]) == ["made"]

    undo = {"kind": "incoming", "hiding": answer.url.query["hiding"]}
    async with http.post(f"{site.origin}/tabs/calls/undo", data=undo, headers=bearer) as answer:
        assert len(calls_of(await answer.text())) == 50
    shown: list[str] = []
    cursor = None
    while cursor is not None or not shown:
        page = await cloudlink.calls(who, cursor=cursor, limit=200)
        shown += [call.call_id for call in page.items]
        cursor = page.next_cursor
    assert sorted(shown) == sorted([f"c{number:03}" for number in range(250) if number != 7] + ["made"])


async def test_a_list_that_has_changed_is_asked_about_again(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    seen = seen_in((await get(http, site, "/tabs/calls/hide-all", **bearer))[1])
    await record(people.desk, inbound("c2", 1))
    async with http.post(f"{site.origin}/tabs/calls/hide-all", data={"seen": seen}, headers=bearer) as answer:
        text = await answer.text()
    assert "The list has changed since." in text
    assert "Do you want to hide all 2 calls of the list?" in text
    assert calls_of((await get(http, site, "/tabs/calls", **bearer))[1]) == ["c2", "c1"]


async def test_hides_what_a_search_finds(http: ClientSession, site: Site, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    await record(people.desk, inbound("c2", 1, caller="+33199000009"))
    bearer = await site.bearer(people.desk)
    _, text = await get(http, site, "/tabs/calls/hide-all?q=0199000009", **bearer)
    assert "Do you want to hide the 1 call of the list?" in text
    sent = {"q": "0199000009", "seen": seen_in(text)}
    async with http.post(f"{site.origin}/tabs/calls/hide-all", data=sent, headers=bearer) as answer:
        assert "The call is hidden." in await answer.text()
    assert calls_of((await get(http, site, "/tabs/calls", **bearer))[1]) == ["c1"]


async def test_nobody_takes_back_what_others_hid(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    async with http.post(f"{site.origin}/tabs/calls/hide", data={"call_id": "c1"}, headers=bearer) as answer:
        hiding = answer.url.query["hiding"]
    for other in (people.warehouse, people.stranger):
        theirs = await site.bearer(other)
        assert "hidden." not in (await get(http, site, f"/tabs/calls?hiding={hiding}", **theirs))[1]
        async with http.post(f"{site.origin}/tabs/calls/undo", data={"hiding": hiding}, headers=theirs) as answer:
            assert answer.status == 200
    assert calls_of((await get(http, site, "/tabs/calls", **bearer))[1]) == []


async def test_an_empty_list_offers_nothing_to_hide(http: ClientSession, site: Site, people: People) -> None:
    _, text = await get(http, site, "/tabs/calls/hide-all", **(await site.bearer(people.desk)))
    assert "There are no calls here." in text
    assert 'action="/tabs/calls/hide-all"' not in text


@pytest.mark.parametrize("path", ["hide-all", "undo", "note"])
async def test_a_browser_changes_nothing_without_its_token(
    http: ClientSession, site: Site, people: People, path: str
) -> None:
    cookie = {"Cookie": f"session={await site.cookie(people.desk)}"}
    sent = {"hiding": "h", "seen": "s", "call_id": "c1"}
    async with http.post(f"{site.origin}/tabs/calls/{path}", data=sent, headers=cookie) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("body", [{}, {"hiding": "x" * 33}, {"hiding": "x", "kind": "none"}])
async def test_taking_back_nothing_is_400(
    http: ClientSession, site: Site, people: People, body: dict[str, str]
) -> None:
    bearer = await site.bearer(people.desk)
    async with http.post(f"{site.origin}/tabs/calls/undo", data=body, headers=bearer) as answer:
        assert answer.status == 400
