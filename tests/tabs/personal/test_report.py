"""Reporting a problem without a script: what is kept, what is shown before it is sent, and what is refused."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from aiohttp import FormData, web

from cloudlink.port import UnknownId
from reporting.pictures import LARGEST
from tabs.failures import VISITOR
from tests.pictures import JPEG, PNG, png_of
from tests.reports import file_report
from tests.tabs.personal.conftest import SITE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import ClientSession

    from cloudlink.model import User
    from tests.cloudlink.conftest import People
    from tests.tabs.personal.conftest import Site

HOSTILE = "<script>alert(1)</script>\n{{ 7 * 7 }} \u200f![x](https://example.com)"
CHOSEN = {"category": "callLog", "text": "Nothing from +33 1 99 00 12 34 since noon"}


class Person:
    """Somebody's requests with the bearer of a page inside Teams."""

    def __init__(self, site: Site, http: ClientSession, bearer: Mapping[str, str]) -> None:
        self.site = site
        self._http = http
        self._bearer = bearer

    async def get(self, path: str) -> tuple[int, str]:
        async with self._http.get(self.site.origin + path, headers=self._bearer) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, fields: Mapping[str, str], picture: bytes | None = None) -> tuple[int, str, str]:
        """Answers where it led as well."""
        form: FormData | Mapping[str, str] = fields
        if picture is not None:
            form = FormData(dict(fields))
            form.add_field("picture", BytesIO(picture), filename="screenshot.png", content_type="image/png")
        async with self._http.post(self.site.origin + path, data=form, headers=self._bearer) as answer:
            return answer.status, await answer.text(), answer.url.path

    async def write(self, fields: Mapping[str, str] = CHOSEN, picture: bytes | None = None) -> str:
        """Fills in the form; answers the words of what would be sent."""
        status, text, path = await self.post("/tabs/report", fields, picture)
        assert (status, path) == (200, "/tabs/report/preview"), words(text)
        return text

    async def send(self, preview: str) -> tuple[int, str, str]:
        return await self.post("/tabs/report/send", {"draft_id": draft_of(preview)})


def words(markup: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))).strip()


def draft_of(preview: str) -> str:
    found = re.search(r'name="draft_id" value="([^"]+)"', preview)
    assert found is not None
    return found[1]


async def person(site: Site, http: ClientSession, user: User) -> Person:
    return Person(site, http, await site.bearer(user))


@pytest.fixture
async def desk(site: Site, http: ClientSession, people: People) -> Person:
    return await person(site, http, people.desk)


async def test_what_is_shown_is_what_is_sent(desk: Person, people: People) -> None:
    preview = await desk.write(CHOSEN | {"client": "Teams · desktop"}, PNG)
    shown = words(preview)
    for part in (
        "It goes to your administrators",
        "The last digits of telephone numbers are hidden.",
        "What it is about Call log Nothing from +33 1 99 00 •• •• since noon",
        "Version of the app 1.2.3",
        "Opened in Teams · desktop",
        "Language en-GB",
        "Time zone Europe/Paris",
        "Gateway This account has none.",
    ):
        assert part in shown
    status, text, path = await desk.send(preview)
    (report,) = await desk.site.reports.sent(people.desk.principal)
    assert (status, path) == (200, f"/tabs/report/sent/{report.report_id}")
    assert f"Keep the reference to ask about it: {report.reference}" in words(text)
    assert report.text == "Nothing from +33 1 99 00 •• •• since noon"
    assert words(text).count("Teams · desktop") == 1
    assert report.has_picture
    assert f"{report.reference} Call log · today 15:05 Open" in words((await desk.get("/tabs/report"))[1])


async def test_numbers_stay_for_who_wants_them_to(desk: Person, people: People) -> None:
    preview = await desk.write(CHOSEN | {"keep_numbers": "on"})
    assert CHOSEN["text"] in words(preview)
    assert "hidden" not in words(preview)
    await desk.send(preview)
    (report,) = await desk.site.reports.sent(people.desk.principal)
    assert report.text == CHOSEN["text"]


async def test_what_was_written_waits_until_it_is_sent_or_discarded(desk: Person) -> None:
    await desk.write(picture=JPEG)
    _, form = await desk.get("/tabs/report")
    assert CHOSEN["text"] in form
    assert 'value="callLog" selected' in form
    preview = await desk.write({"category": "calling", "text": "Still"})
    assert "data-picture=" in preview
    preview = await desk.write({"category": "calling", "text": "Still", "remove_picture": "on"})
    assert "data-picture=" not in preview
    status, text, path = await desk.post("/tabs/report/discard", {})
    assert (status, path) == (200, "/tabs/report")
    assert "Still" not in text
    assert (await desk.send(preview))[2] == "/tabs/report"


async def test_sending_twice_makes_one_report(desk: Person, people: People) -> None:
    preview = await desk.write()
    assert (await desk.send(preview))[2] == (await desk.send(preview))[2]
    assert len(await desk.site.reports.sent(people.desk.principal)) == 1


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (b"Dear support,\n", "This file is no picture."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This file is no picture."),
        (PNG[:-20], "This picture is damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024), "This picture is larger than 4 MB."),
        (png_of((b"IHDR", b"\0\0\xea\x60" * 2 + b"\x08\2\0\0\0"), (b"IDAT", b"")), "has too many pixels"),
    ],
    ids=["text", "svg", "truncated", "5 MB", "60000x60000"],
)
async def test_what_is_no_picture_is_refused_and_the_words_stay(
    desk: Person, people: People, picture: bytes, sentence: str
) -> None:
    assert LARGEST < 5 * 1024 * 1024
    status, text, _ = await desk.post("/tabs/report", CHOSEN, picture)
    assert status == 422
    assert sentence in words(text)
    assert CHOSEN["text"] in words(text)
    assert await desk.site.reports.find_draft(people.desk.principal) is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"category": "", "text": "No calls"}, "Please choose what it is about."),
        ({"category": "hacking", "text": "No calls"}, "Please choose what it is about."),
        ({"category": "callLog", "text": " "}, "Please say what is wrong."),
        ({"category": "callLog", "text": "x" * 4001}, "This is too long."),
        ({"category": "callLog", "text": "a\0b"}, "This has a character that cannot be used here."),
        ({}, "Please choose what it is about."),
    ],
)
async def test_an_incomplete_report_is_refused(desk: Person, fields: Mapping[str, str], sentence: str) -> None:
    status, text, _ = await desk.post("/tabs/report", fields)
    assert status == 422
    assert sentence in words(text)


async def test_hostile_text_stays_text(desk: Person) -> None:
    preview = await desk.write({"category": "other", "text": HOSTILE, "client": "<img src=x onerror=alert(1)>"})
    _, sent, _ = await desk.send(preview)
    _, listed = await desk.get("/tabs/report")
    for page in (preview, sent, listed):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "{{ 7 * 7 }}" in words(sent)


async def test_nobody_sees_what_is_another_persons(
    desk: Person, site: Site, http: ClientSession, people: People
) -> None:
    report = await file_report(site.reports, people.desk.principal, "callLog", "Mine alone", {})
    preview = await desk.write(picture=PNG)
    found = re.search(r'data-picture="([^"]+)"', preview)
    assert found is not None
    for other in (people.warehouse, people.stranger):
        stranger = await person(site, http, other)
        for path in (f"/tabs/report/sent/{report.report_id}", found[1]):
            assert (await stranger.get(path))[0] == 404
        assert (await stranger.send(preview))[2] == "/tabs/report"
        assert "Mine alone" not in (await stranger.get("/tabs/report"))[1]
    with pytest.raises(UnknownId):
        await site.reports.get(people.desk.principal, draft_of(preview))


@pytest.mark.parametrize("identity", ["x" * 65, "%00", "a%2Fb", "\u0661"])
async def test_what_is_no_id_is_not_found(desk: Person, identity: str) -> None:
    assert (await desk.get(f"/tabs/report/picture/{identity}"))[0] == 404


async def test_a_picture_is_served_as_a_picture_alone(desk: Person, http: ClientSession, people: People) -> None:
    preview = await desk.write(picture=JPEG)
    url = f"{desk.site.origin}/tabs/report/picture/{draft_of(preview)}"
    async with http.get(url, headers=await desk.site.bearer(people.desk)) as answer:
        assert await answer.read() == JPEG
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="screenshot.jpeg"'
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_a_browsers_report_needs_its_own_token(site: Site, http: ClientSession, people: People) -> None:
    cookies = {"session": await site.cookie(people.desk)}
    for path in ("/tabs/report", "/tabs/report/send", "/tabs/report/discard"):
        async with http.post(site.origin + path, data=CHOSEN, cookies=cookies) as answer:
            assert answer.status == 403


@pytest.fixture
def routes() -> list[web.RouteDef]:
    """A page of the tabs that fails after it has found out who is there."""

    async def fail(request: web.Request) -> web.StreamResponse:
        session = await request.app[SITE].sessions.find(request.headers["Authorization"].removeprefix("Bearer "))
        assert session is not None
        request[VISITOR] = session.user.principal
        raise RuntimeError("the disk is full")

    return [web.get("/tabs/failing", fail)]


async def test_the_last_errors_of_the_person_are_told(desk: Person) -> None:
    assert "Last errors" not in words(await desk.write())
    status, failed = await desk.get("/tabs/failing")
    reference = re.search(r"Reference: ([0-9a-f]{8})", words(failed))
    assert status == 500
    assert reference is not None
    assert f"Last errors 2026-03-02 14:05:00 UTC a page failed {reference[1]}" in words(await desk.write())
