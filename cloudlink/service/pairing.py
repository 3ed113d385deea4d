"""Where a new gateway makes its key known by its pairing code: ``cloudlink.uplink`` describes it."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.gateway_key import is_public_key
from cloudlink.port import TooManyAttempts, UnknownId
from cloudlink.uplink import PAIR_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.administration.gateways import Gateways

_LARGEST_BODY = 1024
_LONGEST_CODE = 64


def pairing_routes(gateways: Gateways) -> Sequence[web.RouteDef]:
    """What the server adds to its routes. ``request.remote`` is the address whose attempts are counted."""

    async def pair(request: web.Request) -> web.Response:
        try:
            code, public_key = await _asked(request)
        except (ValueError, LookupError, RecursionError):
            return _error(HTTPStatus.BAD_REQUEST, 'a JSON object such as {"code": "...", "publicKey": "..."} is needed')
        try:
            gateway_id = await gateways.redeem(code, public_key, address=request.remote or "")
        except UnknownId as error:
            return _error(HTTPStatus.NOT_FOUND, str(error))
        except TooManyAttempts as error:
            response = _error(HTTPStatus.TOO_MANY_REQUESTS, "too many codes were tried")
            response.headers["Retry-After"] = str(math.ceil(error.retry_after))
            return response
        return web.json_response({"gatewayId": gateway_id}, headers={"Cache-Control": "no-store"})

    return [web.post(PAIR_PATH, pair)]


async def _asked(request: web.Request) -> tuple[str, str]:
    body = json.loads(await request.clone(client_max_size=_LARGEST_BODY).text())
    code, public_key = (body.get("code"), body.get("publicKey")) if isinstance(body, dict) else (None, None)
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_CODE:
        raise ValueError("no code")
    if not isinstance(public_key, str) or not is_public_key(public_key):
        raise ValueError("no key")
    return code, public_key


def _error(status: HTTPStatus, message: str) -> web.Response:
    return web.json_response({"name": status.phrase, "message": message}, status=status)
