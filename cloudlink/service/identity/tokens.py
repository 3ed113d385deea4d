"""Access tokens: RS256 JWTs (RFC 9068) with CloudLink's claims, and their judgement.

After the signature one indexed read says whether the session, its user and account are still there, so revoking works
at once; nothing that was judged is remembered.

Mitel's sample is signed by HS256 and has no ``aud``, ``sub``, ``sid``, ``client_id``, ``jti``; its other claims that we
know are here with the same names.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from cloudlink.identity import Caller, InvalidToken, SessionKind
from cloudlink.service.identity import jws
from cloudlink.service.identity.sessions import ACCOUNT_OF_USER, ACTIVE_USER, USER_OF_SESSION
from store.clock import Clock, utc_now
from store.rows import USER_COLUMNS, to_user
from store.schema import accounts, clients, sessions, users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.service.identity.keys import Keys
    from store.database import Database

ACCESS_TYPE = "at+jwt"
ID_TYPE = "JWT"
CLIENT_LIFETIME = timedelta(hours=1)
_LONGEST_TOKEN = 8 * 1024
_BEARER = "bearer "

_SESSION = (
    select(sessions.c.expires_at, sessions.c.kind, *USER_COLUMNS)
    .select_from(sessions.join(users, USER_OF_SESSION).join(accounts, ACCOUNT_OF_USER))
    .where(sessions.c.session_id == bindparam("session_id"), ACTIVE_USER)
)
_CLIENT = (
    select(clients.c.account_id, clients.c.name, clients.c.role)
    .select_from(clients.join(accounts))
    .where(clients.c.client_id == bindparam("client_id"), clients.c.active.is_(True), accounts.c.active.is_(True))
)


class Tokens:
    """Signs tokens, and fulfils ``Bearers``.

    ``issuer`` is ``<public URL>/cloudlink``, ``audience`` that of access tokens: ``<public URL>/2017-09-01``.
    """

    def __init__(self, database: Database, keys: Keys, public_url: str, now: Clock = utc_now) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self.issuer = f"{public_url}/cloudlink"
        self.audience = f"{public_url}/2017-09-01"

    async def access(self, claims: Mapping[str, Any], lifetime: timedelta) -> str:
        """An access token with these claims and the usual ones."""
        return await self._signed({**claims, "aud": self.audience}, ACCESS_TYPE, lifetime)

    async def identity(self, claims: Mapping[str, Any], client_id: str, lifetime: timedelta) -> str:
        """An OpenID id token for an application."""
        return await self._signed({**claims, "aud": client_id}, ID_TYPE, lifetime)

    async def caller(self, authorization: str | None, scope: str = "read") -> Caller:
        claims = await self.verify(_token_of(authorization or ""), ACCESS_TYPE)
        if claims["aud"] != self.audience:
            raise InvalidToken
        caller = await (self._user(claims) if "sid" in claims else self._client(claims))
        if scope not in caller.scope:
            raise InvalidToken(scope=True)
        return caller

    async def verify(self, token: str, kind: str, *, expired: bool = False) -> Mapping[str, Any]:
        """The claims of a token of ours of that type, whoever it is for; with ``expired``, whenever it ended.

        Raises ``InvalidToken``.
        """
        try:
            key = await self._keys.verifying(jws.key_id(token, kind))
            if key is None:
                raise InvalidToken
            claims = jws.verify(token, key.public)
        except jws.NotOurs:
            raise InvalidToken from None
        if claims["iss"] != self.issuer or not (expired or claims["exp"] > self._now().timestamp()):
            raise InvalidToken
        return claims

    async def _signed(self, claims: Mapping[str, Any], kind: str, lifetime: timedelta) -> str:
        key = await self._keys.signing()
        now = int(self._now().timestamp())
        usual = {
            "iss": self.issuer,
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        return jws.sign(key.private, key.kid, kind, {**claims, **usual})

    async def _user(self, claims: Mapping[str, Any]) -> Caller:
        rows = await self._database.read(_SESSION, {"session_id": claims["sid"]})
        if not rows or rows[0][0] <= self._now() or rows[0][1] != SessionKind.API:
            raise InvalidToken
        user = to_user(rows[0][2:])
        return Caller(user.account_id, claims["client_id"], user.role, user.name, _scope(claims), claims, user)

    async def _client(self, claims: Mapping[str, Any]) -> Caller:
        rows = await self._database.read(_CLIENT, {"client_id": claims["client_id"]})
        if not rows or rows[0][2] is None:
            raise InvalidToken
        account_id, name, role = rows[0]
        return Caller(account_id, claims["client_id"], role, name, _scope(claims), claims)


def _scope(claims: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(claims["scope"].split())


def _token_of(authorization: str) -> str:
    """The token of a header; Mitel's samples send it bare, its SDK as a bearer."""
    bearer = authorization[: len(_BEARER)].lower() == _BEARER
    token = authorization[len(_BEARER) if bearer else 0 :].strip()
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise InvalidToken
    return token
