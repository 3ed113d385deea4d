"""The stream of an open call log: it tells that there is news and nothing of it, to whom it concerns alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, cast

import pytest

from tests.cloudlink.conftest import inbound
from tests.tabs.personal.conftest import PUBLIC_URL

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, web

    from cloudlink.model import Call, User
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People, Record
    from tests.tabs.personal.conftest import Site

Tell = Callable[["User", "Call"], Awaitable[None]]

ALIVE = b": alive\n\n"
NEWS = b"event: calls\ndata:\n\n"
MOST = 12


@pytest.fixture
def tell(record: Record, outbox: Outbox) -> Tell:
    """Records a call and wakes the streams."""

    async def tell(user: User, call: Call) -> None:
        await record(user, call)
        outbox.wake()

    return tell


async def block(stream: ClientResponse) -> bytes:
    async with asyncio.timeout(30):
        return await stream.content.readuntil(b"\n\n")


async def test_each_person_hears_of_their_own_calls(
    http: ClientSession, site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    events = f"{site.origin}/tabs/calls/events"
    async with (
        http.get(events, headers=await site.bearer(people.desk)) as desk,
        http.get(events, headers=await site.bearer(people.stranger)) as stranger,
    ):
        assert desk.content_type == "text/event-stream"
        assert [await block(desk), await block(stranger)] == [ALIVE, ALIVE]
        await record(people.desk, inbound("c1"))
        outbox.wake()
        assert await block(desk) == NEWS
        await record(people.stranger, inbound("c2"))
        outbox.wake()
        # Their first news is of their own call: that of the desk was told before.
        assert await block(stranger) == NEWS


async def test_a_stream_ends_when_its_session_does(
    http: ClientSession, site: Site, people: People, record: Record, outbox: Outbox
) -> None:
    bearer = await site.bearer(people.desk)
    async with http.get(f"{site.origin}/tabs/calls/events", headers=bearer) as stream:
        assert await block(stream) == ALIVE
        await site.sessions.end(bearer["Authorization"].removeprefix("Bearer "))
        await record(people.desk, inbound("c1"))
        outbox.wake()
        async with asyncio.timeout(30):
            assert await stream.read() == b""


async def test_one_person_opens_so_many_streams_and_no_more(http: ClientSession, site: Site, people: People) -> None:
    events, bearer = f"{site.origin}/tabs/calls/events", await site.bearer(people.desk)
    opened = [await http.get(events, headers=bearer) for _ in range(MOST)]
    async with http.get(events, headers=bearer) as refused:
        assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    for stream in opened:
        stream.close()


async def test_the_server_stops_at_once_with_streams_open(http: ClientSession, site: Site, people: People) -> None:
    async with http.get(f"{site.origin}/tabs/calls/events", headers=await site.bearer(people.desk)) as stream:
        assert await block(stream) == ALIVE
        async with asyncio.timeout(10):
            await site.server.close()


async def test_a_page_that_is_closed_is_no_failure(
    http: ClientSession, site: Site, people: People, tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    # As in service, and unlike a test's server, which cancels the handler of whoever is gone.
    cast("web.Server", cast("web.AppRunner", site.server.runner).server).handler_cancellation = False
    bearer = await site.bearer(people.desk)
    events = f"{site.origin}/tabs/calls/events"
    closed, watching = [await http.get(events, headers=bearer) for _ in range(2)]
    assert [await block(closed), await block(watching)] == [ALIVE, ALIVE]
    closed.close()
    for call in ("c1", "c2", "c3"):
        await tell(people.desk, inbound(call))
        assert await block(watching) == NEWS
    watching.close()
    assert [logged for logged in caplog.records if logged.levelname in {"ERROR", "WARNING"}] == []


async def test_another_site_reads_no_stream(http: ClientSession, site: Site, people: People) -> None:
    """A browser keeps the answer from it, since no header lets it in."""
    cookie = {"Cookie": f"session={await site.cookie(people.desk)}", "Origin": PUBLIC_URL.replace("127", "128")}
    async with http.get(f"{site.origin}/tabs/calls/events", headers=cookie) as stream:
        assert await block(stream) == ALIVE
        assert "Access-Control-Allow-Origin" not in stream.headers
