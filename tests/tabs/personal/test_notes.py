"""A note on a call is its writer's alone, and is shown as it was typed."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.cloudlink.conftest import inbound
from tests.tabs.personal.test_call_log import HOSTILE, get

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site


async def test_a_note_stands_in_its_row_and_stays_text(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    """Two lines, of which the first is empty in the middle; the form has the note again."""
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    sent = {"call_id": "c1", "kind": "missed", "note": f"\n{HOSTILE}\n\nlast", "tags": '"><b>,vip'}
    async with http.post(f"{site.origin}/tabs/calls/note", data=sent, headers=bearer) as answer:
        form = await answer.text()
        assert "The note is saved." in form
        assert 'href="/tabs/calls?kind=missed"' in form
    _, text = await get(http, site, "/tabs/calls", **bearer)
    kept = HOSTILE.replace("\u202e", "") + "\n\nlast"
    assert "<script>alert" not in text
    assert unescape(re.findall(r"<p><bdi>(.*?)</bdi></p>", text, re.DOTALL)[0]) == kept
    assert [unescape(tag) for tag in re.findall(r"<li><bdi>(.*?)</bdi></li>", text)] == ['"><b>', "vip"]
    assert unescape(re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[0]) == kept


async def test_nobody_writes_to_calls_of_others(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    for other in (people.warehouse, people.stranger):
        theirs = await site.bearer(other)
        assert (await get(http, site, "/tabs/calls/note?call_id=c1", **theirs))[0] == 404
        sent = {"call_id": "c1", "note": "theirs"}
        async with http.post(f"{site.origin}/tabs/calls/note", data=sent, headers=theirs) as answer:
            assert answer.status == 404
    assert "theirs" not in (await get(http, site, "/tabs/calls", **(await site.bearer(people.desk))))[1]


@pytest.mark.parametrize("too_long", [{"note": "x" * 1001}, {"tags": "x" * 31}, {"tags": "a,b,c,d,e,f,g,h,i,j,k"}])
async def test_what_is_too_long_comes_back_with_the_form(
    http: ClientSession, site: Site, people: People, record: Record, too_long: dict[str, str]
) -> None:
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    async with http.post(
        f"{site.origin}/tabs/calls/note", data={"call_id": "c1", **too_long}, headers=bearer
    ) as answer:
        text = await answer.text()
        assert answer.status == 400
    assert "At most 1,000 characters, and 10 tags of 30 characters." in text
    assert all(value in text for value in too_long.values())


@pytest.mark.parametrize("query", ["", "call_id=", "call_id=unknown", f"call_id={'x' * 65}", "call_id=c1&kind=none"])
async def test_a_note_on_nothing_is_404(
    http: ClientSession, site: Site, people: People, record: Record, query: str
) -> None:
    await record(people.desk, inbound("c1"))
    assert (await get(http, site, f"/tabs/calls/note?{query}", **(await site.bearer(people.desk))))[0] == 404
