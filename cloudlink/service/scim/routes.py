"""SCIM over HTTP: whose secret it is and how large a body may be, before anything is read.

Whatever a request is wrong about before its secret is known is answered 401, so that nobody learns which accounts
there are. What answers the rest is imported at the first request that has a secret: it compiles its models for half a
second, which a server without Entra Sync never waits for.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from cloudlink.service import request_bodies
from cloudlink.service.scim.tokens import Tokens

if TYPE_CHECKING:
    from cloudlink.service.administration.users import Invite
    from cloudlink.service.scim.endpoint import Endpoint
    from cloudlink.service.scim.tokens import Opened
    from store.clock import Clock
    from store.database import Database
    from store.outbox import Outbox

LARGEST_BODY = 1 << 20
"""Octets: a group with some 10,000 members."""
MEDIA_TYPE = "application/scim+json"
_CHALLENGE = 'Bearer realm="SCIM"'


def add_scim(
    app: web.Application, database: Database, outbox: Outbox, *, invite: Invite, public_url: str, now: Clock
) -> None:
    """Serves SCIM below ``/scim/v2/{account}``. ``public_url`` is without a slash."""
    routes = _Routes(database, outbox, invite, public_url, now)
    app.router.add_route("*", "/scim/v2/{account}{path:(/.*)?}", routes.answer)


class _Routes:
    def __init__(self, database: Database, outbox: Outbox, invite: Invite, public_url: str, now: Clock) -> None:
        self._resources = (database, outbox, invite, public_url, now)
        self._tokens = Tokens(database, now)
        self._endpoint: Endpoint | None = None

    async def answer(self, request: web.Request) -> web.Response:
        opened = await self._opened(request)
        if opened is None:
            return error(HTTPStatus.UNAUTHORIZED, "the secret token is missing, wrong or expired")
        try:
            body = await request_bodies.read(request, LARGEST_BODY)
        except request_bodies.TooLarge:
            return error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {LARGEST_BODY} octets")
        except request_bodies.Unreadable:
            return error(HTTPStatus.BAD_REQUEST, "the body cannot be unpacked")
        if self._endpoint is None:
            self._endpoint = (await asyncio.to_thread(_imported))(*self._resources)
        return await self._endpoint.answer(request, opened, body)

    async def _opened(self, request: web.Request) -> Opened | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer":
            return None
        return await self._tokens.open(request.match_info["account"], secret.strip())


def error(status: HTTPStatus, detail: str) -> web.Response:
    """An error body of RFC 7644, section 3.12."""
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status), "detail": detail}
    response = web.Response(status=status, body=orjson.dumps(body), content_type=MEDIA_TYPE)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = _CHALLENGE
    return response


def _imported() -> type[Endpoint]:
    from cloudlink.service.scim.endpoint import Endpoint  # noqa: PLC0415 - see above

    return Endpoint
