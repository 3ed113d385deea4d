"""A webhook on loopback: keeps what is posted to it, and answers as it is told to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


class Webhook:
    """``answers`` are the statuses of the next posts; afterwards it is 200."""

    def __init__(self) -> None:
        self.posts: asyncio.Queue[tuple[bytes, Mapping[str, str]]] = asyncio.Queue()
        self.answers: list[int] = []
        self.location = ""
        self.url = ""

    async def next(self) -> Any:
        """The JSON of the next post, which may still be on its way."""
        async with asyncio.timeout(10):
            body, _ = await self.posts.get()
        return orjson.loads(body)

    async def _take(self, request: web.Request) -> web.Response:
        self.posts.put_nowait((await request.read(), request.headers))
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": self.location} if self.location else {})

    @classmethod
    @asynccontextmanager
    async def listening(cls) -> AsyncIterator[Webhook]:
        webhook = cls()
        app = web.Application()
        app.router.add_post("/{path:.*}", webhook._take)
        async with TestServer(app) as server:
            webhook.url = str(server.make_url("/calls"))
            yield webhook
