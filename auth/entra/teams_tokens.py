"""The tokens by which Teams says who its user is: ``getAuthToken`` in a tab, ``signin/tokenExchange`` at a bot.

They are access tokens for our own application, version 1 or 2 by its registration (``accessTokenAcceptedVersion``).
What is checked is what "Secure applications and APIs by validating claims" (Microsoft identity platform) lists:
signature, audience, tenant and issuer together, the key's own issuer, the scope, and that a person stands behind it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import jwt

from auth.bearer import Malformed, checked, key_id_of
from auth.entra.claims import identity_of
from auth.keys import KeysUnavailable
from cloudlink.port import CloudLinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from auth.keys import SigningKey, SigningKeys
    from cloudlink.identity import EntraIdentity

logger = logging.getLogger(__name__)

SCOPE = "access_as_user"
# Version 1 tokens name this issuer in the public cloud; sovereign clouds have others.
V1_ISSUER = "https://sts.windows.net"
_LEEWAY_SECONDS = 300
_REQUIRED = ["exp", "iat", "iss", "aud", "tid", "oid", "scp"]


class TokenRefused(PermissionError):
    """Not a token of Teams for a person and for us; the text says which check failed."""


def metadata_url(entra_url: str) -> str:
    """Where the keys of every tenant are named."""
    return f"{entra_url}/organizations/v2.0/.well-known/openid-configuration"


class TeamsTokens:
    """Verifies tokens for any of ``audiences``: the application's id and its Application ID URIs.

    ``keys`` are those of ``metadata_url``; ``entra_url`` and ``v1_issuer`` are base URLs.
    """

    def __init__(
        self, keys: SigningKeys, audiences: Collection[str], *, entra_url: str, v1_issuer: str = V1_ISSUER
    ) -> None:
        if not all(audiences):
            raise ValueError("an empty audience would accept anybody's token")
        self._keys = keys
        self._audiences = list(audiences)
        self._entra_url = entra_url
        self._v1_issuer = v1_issuer

    async def verify(self, token: str) -> EntraIdentity:
        """Whom the token names. Raises ``TokenRefused``, ``CloudLinkUnavailable`` while keys cannot be fetched."""
        try:
            key = await self._key(token)
            claims = self._claims(token, key)
            identity = _identity(claims)
            self._check_issuer(str(claims["iss"]), identity.tenant_id, key)
        except TokenRefused as refusal:
            logger.warning("a token of Teams was refused", extra={"cause": str(refusal)})
            raise
        return identity

    async def _key(self, token: str) -> SigningKey:
        try:
            key = await self._keys.find(key_id_of(checked(token)))
        except Malformed as error:
            raise TokenRefused(str(error)) from None
        except KeysUnavailable as error:
            raise CloudLinkUnavailable(str(error)) from None
        if key is None:
            raise TokenRefused("unknown key id")
        return key

    def _claims(self, token: str, key: SigningKey) -> Mapping[str, Any]:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.public_key,
                algorithms=["RS256"],
                audience=self._audiences,
                leeway=_LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefused(type(error).__name__) from None
        if SCOPE not in str(claims["scp"]).split():
            raise TokenRefused("another scope")
        if claims.get("idtyp") == "app":
            raise TokenRefused("an application's token")
        return claims

    def _check_issuer(self, issuer: str, tenant: str, key: SigningKey) -> None:
        """Issuer and tenant belong together, and the key may sign for that tenant."""
        v2_issuer = f"{self._entra_url}/{tenant}/v2.0"
        if issuer not in {v2_issuer, f"{self._v1_issuer}/{tenant}/"}:
            raise TokenRefused("another issuer, or another tenant than its issuer's")
        if key.issuer is not None and key.issuer.replace("{tenantid}", tenant) != v2_issuer:
            raise TokenRefused("the key signs for another tenant")


def _identity(claims: Mapping[str, Any]) -> EntraIdentity:
    try:
        return identity_of(claims)
    except ValueError as error:
        raise TokenRefused(str(error)) from None
