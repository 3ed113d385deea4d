"""The bearer of ``/api/messages``: a JSON Web Token by which the Bot Connector says that an activity is its own.

The checks are those of "Authentication with the Bot Connector API" (Azure AI Bot Service), which says that all of them
are needed. The Connector issues its tokens alike for single-tenant and multi-tenant bots; the tokens of the Emulator
and of other bots, which Entra ID issues, are not accepted.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import jwt

from auth.bearer import Malformed, NoBearer, bearer_of, key_id_of
from auth.keys import KeysUnavailable
from auth.service_urls import ForeignServiceUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auth.keys import SigningKey, SigningKeys
    from auth.service_urls import ServiceUrls

logger = logging.getLogger(__name__)

# The clock skew that Microsoft's page allows.
_LEEWAY_SECONDS = 300
_REQUIRED = ["exp", "iss", "aud", "serviceurl"]


class ActivityRefused(PermissionError):
    """An activity that is not to be served. ``status`` is what to answer, without the reason."""

    status = HTTPStatus.UNAUTHORIZED


class NoToken(ActivityRefused):
    """No bearer at all."""


class InvalidToken(ActivityRefused):
    """Malformed, unsigned, signed by an unknown key or another algorithm, expired, or for another bot or issuer."""


class WrongServiceUrl(ActivityRefused):
    """The activity names another service URL than its token, or one that is not on the allow-list."""

    status = HTTPStatus.FORBIDDEN


class NotEndorsed(ActivityRefused):
    """The key may not speak for the activity's channel."""

    status = HTTPStatus.FORBIDDEN


class NotVerifiable(ActivityRefused):
    """The issuer's keys cannot be fetched; Teams may deliver the activity again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class ConnectorVerifier:
    """Verifies activities for the bot ``app_id``. ``issuer`` differs in sovereign clouds."""

    def __init__(self, keys: SigningKeys, service_urls: ServiceUrls, *, app_id: str, issuer: str) -> None:
        if not app_id:
            raise ValueError("an empty app id would accept anybody's token")
        self._keys = keys
        self._service_urls = service_urls
        self._app_id = app_id
        self._issuer = issuer

    async def verify(self, authorization: str | None, activity: Mapping[str, Any]) -> None:
        """Judges the ``Authorization`` header for the ``serviceUrl`` and ``channelId`` of an activity.

        Raises ``NoToken``, ``InvalidToken``, ``WrongServiceUrl``, ``NotEndorsed``, ``NotVerifiable``.
        """
        try:
            await self._verify(_bearer(authorization), activity)
        except ActivityRefused as refusal:
            logger.warning("an activity was refused", extra={"cause": type(refusal).__name__, "detail": str(refusal)})
            raise

    async def _verify(self, token: str, activity: Mapping[str, Any]) -> None:
        key = await self._key(token)
        claims = self._claims(token, key)
        service_url, channel_id = activity.get("serviceUrl"), activity.get("channelId")
        if not isinstance(service_url, str) or not _same_url(service_url, claims["serviceurl"]):
            raise WrongServiceUrl("the activity's service URL is not that of the token")
        try:
            self._service_urls.check(service_url)
        except ForeignServiceUrl as error:
            raise WrongServiceUrl(str(error)) from None
        if not isinstance(channel_id, str) or channel_id not in key.endorsements:
            raise NotEndorsed("the key is not endorsed for the activity's channel")

    async def _key(self, token: str) -> SigningKey:
        try:
            key = await self._keys.find(key_id_of(token))
        except Malformed as error:
            raise InvalidToken(str(error)) from None
        except KeysUnavailable as error:
            raise NotVerifiable(str(error)) from None
        if key is None:
            raise InvalidToken("unknown key id")
        return key

    def _claims(self, token: str, key: SigningKey) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key.public_key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(type(error).__name__) from None


def _bearer(authorization: str | None) -> str:
    try:
        return bearer_of(authorization)
    except NoBearer as error:
        raise NoToken(str(error)) from None
    except Malformed as error:
        raise InvalidToken(str(error)) from None


def _same_url(url: str, claim: object) -> bool:
    return isinstance(claim, str) and url.rstrip("/") == claim.rstrip("/")
