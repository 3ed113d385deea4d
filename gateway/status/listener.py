"""``/status`` and ``/metrics`` on loopback, for this machine alone: the only port that a gateway listens on."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from gateway.status.metrics import CONTENT_TYPE, metrics
from gateway.status.state import to_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gateway.status.state import Status

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
# A page in a browser of this machine may reach the port, but not under these names.
_NAMES = frozenset({"127.0.0.1", "localhost"})


async def listen(port: int, status: Callable[[], Awaitable[Status]]) -> None:
    """Until cancelled. 0 is no port. One that is taken is logged: the gateway's work does not depend on it."""
    app = web.Application(middlewares=[_this_machine_only])
    app.add_routes(_routes(status))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        if port:
            await _bind(runner, port)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        reason = error.strerror or str(error)
        logger.warning("no status: GATEWAY_METRICS_PORT cannot be used", extra={"port": port, "reason": reason})


def _routes(status: Callable[[], Awaitable[Status]]) -> list[web.RouteDef]:
    async def as_json(_: web.Request) -> web.Response:
        return web.Response(body=to_json(await status()), content_type="application/json")

    async def as_metrics(_: web.Request) -> web.Response:
        return web.Response(text=metrics(await status()), headers={"Content-Type": CONTENT_TYPE})

    return [web.get("/status", as_json), web.get("/metrics", as_metrics)]


@web.middleware
async def _this_machine_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses a foreign name in ``Host``, by which a page of another site could read the answer (DNS rebinding)."""
    if request.url.host not in _NAMES:
        raise web.HTTPForbidden(text="this machine alone")
    return await handler(request)
