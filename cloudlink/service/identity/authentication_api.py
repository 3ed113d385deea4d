"""The Authentication API, ``/2017-09-01`` of the service ``authentication``: paths begin behind the version.

- ``POST /authorize``          a code for user name and password, for applications that are registered for it
- ``POST /token``              tokens, for a code, a password, a refresh token or an application's secret
- ``GET /token``               who am I
- ``GET /.well-known/jwks``    the public keys
- ``PUT /applications/{id}``   registers or changes an application; for partners

Errors are told both as OAuth does (``error``) and as CloudLink does (``name``, ``message``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import hdrs, web

from cloudlink import correlation
from cloudlink.administration.clients import NewClient
from cloudlink.identity import InvalidToken
from cloudlink.port import CloudLinkUnavailable, TooManyAttempts, UnknownId
from cloudlink.service import request_bodies
from cloudlink.service.identity.client_authentication import Request
from cloudlink.service.identity.oauth import (
    OAuthError,
    answer,
    basic_credentials,
    fields_of,
    refusal,
)
from cloudlink.service.identity.persons import as_strings, person, who_am_i
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.administration.clients import Client
    from cloudlink.service.identity.clients import ClientService
    from cloudlink.service.identity.grants import Grants
    from cloudlink.service.identity.keys import Keys
    from cloudlink.service.identity.tokens import Tokens
    from store.database import Database

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_KEYS_MAX_AGE = 300
_LARGEST_APPLICATION = 64 * 1024


def oauth(handler: Handler) -> Handler:
    """Tells the refusals of OAuth; all others are the API's own to tell."""

    async def answering(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except OAuthError as error:
            return refusal(error)
        except TooManyAttempts as pause:
            body = {"error": "slow_down", "name": "TooManyRequests", "message": "Too many attempts."}
            response = answer(body, HTTPStatus.TOO_MANY_REQUESTS)
            response.headers[hdrs.RETRY_AFTER] = str(max(1, round(pause.retry_after)))
            return response
        except (CloudLinkUnavailable, DatabaseUnavailable):
            body = {"error": "temporarily_unavailable", "name": "Unavailable", "message": "Please try again later."}
            response = answer(body, HTTPStatus.SERVICE_UNAVAILABLE)
            response.headers[hdrs.RETRY_AFTER] = "5"
            return response

    return answering


class AuthenticationApi:
    """Handlers. ``database`` is for "who am I", which tells a person as they are now."""

    def __init__(self, database: Database, keys: Keys, tokens: Tokens, grants: Grants, clients: ClientService) -> None:
        self._database = database
        self._keys = keys
        self._tokens = tokens
        self._grants = grants
        self._clients = clients

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """For the router of the public API."""
        return [
            web.post("/authorize", oauth(self._authorize)),
            web.post("/token", oauth(self.token)),
            web.get("/token", self._who_am_i),
            web.get("/.well-known/jwks", self.jwks),
            web.put("/applications/{client_id}", self._put_application),
        ]

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Wrap it in ``oauth``."""
        return answer(await self._grants.token(await _request_of(request)))

    async def jwks(self, _request: web.Request) -> web.StreamResponse:
        """Public, and the same for everybody."""
        headers = {hdrs.CACHE_CONTROL: f"public, max-age={_KEYS_MAX_AGE}"}
        return web.Response(
            body=orjson.dumps(await self._keys.public()), content_type="application/json", headers=headers
        )

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        return answer({"code": await self._grants.direct_code(await _request_of(request))})

    async def _who_am_i(self, request: web.Request) -> web.StreamResponse:
        caller = await self._tokens.caller(request.headers.get(hdrs.AUTHORIZATION))
        if caller.user is None:
            return answer(as_strings(caller.claims))
        try:
            return answer(who_am_i(await person(self._database, caller.user.principal), caller))
        except UnknownId:
            raise InvalidToken from None

    async def _put_application(self, request: web.Request) -> web.StreamResponse:
        caller = await self._tokens.caller(request.headers.get(hdrs.AUTHORIZATION), "write")
        actor = caller.actor(address=request.remote or "", correlation_id=correlation.current())
        account_id, new, active = await _application_of(request)
        client = await self._clients.put(
            actor, account_id or caller.account_id, request.match_info["client_id"], new, active=active
        )
        return answer(application(client))


def application(client: Client) -> dict[str, Any]:
    """An application as the API tells it."""
    return {
        "applicationId": client.client_id,
        "accountId": client.account_id,
        "name": client.name,
        "description": client.description,
        "redirectUris": list(client.redirect_uris),
        "active": client.active,
    }


async def _request_of(request: web.Request) -> Request:
    basic = basic_credentials(request.headers.get(hdrs.AUTHORIZATION, ""))
    return Request(await fields_of(request), basic, request.remote or "")


async def _application_of(request: web.Request) -> tuple[str, NewClient, bool]:
    """Account, registration and activity of a body. Raises ``HTTPBadRequest``."""
    try:
        told = orjson.loads(await request_bodies.read(request, _LARGEST_APPLICATION))
    except request_bodies.TooLarge:
        raise web.HTTPRequestEntityTooLarge(_LARGEST_APPLICATION) from None
    except (orjson.JSONDecodeError, request_bodies.Unreadable):
        raise web.HTTPBadRequest from None
    match told:
        case {"name": str(name), "redirectUris": list(uris)} if all(isinstance(uri, str) for uri in uris):
            account_id, description, active = told.get("accountId"), told.get("description"), told.get("active")
        case _:
            raise web.HTTPBadRequest
    if not (
        isinstance(account_id, str | None) and isinstance(description, str | None) and isinstance(active, bool | None)
    ):
        raise web.HTTPBadRequest
    return account_id or "", NewClient(name, description or "", tuple(uris)), active is not False
