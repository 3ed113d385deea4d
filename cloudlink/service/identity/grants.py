"""``POST /token`` and the direct ``POST /authorize``: from codes, passwords, refresh tokens and secrets to tokens.

Authlib's server (1.9.9, BSD-3-Clause, needs joserfc besides cryptography) was weighed and not taken: storage of
applications, codes and sessions, rotation with reuse detection, consent and revocation remain to be written either way,
while its grants read forms only, know no ``token`` field and no request without a client, and answer OAuth's errors
alone. What it would save is the checking of parameters, which is what stands here.

Direct authorize and passwords are for applications that are registered for them, and under the limits of the sign-in
page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.port import SignInRefused, UnknownId
from cloudlink.service.identity import codes, refreshing, sessions
from cloudlink.service.identity.client_authentication import (
    Request,
    client_for,
    client_of_password,
    client_of_refresh_token,
)
from cloudlink.service.identity.jws import half_hash
from cloudlink.service.identity.oauth import (
    OAuthError,
    invalid_grant,
    invalid_request,
    invalid_scope,
    required,
)
from cloudlink.service.identity.persons import Person, cloudlink_claims, openid_claims, person, person_in
from cloudlink.service.identity.tokens import CLIENT_LIFETIME
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from cloudlink.administration.clients import Client
    from cloudlink.port import CloudLink
    from cloudlink.service.identity.tokens import Tokens
    from store.database import Database
    from store.vault import Vault

SCOPES = ("openid", "profile", "email", "phone", "offline_access", "read", "write")
DEFAULT_SCOPE = "read write"
_LONGEST_FIELD = 1024
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}", re.ASCII)
_WRONG_PASSWORD = "The user name and the password do not go together."  # noqa: S105 - a sentence
_DEAD_CODE = "The code is unknown, used or expired, or was not made for this request."


@dataclass(frozen=True, slots=True)
class _Granted:
    """A session for which an access token is due."""

    who: Person
    session_id: str
    client_id: str
    scope: str
    authenticated_on: datetime
    refresh_token: str | None
    nonce: str | None = None


class Grants:
    """Answers as ``{token_type, expires_in, access_token, refresh_token, scope}``, and ``id_token`` for ``openid``."""

    def __init__(
        self, database: Database, vault: Vault, tokens: Tokens, cloudlink: CloudLink, *, now: Clock = utc_now
    ) -> None:
        self._database = database
        self._vault = vault
        self._tokens = tokens
        self._cloudlink = cloudlink
        self._now = now

    async def token(self, request: Request) -> dict[str, Any]:
        """Raises ``OAuthError``, ``TooManyAttempts``, ``CloudLinkUnavailable``."""
        match required(request.fields, "grant_type"):
            case "authorization_code":
                return await self._answer(await self._by_code(request))
            case "refresh_token":
                return await self._answer(await self._by_refresh_token(request))
            case "password":
                return await self._answer(await self._by_password(request))
            case "client_credentials":
                return await self._by_secret(request)
        raise OAuthError("unsupported_grant_type", "There is no such grant.")

    async def direct_code(self, request: Request) -> str:
        """A code for a user name and a password. Raises as ``token`` does."""
        if required(request.fields, "response_type") != "code":
            raise OAuthError("unsupported_response_type", "response_type must be code.")
        client = await client_of_password(self._database, request, "direct_authorize")
        who, scope = await self._user_of_password(request, client), scope_of(request.fields.get("scope"))
        now = self._now()
        code = codes.Code(client.client_id, who.user.principal, scope, AuthProvider.CLOUDLINK, now)
        return await self._database.write(lambda connection: codes.issue_in(connection, code, now))

    async def _by_code(self, request: Request) -> _Granted:
        client = await client_for(self._database, request, "authorization_code", "direct_authorize")
        code, verifier = required(request.fields, "code"), request.fields.get("code_verifier")
        if verifier is not None and not _VERIFIER.fullmatch(verifier):
            raise invalid_request("code_verifier must be 43 to 128 unreserved characters.")
        session_id, now = sessions.new_session_id(), self._now()

        def work(connection: Connection) -> _Granted | None:
            redeemed = codes.redeem_in(
                connection,
                code,
                client.client_id,
                redirect_uri=request.fields.get("redirect_uri"),
                verifier=verifier,
                session_id=session_id,
                now=now,
            )
            if redeemed is None:
                return None
            return self._open_in(connection, client, redeemed, session_id, request.address)

        try:
            granted = await self._database.write(work)
        except UnknownId:
            granted = None
        if granted is None:
            raise invalid_grant(_DEAD_CODE)
        return granted

    async def _by_password(self, request: Request) -> _Granted:
        client = await client_of_password(self._database, request, "password")
        who, scope = await self._user_of_password(request, client), scope_of(request.fields.get("scope"))
        proved = codes.Code(client.client_id, who.user.principal, scope, AuthProvider.CLOUDLINK, self._now())
        session_id = sessions.new_session_id()
        try:
            return await self._database.write(
                lambda connection: self._open_in(connection, client, proved, session_id, request.address)
            )
        except UnknownId:
            raise invalid_grant(_WRONG_PASSWORD) from None

    async def _by_refresh_token(self, request: Request) -> _Granted:
        # Mitel's SDK names the field ``token``.
        token = request.fields.get("refresh_token") or required(request.fields, "token")
        client = await client_of_refresh_token(self._database, request, token)
        now = self._now()
        refreshed = await self._database.write(
            lambda connection: refreshing.refresh_in(connection, self._vault, token, client.client_id, now)
        )
        if refreshed is None:
            raise invalid_grant(refreshing.DEAD_TOKEN)
        wanted = scope_of(request.fields.get("scope"), otherwise=refreshed.scope)
        if not set(wanted.split()) <= set(refreshed.scope.split()):
            raise invalid_scope()
        try:
            who = await person(self._database, refreshed.who)
        except UnknownId:
            raise invalid_grant(refreshing.DEAD_TOKEN) from None
        if not serves(client, who):
            # The account has left the partner whose application it is.
            raise invalid_grant(refreshing.DEAD_TOKEN)
        return _Granted(
            who, refreshed.session_id, client.client_id, wanted, refreshed.authenticated_on, refreshed.token
        )

    async def _by_secret(self, request: Request) -> dict[str, Any]:
        client = await client_for(self._database, request, "client_credentials")
        if request.fields.get("account_id", client.account_id) != client.account_id:
            raise invalid_grant("The application is not of this account.")
        scope = scope_of(request.fields.get("scope"))
        claims = {"sub": client.client_id, "client_id": client.client_id, "accountId": client.account_id}
        more = {"name": client.name, "role": client.role, "scope": scope}
        return {
            "token_type": "bearer",
            "expires_in": int(CLIENT_LIFETIME.total_seconds()),
            "access_token": await self._tokens.access({**claims, **more}, CLIENT_LIFETIME),
            "scope": scope,
        }

    async def _user_of_password(self, request: Request, client: Client) -> Person:
        """Whom user name and password open, of those that the application is for."""
        email, password = required(request.fields, "username"), required(request.fields, "password")
        if max(len(email), len(password)) > _LONGEST_FIELD or not email.isprintable():
            raise invalid_grant(_WRONG_PASSWORD)
        try:
            users = await self._cloudlink.sign_in(email, password, address=request.address)
            persons = [await person(self._database, user.principal) for user in users]
        except (SignInRefused, UnknownId):
            raise invalid_grant(_WRONG_PASSWORD) from None
        account_id = request.fields.get("account_id")
        found = [who for who in persons if serves(client, who) and account_id in {None, who.user.account_id}]
        if not found:
            raise invalid_grant(_WRONG_PASSWORD)
        if len(found) > 1:
            raise invalid_request("The person is in several accounts: account_id must name one.")
        return found[0]

    def _open_in(
        self, connection: Connection, client: Client, proved: codes.Code, session_id: str, address: str
    ) -> _Granted:
        """Opens a session for what was proved. Raises ``UnknownId``."""
        who, now = person_in(connection, proved.who), self._now()
        refreshes = "refresh_token" in client.grant_types
        token, family_hash = refreshing.first_token(session_id)
        new = sessions.NewSession(
            session_id,
            proved.who,
            SessionKind.API,
            proved.auth_provider,
            sessions.hash_secret(token),
            proved.authenticated_on,
            now + (who.refresh_lifetime if refreshes else who.access_lifetime),
            address,
            client.client_id,
            proved.scope,
            family_hash,
        )
        sessions.open_in(connection, new, now)
        return _Granted(
            who,
            session_id,
            client.client_id,
            proved.scope,
            proved.authenticated_on,
            token if refreshes else None,
            proved.nonce,
        )

    async def _answer(self, granted: _Granted) -> dict[str, Any]:
        lifetime = granted.who.access_lifetime
        named = {"sid": granted.session_id, "client_id": granted.client_id, "scope": granted.scope}
        access = await self._tokens.access({**cloudlink_claims(granted.who), **named}, lifetime)
        body: dict[str, Any] = {
            "token_type": "bearer",
            "expires_in": int(lifetime.total_seconds()),
            "access_token": access,
            "scope": granted.scope,
        }
        if granted.refresh_token is not None:
            body["refresh_token"] = granted.refresh_token
        if "openid" in granted.scope.split():
            body["id_token"] = await self._id_token(granted, access, lifetime)
        return body

    async def _id_token(self, granted: _Granted, access: str, lifetime: timedelta) -> str:
        claims = openid_claims(granted.who, set(granted.scope.split()))
        claims |= {
            "sid": granted.session_id,
            "auth_time": int(granted.authenticated_on.timestamp()),
            "at_hash": half_hash(access),
        }
        if granted.nonce is not None:
            claims["nonce"] = granted.nonce
        return await self._tokens.identity(claims, granted.client_id, lifetime)


def scope_of(text: str | None, *, otherwise: str = DEFAULT_SCOPE) -> str:
    """A request's scope, each word once. Raises ``OAuthError`` for one that there is not."""
    words = list(dict.fromkeys((text or otherwise).split()))
    if not words or not set(words) <= set(SCOPES):
        raise invalid_scope()
    return " ".join(words)


def serves(client: Client, who: Person) -> bool:
    """Whether the application is for this person: of its own account, or of a customer's of its partner's."""
    return client.account_id in {who.user.account_id, who.partner_id}
