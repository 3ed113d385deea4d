"""A port for this machine alone, by which a process tells how it is: operators' tools ask it, and nobody else can."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
# A page in a browser of this machine may reach the port, but not under these names.
_NAMES = frozenset({"127.0.0.1", "localhost"})


@asynccontextmanager
async def listening(port: int, routes: Sequence[web.RouteDef], setting: str) -> AsyncIterator[None]:
    """0 is no port. One that is taken is logged: no other work depends on it.

    ``setting`` is the variable that holds the port.
    """
    app = web.Application(middlewares=[_this_machine_only])
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        if port:
            await _bind(runner, port, setting)
        yield
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, port: int, setting: str) -> None:
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        reason = error.strerror or str(error)
        logger.warning("no status: %s cannot be used", setting, extra={"port": port, "reason": reason})


@web.middleware
async def _this_machine_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuses a foreign name in ``Host``, by which a page of another site could read the answer (DNS rebinding)."""
    if request.url.host not in _NAMES:
        raise web.HTTPForbidden(text="this machine alone")
    return await handler(request)
