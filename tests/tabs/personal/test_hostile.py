"""What no page of ours sends is answered as a mistake of whoever sends it, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloudlink.port import UnknownId

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from tests.cloudlink.conftest import People
    from tests.tabs.personal.conftest import Site

FORM = "multipart/form-data; boundary=b"


@pytest.fixture
def database_url(either_url: str) -> str:
    """PostgreSQL takes no NUL in a text."""
    return either_url


async def test_an_id_that_no_column_can_hold_is_unknown(http: ClientSession, site: Site, people: People) -> None:
    bearer = await site.bearer(people.desk)
    async with http.get(f"{site.origin}/tabs/contacts/lines?of=a%00b", headers=bearer) as answer:
        assert (answer.status, await answer.json()) == (200, {})
    for path, sent in (("hide", {"call_id": "c\0"}), ("undo", {"hiding": "h\0"})):
        async with http.post(f"{site.origin}/tabs/calls/{path}", data=sent, headers=bearer) as answer:
            assert (answer.status, answer.url.path) == (200, "/tabs/calls")
    with pytest.raises(UnknownId):
        await site.reports.send(people.desk.principal, "d\0")


@pytest.mark.parametrize(
    "head",
    [
        "no header",
        "A: b\r\n" * 5_000,
        f"Content-Disposition: form-data; name=text\r\nX: {'y' * 20_000}",
        "Content-Disposition: form-data; name=text\r\nContent-Transfer-Encoding: none",
    ],
)
async def test_a_part_whose_headers_are_none_is_400(http: ClientSession, site: Site, people: People, head: str) -> None:
    headers = {**await site.bearer(people.desk), "Content-Type": FORM}
    body = f"--b\r\n{head}\r\n\r\nx\r\n--b--\r\n".encode()
    async with http.post(f"{site.origin}/tabs/report", data=body, headers=headers) as answer:
        assert 400 <= answer.status < 500
