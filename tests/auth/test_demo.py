"""The demo serves this machine and nobody else, asked by real requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, make_mocked_request

from auth.botframework import WrongServiceUrl
from auth.demo import PublicDemo, WithoutToken, loopback_only

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

HERE = "http://127.0.0.1:3978"


async def answer(request: web.Request) -> web.Response:
    return web.Response(text="served")


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    app = web.Application(middlewares=[loopback_only(HERE)])
    app.router.add_route("*", "/api/messages", answer)
    running = TestServer(app)
    async with running:
        yield running


async def status(server: TestServer, headers: Mapping[str, str], method: str = "POST") -> int:
    async with ClientSession() as session:
        response = await session.request(method, server.make_url("/api/messages"), headers=headers)
        return response.status


@pytest.mark.parametrize("host", ["127.0.0.1:3978", "localhost:3978", "localhost", "[::1]:3978"])
async def test_this_machine_is_served(server: TestServer, host: str) -> None:
    assert await status(server, {"Host": host}) == 200


@pytest.mark.parametrize("host", ["demo.example.com", "127.0.0.1.example.com", "192.0.2.1:3978", "[", "a@b:c"])
async def test_another_host_is_refused(server: TestServer, host: str) -> None:
    assert await status(server, {"Host": host}) == 403


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-FORWARDED-PROTO"])
async def test_what_was_forwarded_is_refused(server: TestServer, name: str) -> None:
    assert await status(server, {name: "127.0.0.1"}) == 403


async def test_a_page_of_another_site_cannot_post(server: TestServer) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert await status(server, elsewhere) == 403
    assert await status(server, elsewhere, "GET") == 200, "but may link here"
    assert await status(server, {"Sec-Fetch-Site": "same-origin"}) == 200


async def test_the_refusal_says_why(server: TestServer) -> None:
    async with ClientSession() as session:
        response = await session.post(server.make_url("/api/messages"), headers={"Forwarded": "for=192.0.2.1"})
        error = (await response.json())["error"]
    assert error == {"code": "Forbidden", "message": "The demo serves this machine only: the request was forwarded."}


@pytest.mark.parametrize("peer", [("192.0.2.1", 50000), ("2001:db8::1", 50000, 0, 0), None, ""])
async def test_another_address_is_refused(peer: object) -> None:
    """The peer is what the socket says; a test has no second machine, so the socket is told here."""
    transport = _Transport(peer)
    request = make_mocked_request("POST", "/api/messages", headers={"Host": "127.0.0.1"}, transport=transport)
    response = await loopback_only(HERE)(request, answer)
    assert response.status == 403


@pytest.mark.parametrize("url", ["https://assistant.example.com", "http://0.0.0.0:3978", "", "localhost"])
def test_a_public_address_is_refused_at_start(url: str) -> None:
    with pytest.raises(PublicDemo, match="PUBLIC_URL"):
        loopback_only(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:56150/_connector", "http://localhost:56150", "http://[::1]:9/"])
async def test_replies_stay_on_this_machine(url: str) -> None:
    await WithoutToken().verify(None, {"serviceUrl": url, "channelId": "msteams"})
    await WithoutToken().bearer(url)


@pytest.mark.parametrize(
    "url", [None, 7, "", "https://smba.trafficmanager.net/emea/", "http://localhost@evil.example.com/"]
)
async def test_replies_elsewhere_are_refused(url: object) -> None:
    with pytest.raises(WrongServiceUrl):
        await WithoutToken().verify(None, {"serviceUrl": url, "channelId": "msteams"})


class _Transport:
    def __init__(self, peer: object) -> None:
        self._peer = peer

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._peer if name == "peername" else default
