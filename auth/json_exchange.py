"""What our own pages inside Teams send to get a bearer, and what they are answered: small JSON, never kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from http import HTTPStatus

_LARGEST_BODY = 16 * 1024


async def read_texts(request: web.Request, *names: str) -> Sequence[str]:
    """The members of a JSON object, all of them texts.

    Raises ``HTTPBadRequest`` for anything else, ``HTTPRequestEntityTooLarge`` after 16 KB.
    """
    if request.content_type != "application/json":
        raise web.HTTPBadRequest
    try:
        told = json.loads(await request.clone(client_max_size=_LARGEST_BODY).read())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    texts = [text for name in names if isinstance(told, dict) and isinstance(text := told.get(name), str)]
    if len(texts) != len(names):
        raise web.HTTPBadRequest
    return texts


def answer(status: HTTPStatus, body: Mapping[str, str], *, retry_after: int | None = None) -> web.Response:
    """``retry_after`` is in seconds."""
    response = web.json_response(body, status=status)
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
