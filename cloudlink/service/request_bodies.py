"""The bytes of a request's body, of bounded size, for whatever is read off the network here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.web import Request


class TooLarge(Exception):
    """More than was allowed; the rest was not read."""


class Unreadable(Exception):
    """Its compression or its chunks are broken."""


async def read(request: Request, most: int) -> bytes:
    """The body, unpacked if it was compressed. Raises ``TooLarge`` beyond ``most`` bytes, ``Unreadable``."""
    data = bytearray()
    try:
        async for chunk in request.content.iter_any():
            data += chunk
            if len(data) > most:
                raise TooLarge
    except web.RequestPayloadError:
        raise Unreadable from None
    return bytes(data)
