"""aiohttp in front of the stand-in."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.graph.exchange import Call, Refused
from tests.fakes.graph.service import FakeGraph, Reset

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.fakes.entra import Entra

PREFIX = "/v1.0"


@asynccontextmanager
async def fake_graph(identity: Entra, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[FakeGraph]:
    """Serves on a free port of 127.0.0.1, for the tokens of ``identity``."""
    graph = FakeGraph(identity, clock)
    app = web.Application()

    async def handle(request: web.Request) -> web.StreamResponse:
        return await _handle(graph, request)

    app.router.add_route("*", PREFIX + "/{path:.*}", handle)
    async with TestServer(app, host="127.0.0.1") as server:
        graph.listen(str(server.make_url("/")).rstrip("/"))
        try:
            yield graph
        finally:
            graph.release_all()


async def _handle(graph: FakeGraph, request: web.Request) -> web.StreamResponse:
    body = await request.json() if request.can_read_body else None
    path = request.path.removeprefix(PREFIX)
    await graph.arrive(request.headers.copy())
    try:
        reply = await graph.answer(
            Call(request.method, path, dict(request.query), body, dict(request.headers)),
            request.headers.get("Authorization", ""),
        )
        if reply.later is not None:
            reply = await reply.later()
    except Refused as refused:
        reply = refused.reply
    except Reset:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    finally:
        await graph.presences.tell()
    if graph.answers_after:
        await asyncio.sleep(graph.answers_after)
    echoed = {"client-request-id": request.headers.get("client-request-id", "")}
    if reply.body is None:
        return web.Response(status=reply.status, headers={**echoed, **reply.headers})
    return web.json_response(reply.body, status=reply.status, headers={**echoed, **reply.headers})
