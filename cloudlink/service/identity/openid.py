"""CloudLink as an OpenID provider, for applications that share its sign-in.

The issuer is ``<public URL>/cloudlink``; below it stand ``/.well-known/openid-configuration``, ``/token``,
``/userinfo`` and ``/jwks``, which are here, and ``/authorize`` and ``/logout``, whose pages are ``auth.openid``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import hdrs, web
from sqlalchemy import bindparam, delete, select

from cloudlink.identity import InvalidToken, SessionKind
from cloudlink.openid import AuthorizationRequest, BadRequest, Declined, SignOut
from cloudlink.port import UnknownId
from cloudlink.service.identity import authorization, codes
from cloudlink.service.identity.authentication_api import oauth
from cloudlink.service.identity.clients import active_client
from cloudlink.service.identity.grants import SCOPES, serves
from cloudlink.service.identity.oauth import answer
from cloudlink.service.identity.persons import openid_claims, person
from cloudlink.service.identity.tokens import ID_TYPE
from store.clock import Clock, utc_now
from store.schema import consents, sessions
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.administration.clients import Client
    from cloudlink.identity import Session
    from cloudlink.service.identity.authentication_api import AuthenticationApi
    from cloudlink.service.identity.tokens import Tokens
    from store.database import Database

PATH = "/cloudlink"
_METADATA = "/.well-known/openid-configuration"

_c = consents.c
_CONSENT = select(_c.scope).where(
    _c.account_id == bindparam("account_id"),
    _c.principal_id == bindparam("principal_id"),
    _c.client_id == bindparam("client_id"),
)
_KEEP = insert(consents)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=[_c.account_id, _c.principal_id, _c.client_id],
    set_={name: _KEEP.excluded[name] for name in ("scope", "given_on")},
)
_END = delete(sessions).where(
    sessions.c.session_id == bindparam("session_id"),
    sessions.c.principal_id == bindparam("principal_id"),
    sessions.c.kind == SessionKind.API.value,
)


class OpenId:
    """Fulfils ``OpenIdProvider``."""

    def __init__(self, database: Database, tokens: Tokens, now: Clock = utc_now) -> None:
        self._database = database
        self._tokens = tokens
        self._now = now

    async def request(self, query: Mapping[str, str]) -> AuthorizationRequest:
        client = await self._client(query.get("client_id", ""))
        authorization.checked_address(client, query)
        if client is None:
            raise BadRequest("no such application")
        return authorization.read(client, query, self._tokens.issuer)

    def declined(self, request: AuthorizationRequest, code: str) -> Declined:
        return Declined(code, self._location(request, error=code))

    async def has_consent(self, request: AuthorizationRequest, session: Session) -> bool:
        await self._require_served(request, session)
        return set(request.scope) <= await self._allowed(request, session)

    async def consent(self, request: AuthorizationRequest, session: Session) -> None:
        allowed = await self._allowed(request, session) | set(request.scope)
        scope = " ".join(word for word in SCOPES if word in allowed)
        row = {**_key(request, session), "scope": scope, "given_on": self._now()}
        await self._database.write(lambda connection: connection.execute(_KEEP, row))

    async def granted(self, request: AuthorizationRequest, session: Session) -> str:
        await self._require_served(request, session)
        code = codes.Code(
            request.client_id,
            session.user.principal,
            " ".join(request.scope),
            session.auth_provider,
            session.authenticated_on,
            request.redirect_uri,
            request.nonce,
            request.code_challenge,
        )
        now = self._now()
        text = await self._database.write(lambda connection: codes.issue_in(connection, code, now))
        return self._location(request, code=text)

    async def sign_out(self, query: Mapping[str, str]) -> SignOut:
        hint: Mapping[str, Any] = {}
        if "id_token_hint" in query:
            try:
                hint = await self._tokens.verify(query["id_token_hint"], ID_TYPE, expired=True)
            except InvalidToken:
                raise BadRequest("not an id token of ours") from None
        client_id = query.get("client_id", hint.get("aud", ""))
        if hint and client_id != hint["aud"]:
            raise BadRequest("the id token is another application's")
        return SignOut(hint.get("sub"), hint.get("sid"), await self._logout_address(client_id, query))

    async def end(self, sign_out: SignOut) -> None:
        if sign_out.session_id and sign_out.principal_id:
            which = {"session_id": sign_out.session_id, "principal_id": sign_out.principal_id}
            await self._database.write(lambda connection: connection.execute(_END, which))

    async def _logout_address(self, client_id: str, query: Mapping[str, str]) -> str | None:
        address = query.get("post_logout_redirect_uri")
        if address is None:
            return None
        client = await self._client(client_id)
        if client is None or address not in client.post_logout_redirect_uris:
            raise BadRequest("not an address of the application")
        return authorization.location(address, query.get("state"), self._tokens.issuer)

    async def _client(self, client_id: str) -> Client | None:
        found = await active_client(self._database, client_id)
        return found[0] if found else None

    async def _require_served(self, request: AuthorizationRequest, session: Session) -> None:
        try:
            who = await person(self._database, session.user.principal)
        except UnknownId:
            raise self.declined(request, "access_denied") from None
        client = await self._client(request.client_id)
        if client is None or not serves(client, who):
            raise self.declined(request, "access_denied")

    async def _allowed(self, request: AuthorizationRequest, session: Session) -> set[str]:
        rows = await self._database.read(_CONSENT, _key(request, session))
        return set(rows[0][0].split()) if rows else set()

    def _location(self, request: AuthorizationRequest, **told: str) -> str:
        return authorization.location(request.redirect_uri, request.state, self._tokens.issuer, **told)


class OpenIdApi:
    """What programs ask of the provider; ``api`` answers tokens and keys."""

    def __init__(self, database: Database, tokens: Tokens, api: AuthenticationApi) -> None:
        self._database = database
        self._tokens = tokens
        self._api = api

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Absolute paths, for the listener that people's browsers use."""
        return [
            web.get(PATH + _METADATA, self._metadata),
            # Where RFC 8414 puts the same document.
            web.get(f"/.well-known/oauth-authorization-server{PATH}", self._metadata),
            web.post(f"{PATH}/token", oauth(self._api.token)),
            web.get(f"{PATH}/userinfo", self._userinfo),
            web.post(f"{PATH}/userinfo", self._userinfo),
            web.get(f"{PATH}/jwks", self._api.jwks),
        ]

    async def _metadata(self, _request: web.Request) -> web.StreamResponse:
        body = orjson.dumps(metadata(self._tokens.issuer))
        headers = {hdrs.CACHE_CONTROL: "public, max-age=300"}
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _userinfo(self, request: web.Request) -> web.StreamResponse:
        try:
            return answer(await self._claims(request))
        except (InvalidToken, UnknownId) as refusal:
            scope = isinstance(refusal, InvalidToken) and refusal.scope
            code = "insufficient_scope" if scope else "invalid_token"
            response = answer({"error": code}, HTTPStatus.FORBIDDEN if scope else HTTPStatus.UNAUTHORIZED)
            response.headers[hdrs.WWW_AUTHENTICATE] = f'Bearer error="{code}"'
            return response

    async def _claims(self, request: web.Request) -> Mapping[str, Any]:
        caller = await self._tokens.caller(request.headers.get(hdrs.AUTHORIZATION), "openid")
        if caller.user is None:
            raise InvalidToken
        return openid_claims(await person(self._database, caller.user.principal), caller.scope)


def metadata(issuer: str) -> dict[str, Any]:
    """The discovery document (OpenID Connect Discovery 1.0, RFC 8414)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/logout",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "password"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": sorted(authorization.PROMPTS),
        "authorization_response_iss_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name", "given_name", "family_name",
            "preferred_username", "locale", "zoneinfo", "email", "email_verified", "phone_number",
        ],
    }  # fmt: skip


def _key(request: AuthorizationRequest, session: Session) -> dict[str, object]:
    user = session.user
    return {"account_id": user.account_id, "principal_id": user.principal_id, "client_id": request.client_id}
