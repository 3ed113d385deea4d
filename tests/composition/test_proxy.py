"""Whose address counts when a proxy stands in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from composition.proxy import behind

if TYPE_CHECKING:
    from pytest_aiohttp.plugin import AiohttpClient


async def remote(request: web.Request) -> web.Response:
    return web.Response(text=request.remote)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (("127.0.0.1",), "192.0.2.7", "192.0.2.7"),
        (("127.0.0.1",), "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (("127.0.0.1",), None, "127.0.0.1"),
        ((), "192.0.2.7", "127.0.0.1"),
        (("198.51.100.1",), "192.0.2.7", "127.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_says_who_the_client_is(
    aiohttp_client: AiohttpClient, proxies: tuple[str, ...], forwarded: str | None, counted: str
) -> None:
    app = web.Application(middlewares=[behind(proxies)])
    app.router.add_get("/", remote)
    client = await aiohttp_client(app)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    async with client.get("/", headers=headers) as answer:
        assert await answer.text() == counted
