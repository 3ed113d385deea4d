"""Whose calls the tab shows, in which lists, and what it answers to requests that are none of its own."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

from store.call_notes import CallNote
from tests.cloudlink.conftest import inbound, outbound

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from store.call_notes import CallNotes
    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"
HOSTILE = '<script>alert("1")</script>\u202e**x** 😀' + "x" * 100


def calls_of(text: str) -> list[str]:
    return re.findall(r'data-call="([^"]+)"', text)


async def get(http: ClientSession, site: Site, path: str, **headers: str) -> tuple[int, str]:
    async with http.get(site.origin + path, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_each_list_has_its_own_calls_newest_first(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("answered", 1))
    await record(people.desk, inbound("missed", 2, answered=False))
    await record(people.desk, outbound("made", 3))
    await record(people.stranger, inbound("theirs", 4))
    bearer = await site.bearer(people.desk)
    lists = {kind: (await get(http, site, f"/tabs/calls?kind={kind}", **bearer))[1] for kind in ("all", "missed")}
    assert calls_of(lists["all"]) == ["made", "missed", "answered"]
    assert calls_of(lists["missed"]) == ["missed"]
    assert "Missed call" in lists["missed"]
    assert 'href="tel:+33199000002"' in lists["all"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=ÉTÉ", ["named"]),
        ("q=%2B33 1 99", ["late", "named", "early"]),
        ("q=01.99.00.00.01", ["late", "named", "early"]),
        ("q=201", []),
        ("q=%25", []),
        ("q=invoice", ["early"]),
        ("q=GROSSKUNDE", ["early"]),
        ("since=2026-03-02&until=2026-03-02", ["named", "early"]),
        ("since=2026-03-03", ["late"]),
        ("until=2026-03-02&q=été&kind=missed", []),
        ("until=2026-03-01", []),
    ],
)
async def test_a_search_finds_names_numbers_days_and_own_notes(
    http: ClientSession,
    site: Site,
    people: People,
    record: Record,
    notes: CallNotes,
    *,
    query: str,
    expected: list[str],
) -> None:
    """The last call begins at midnight in Paris, which is another day than in London."""
    await record(people.desk, inbound("early", 1))
    await record(people.desk, replace(inbound("named", 2), from_name="Société d\u2019Été"))
    await record(people.desk, inbound("late", 14 * 60))
    await notes.write(people.desk.principal, "early", CallNote.read("Invoice", "Großkunde"))
    await notes.write(people.stranger.principal, "late", CallNote.read("Invoice"))
    _, text = await get(http, site, f"/tabs/calls?{query}", **(await site.bearer(people.desk)))
    assert calls_of(text) == expected


async def test_a_search_goes_on_where_an_answer_ends(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    """Of 260 calls every other is by somebody; the file holds the same."""
    for number in range(260):
        call = inbound(f"c{number:03}", number)
        await record(people.desk, replace(call, from_name="Supplier") if number % 2 else call)
    bearer, seen, path = await site.bearer(people.desk), list[str](), "/tabs/calls?q=suppl"
    while path:
        _, text = await get(http, site, path, **bearer)
        seen += calls_of(text)
        older = re.search(r'href="([^"]+)" data-older', text)
        path = unescape(older[1]) if older else ""
    assert seen == [f"c{number:03}" for number in reversed(range(1, 260, 2))]
    _, saved = await get(http, site, "/tabs/calls/export.csv?q=suppl", **bearer)
    assert len(saved.splitlines()) == 1 + len(seen)


async def test_pages_follow_each_other_to_the_end(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    for number in range(120):
        await record(people.desk, inbound(f"c{number:03}", number))
    bearer = await site.bearer(people.desk)
    seen: list[str] = []
    path = "/tabs/calls"
    while path:
        _, text = await get(http, site, path, **bearer)
        seen += calls_of(text)
        older = re.search(r'href="([^"]+)" data-older', text)
        path = unescape(older[1]) if older else ""
    assert seen == [f"c{number:03}" for number in reversed(range(120))]


async def test_an_iphone_gets_the_dial_page(http: ClientSession, site: Site, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    _, text = await get(http, site, "/tabs/calls", **bearer, **{"User-Agent": IPHONE})
    assert "tel:" not in text
    (page,) = re.findall(r'href="(/dial/[^"]+)"', text)
    assert (await get(http, site, page))[0] == 200


async def test_barred_and_withheld_numbers_have_no_link(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("barred", 1, caller="+33899000001"))
    await record(people.desk, inbound("withheld", 2, caller=None))
    _, text = await get(http, site, "/tabs/calls", **(await site.bearer(people.desk)))
    assert calls_of(text) == ["withheld", "barred"]
    assert "tel:" not in text
    assert "Unknown number" in text


async def test_hostile_names_stay_text(http: ClientSession, site: Site, people: People, record: Record) -> None:
    await record(people.desk, replace(inbound("c1"), from_name=HOSTILE))
    _, text = await get(http, site, "/tabs/calls", **(await site.bearer(people.desk)))
    assert "<script>alert" not in text
    (who,) = re.findall(r'<bdi class="who">(.*?)</bdi>', text)
    assert unescape(who) == HOSTILE


async def test_hidden_calls_come_back_by_undo(http: ClientSession, site: Site, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    address = f"{site.origin}/tabs/calls/hide"
    async with http.post(address, data={"call_id": "c1", "kind": "all", "q": "199"}, headers=bearer) as answer:
        text = await answer.text()
        assert answer.url.query_string.startswith("kind=all&q=199&hiding=")
    assert calls_of(text) == []
    assert "The call is hidden." in text
    undo = {"hiding": answer.url.query["hiding"], "kind": "all"}
    async with http.post(f"{site.origin}/tabs/calls/undo", data=undo, headers=bearer) as answer:
        assert calls_of(await answer.text()) == ["c1"]


async def test_calls_in_a_row_with_one_party_are_one_row_that_is_hidden_whole(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    for number in range(3):
        await record(people.desk, inbound(f"c{number}", number, answered=False))
    await record(people.desk, inbound("other", 5, caller="+33199000009"))
    bearer = await site.bearer(people.desk)
    _, text = await get(http, site, "/tabs/calls", **bearer)
    assert calls_of(text) == ["other", "c2", "c1", "c0"]
    assert re.findall(r"<summary>(.*?)</summary>", text) == ["3 times"]
    row = {"call_id": "c2", "call_id.1": "c1", "call_id.2": "c0"}
    async with http.post(f"{site.origin}/tabs/calls/hide", data=row, headers=bearer) as answer:
        text = await answer.text()
    assert calls_of(text) == ["other"]
    assert "3 calls are hidden." in text


async def test_a_list_is_saved_whole_and_holds_no_formula(
    http: ClientSession, site: Site, people: People, record: Record, notes: CallNotes
) -> None:
    """More calls than CloudLink answers at once; times are those of the account's clocks."""
    for number in range(210):
        await record(people.desk, inbound(f"c{number:03}", number))
    await record(people.desk, replace(inbound("formula", 400, answered=False), from_name="=1+1"))
    await notes.write(people.desk.principal, "formula", CallNote.read("-2+3", "@a,b"))
    bearer = await site.bearer(people.desk)
    async with http.get(f"{site.origin}/tabs/calls/export.csv", headers=bearer) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="calls.csv"'
        header, *rows = csv.reader((await answer.text("utf-8-sig")).splitlines())
    assert header == ["Time", "Kind of call", "Name", "Number", "Seconds", "Note", "Tags"]
    party = ["'=1+1", "'+33199000001"]
    assert rows[0] == ["2026-03-02 16:40:00", "Missed call", *party, "", "'-2+3", "'@a, b"]
    assert len(rows) == 211
    assert (await get(http, site, "/tabs/calls/export.csv?kind=none", **bearer))[0] == 404


async def test_a_call_of_somebody_else_is_not_hidden(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    stranger = await site.bearer(people.stranger)
    async with http.post(f"{site.origin}/tabs/calls/hide", data={"call_id": "c1"}, headers=stranger) as answer:
        assert "The call is hidden." not in await answer.text()
    assert calls_of((await get(http, site, "/tabs/calls", **(await site.bearer(people.desk))))[1]) == ["c1"]


async def test_a_browser_changes_nothing_without_its_token(
    http: ClientSession, site: Site, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    cookie = {"Cookie": f"session={await site.cookie(people.desk)}"}
    for csrf in ("", "0" * 64):
        sent = {"call_id": "c1", "csrf": csrf}
        async with http.post(f"{site.origin}/tabs/calls/hide", data=sent, headers=cookie) as answer:
            assert answer.status == 403
    assert calls_of((await get(http, site, "/tabs/calls", **cookie))[1]) == ["c1"]


@pytest.mark.parametrize(
    "query",
    [
        "kind=none",
        "cursor=x",
        f"cursor={'x' * 300}",
        "cursor=%ED%A0%80",
        f"hiding={'x' * 33}",
        f"q={'x' * 101}",
        "since=today",
        "since=20260302",
        "until=2026-13-01",
    ],
)
async def test_a_place_that_is_not_there_is_404(http: ClientSession, site: Site, people: People, query: str) -> None:
    assert (await get(http, site, f"/tabs/calls?{query}", **(await site.bearer(people.desk))))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"call_id": ""},
        {"call_id": "x" * 65},
        {f"call_id.{n}": "c" for n in range(51)},
        {"call_id": "c1", "kind": "none"},
        {"call_id": "c1", "since": "today"},
    ],
)
async def test_a_change_of_nothing_is_400(
    http: ClientSession, site: Site, people: People, body: dict[str, str]
) -> None:
    bearer = await site.bearer(people.desk)
    async with http.post(f"{site.origin}/tabs/calls/hide", data=body, headers=bearer) as answer:
        assert answer.status == 400


async def test_nobody_is_sent_to_sign_in_and_a_script_told(http: ClientSession, site: Site) -> None:
    async with http.get(f"{site.origin}/tabs/calls?kind=missed", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (
            303,
            "/tabs/sign-in?next=/tabs/calls?kind%3Dmissed",
        )
    for path in ("/tabs/calls", "/tabs/calls/events"):
        assert (await get(http, site, path, Authorization="Bearer nobody's"))[0] == 401


async def test_only_the_shell_may_be_framed_and_it_shows_nothing(http: ClientSession, site: Site) -> None:
    async with http.get(f"{site.origin}/tabs/teams/calls") as shell:
        assert "frame-ancestors https://*.cloud.microsoft" in shell.headers["Content-Security-Policy"]
        assert 'data-teams="/tabs/calls"' in await shell.text()
    assert (await get(http, site, "/tabs/teams/none"))[0] == 404
