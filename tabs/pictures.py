"""A screenshot as it is sent to a browser: only ever a picture, and nothing that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from cloudlink.administration.reports import Picture

_HEADERS = {
    # An address that is opened by itself saves the file; an <img> shows it all the same.
    "Content-Disposition": 'attachment; filename="screenshot.{ending}"',
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def picture_response(picture: Picture) -> web.Response:
    """Its bytes under the type that they were checked to have."""
    ending = picture.media_type.rpartition("/")[2]
    headers = {name: value.replace("{ending}", ending) for name, value in _HEADERS.items()}
    return web.Response(body=picture.content, content_type=picture.media_type, headers=headers)
