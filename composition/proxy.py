"""The address of a client behind a reverse proxy, by which sign-in attempts are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiohttp.typedefs import Handler, Middleware


def behind(proxies: Collection[str]) -> Middleware:
    """Believes ``X-Forwarded-For`` from these addresses alone, and of it only the entry that the proxy itself added."""

    @web.middleware
    async def forwarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        told = request.headers.getall("X-Forwarded-For", [])
        if request.remote in proxies and told:
            request = request.clone(remote=told[-1].rpartition(",")[2].strip())
        return await handler(request)

    return forwarded
