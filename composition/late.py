"""Routes that open a moment after the server is ready.

Teams asks for the bot, and for pages that its cards open: they are ready first. What the rest needs takes as long again
to import, so that is done while the server listens; a request that comes meanwhile waits for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp.web import UrlMappingMatchInfo

    Fill = Callable[[web.Application], Awaitable[None]]


class LateRoutes(web.PrefixedSubAppResource):
    """An application for every path that ``app`` itself does not serve. It starts and stops with ``app``.

    ``fill`` puts the routes in, and what runs beside them; it is awaited once ``app`` has started.
    """

    def __init__(self, app: web.Application, fill: Fill) -> None:
        self._late = web.Application()
        super().__init__("", self._late)
        self._fill = fill
        self._runner = web.AppRunner(self._late)
        self._opening: asyncio.Task[None]
        app.router.register_resource(self)
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)

    async def opened(self) -> None:
        """Returns once the routes are there. Raises what ``fill`` has raised."""
        await asyncio.shield(self._opening)

    async def resolve(self, request: web.Request) -> tuple[UrlMappingMatchInfo | None, set[str]]:
        """The handler's match. None for a path that is not here, or not for this method: ``app`` says which.

        Unless the path belongs to an application in this one, which tells that in its own words.
        """
        await self.opened()
        match, methods = await super().resolve(request)
        unknown = match is None or (match.http_exception is not None and match.apps == (self._late,))
        return (None if unknown else match), methods

    async def _start(self, _: web.Application) -> None:
        self._opening = asyncio.create_task(self._open(), name="late routes")

    async def _open(self) -> None:
        await self._fill(self._late)
        await self._runner.setup()

    async def _stop(self, _: web.Application) -> None:
        self._opening.cancel()
        await asyncio.wait({self._opening})
        await self._runner.cleanup()
