"""``/status`` and ``/metrics`` on loopback, for this machine alone: the only port that a gateway listens on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink import loopback
from cloudlink.exposition import CONTENT_TYPE
from gateway.status.metrics import metrics
from gateway.status.state import to_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.status.state import Status


async def listen(port: int, status: Callable[[], Awaitable[Status]]) -> None:
    """Until cancelled. 0 is no port. One that is taken is logged: the gateway's work does not depend on it."""
    async with loopback.listening(port, _routes(status), "GATEWAY_METRICS_PORT"):
        await asyncio.Event().wait()


def _routes(status: Callable[[], Awaitable[Status]]) -> list[web.RouteDef]:
    async def as_json(_: web.Request) -> web.Response:
        return web.Response(body=to_json(await status()), content_type="application/json")

    async def as_metrics(_: web.Request) -> web.Response:
        return web.Response(text=metrics(await status()), headers={"Content-Type": CONTENT_TYPE})

    return [web.get("/status", as_json), web.get("/metrics", as_metrics)]
