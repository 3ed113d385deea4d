"""The Contacts tab: whom it finds, what it tells of lines, and what it never tells."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from lxml import html

from cloudlink.model import NumberKind, PersonNumber
from store.people.index import Contact, keep_contact
from tests.tabs.personal.test_live import ALIVE, block

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from store.database import Database
    from tests.cloudlink.conftest import AddPerson, Line, People
    from tests.tabs.personal.conftest import Site

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36"


async def read(
    http: ClientSession, site: Site, people: People, query: str = "", agent: str = WINDOWS
) -> html.HtmlElement:
    headers = {**await site.bearer(people.desk), "User-Agent": agent}
    async with http.get(f"{site.origin}/tabs/contacts{query}", headers=headers) as answer:
        assert answer.status == HTTPStatus.OK
        return html.fromstring(await answer.text())


def names(page: html.HtmlElement) -> list[str]:
    return [name.text_content() for name in page.xpath("//ol//bdi[@class='who']")]


async def test_lists_colleagues_and_contacts_by_name_and_finds_them(
    http: ClientSession, site: Site, people: People, database: Database
) -> None:
    number = PersonNumber("+33199001234", NumberKind.WORK)
    contact = Contact("c1", "Élan Supplies", "sales@example.com", "", (number,))
    await database.write(lambda connection: keep_contact(connection, people.account.account_id, contact, "s"))

    page = await read(http, site, people)
    assert names(page) == ["Élan Supplies", "Front Desk", "Warehouse"]
    supplies = page.xpath("//ol/li")[0]
    assert supplies.xpath(".//p[@data-line]") == []
    assert [link.get("href") for link in supplies.xpath(".//a")] == ["tel:+33199001234"]
    for text, expected in {"elan": "Élan Supplies", "01 99 00": "Élan Supplies", "202": "Warehouse"}.items():
        assert names(await read(http, site, people, f"?q={text.replace(' ', '+')}")) == [expected]


async def test_a_call_button_is_as_the_call_logs(http: ClientSession, site: Site, people: People) -> None:
    (link,) = (await read(http, site, people, "?q=ware")).xpath("//ol//a")
    assert (link.get("href"), link.get("target"), link.get("aria-label")) == ("tel:202", "_blank", "Call Warehouse")
    (on_iphone,) = (await read(http, site, people, "?q=ware", IPHONE)).xpath("//ol//a")
    async with http.get(f"{site.origin}{on_iphone.get('href')}") as dial_page:
        assert "Warehouse" in await dial_page.text()


async def test_pages_lead_through_everybody_once(
    http: ClientSession, site: Site, people: People, add_person: AddPerson
) -> None:
    for number in range(110):
        await add_person(f"Person {number:03}", str(1000 + number))
    seen, query = [], "?q=person"
    while query:
        page = await read(http, site, people, query)
        seen += names(page)
        query = "".join(link.get("href").removeprefix("/tabs/contacts") for link in page.xpath("//a[@data-older]"))
    assert seen == [f"Person {number:03}" for number in range(110)]


@pytest.mark.parametrize("query", ["?cursor=unknown", "?cursor=" + "x" * 300, "?q=" + "x" * 101])
async def test_there_is_no_page_at_a_place_that_is_none(
    http: ClientSession, site: Site, people: People, query: str
) -> None:
    async with http.get(f"{site.origin}/tabs/contacts{query}", headers=await site.bearer(people.desk)) as answer:
        assert answer.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("idle", "Free"),
        ("ringing", "Ringing"),
        ("connected", "On a call"),
        ("held", "On a call"),
        ("outOfService", "Line not known"),
    ],
)
async def test_a_line_is_told_in_words(
    http: ClientSession, site: Site, people: People, line: Line, *, told: str, words: str
) -> None:
    await line(people.warehouse, state=told)
    (state,) = (await read(http, site, people, "?q=ware")).xpath("//ol//p[@data-line]")
    assert words in state.text_content()


async def test_lines_of_the_account_alone_are_told_and_never_with_whom(
    http: ClientSession, site: Site, people: People, line: Line
) -> None:
    events = f"{site.origin}/tabs/contacts/events"
    async with http.get(events, headers=await site.bearer(people.desk)) as stream:
        assert await block(stream) == ALIVE
        await line(people.stranger, state="connected")
        await line(people.warehouse, state="ringing")
        expected = f'event: lines\ndata:{{"{people.warehouse.principal_id}":"ringing"}}\n\n'
        assert (await block(stream)).decode() == expected


async def test_lines_are_asked_for_by_id(http: ClientSession, site: Site, people: People, line: Line) -> None:
    await line(people.stranger, state="connected")
    await line(people.warehouse, dnd=True)
    address = f"{site.origin}/tabs/contacts/lines?of="
    ids = f"{people.warehouse.principal_id}.{people.stranger.principal_id}."
    async with http.get(address + ids, headers=await site.bearer(people.desk)) as answer:
        assert await answer.json() == {people.warehouse.principal_id: "doNotDisturb"}
    async with http.get(address + "." * 200, headers=await site.bearer(people.desk)) as answer:
        assert answer.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egnihtemos", "[x](http://example.com)"])
async def test_hostile_names_are_texts(
    http: ClientSession, site: Site, people: People, database: Database, name: str
) -> None:
    numbers = (PersonNumber('"><img src=x>', NumberKind.WORK),)
    contact = Contact("c1", name, "", "", numbers)
    await database.write(lambda connection: keep_contact(connection, people.account.account_id, contact, "s"))
    page = await read(http, site, people)
    assert name in names(page)
    assert page.xpath("//ol//img | //ol//script") == []


async def test_nobody_sees_it_without_a_session_nor_strangers_in_it(
    http: ClientSession, site: Site, people: People
) -> None:
    async with http.get(f"{site.origin}/tabs/contacts", allow_redirects=False) as answer:
        assert answer.status in {HTTPStatus.SEE_OTHER, HTTPStatus.FOUND}
    for path in ("events", "lines"):
        async with http.get(f"{site.origin}/tabs/contacts/{path}", allow_redirects=False) as answer:
            assert answer.status != HTTPStatus.OK
    assert names(await read(http, site, people, "?q=night")) == []
