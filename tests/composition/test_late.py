"""What opens late is waited for, starts and ends with the server, and shadows nothing."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from composition.correlation import correlate
from composition.late import LateRoutes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp.typedefs import Handler


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


@asynccontextmanager
async def running(fill: Callable[[web.Application], Awaitable[None]]) -> AsyncIterator[tuple[str, LateRoutes]]:
    """A server with ``/early``, and the routes of ``fill`` late."""
    app = web.Application(middlewares=[correlate])
    app.router.add_get("/early", hello)
    late = LateRoutes(app, fill)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")), late


async def status(http: ClientSession, url: str, method: str = "GET") -> int:
    async with http.request(method, url) as answer:
        return answer.status


async def test_a_request_that_comes_too_early_waits_while_others_are_answered() -> None:
    may_open = asyncio.Event()

    async def fill(app: web.Application) -> None:
        await may_open.wait()
        app.router.add_get("/late", hello)

    async with running(fill) as (url, _), ClientSession() as http:
        waiting = asyncio.create_task(status(http, f"{url}/late"))
        assert await status(http, f"{url}/early") == 200
        assert not waiting.done()
        may_open.set()
        assert await waiting == 200


async def test_unknown_paths_and_methods_are_told_as_ever() -> None:
    async def fill(app: web.Application) -> None:
        app.router.add_get("/late", hello)

    async with running(fill) as (url, _), ClientSession() as http:
        assert await status(http, f"{url}/nowhere") == 404
        assert await status(http, f"{url}/late", "POST") == 405
        assert await status(http, f"{url}/early", "POST") == 405


async def test_an_application_among_them_tells_what_it_has_not_in_its_own_words() -> None:
    @web.middleware
    async def in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as answer:
            return web.json_response({"name": answer.reason}, status=answer.status)

    async def fill(app: web.Application) -> None:
        service = web.Application(middlewares=[in_json])
        service.router.add_get("/calls", hello)
        app.add_subapp("/api", service)

    async with running(fill) as (url, _), ClientSession() as http:
        async with http.get(f"{url}/api/nowhere") as answer:
            assert (answer.status, await answer.json()) == (404, {"name": "Not Found"})
        async with http.post(f"{url}/api/calls") as answer:
            assert (answer.status, await answer.json()) == (405, {"name": "Method Not Allowed"})
        assert await status(http, f"{url}/early") == 200
        assert await status(http, f"{url}/apis") == 404


async def test_what_runs_beside_them_ends_with_the_server() -> None:
    happened = []

    async def beside(_: web.Application) -> AsyncIterator[None]:
        happened.append("began")
        yield
        happened.append("ended")

    async def fill(app: web.Application) -> None:
        app.cleanup_ctx.append(beside)

    async with running(fill) as (_, late):
        await late.opened()
        assert happened == ["began"]
    assert happened == ["began", "ended"]


async def test_a_failure_is_told_to_whoever_waits_and_the_server_still_ends() -> None:
    async def fill(_: web.Application) -> None:
        raise RuntimeError("no key")

    async with running(fill) as (url, late), ClientSession() as http:
        with pytest.raises(RuntimeError, match="no key"):
            await late.opened()
        assert await status(http, f"{url}/late") == 500
        assert await status(http, f"{url}/early") == 200


async def test_a_server_may_end_before_they_have_opened() -> None:
    begun = asyncio.Event()

    async def fill(_: web.Application) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with running(fill) as (_, late):
        await begun.wait()
    with pytest.raises(asyncio.CancelledError):
        await late.opened()
