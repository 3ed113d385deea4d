"""Gives every request its correlation id and every answer the header that tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink import correlation

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


@web.middleware
async def correlate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Stands first, so that whatever fails after it is told with the same id that the log has."""
    correlation_id = correlation.begin(request.headers.get(correlation.HEADER))
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        answer.headers[correlation.HEADER] = correlation_id
        raise
    if not response.prepared:
        response.headers[correlation.HEADER] = correlation_id
    return response
