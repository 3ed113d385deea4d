"""Our own token for replies to the Teams connector: client credentials at Microsoft Entra ID, by MSAL."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from auth.service_urls import ServiceUrls

logger = logging.getLogger(__name__)

# A token is replaced this long before it ends, so that none ends on its way.
_MARGIN_SECONDS = 300.0
_PAUSE_SECONDS = 10.0
_TIMEOUT_SECONDS = 10.0
# Where multi-tenant bots get their tokens, whatever the customer's tenant.
_BOT_FRAMEWORK_TENANT = "botframework.com"


class TokenUnavailable(Exception):
    """Entra ID gave no token. ``code`` is its error, such as ``invalid_client``, or ``unreachable``."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no token for the Teams connector: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Credentials:
    """The bot's registration. ``tenant_id`` is its own tenant for a single-tenant bot, empty for a multi-tenant one.

    ``entra_url`` is ``https://login.microsoftonline.com`` but for sovereign clouds; ``resource`` is whom the token is
    for, ``https://api.botframework.com`` likewise.
    """

    app_id: str
    secret: str = field(repr=False)
    tenant_id: str
    entra_url: str
    resource: str

    @property
    def authority(self) -> str:
        return f"{self.entra_url}/{self.tenant_id or _BOT_FRAMEWORK_TENANT}"

    @property
    def scope(self) -> str:
        return f"{self.resource}/.default"


class ConnectorTokens:
    """One token, asked for when first needed, shared until shortly before it ends. ``clock`` is monotonic seconds.

    While Entra ID gives none it is asked every ten seconds at most, so that replies fail at once instead of queueing.
    """

    def __init__(
        self, credentials: Credentials, service_urls: ServiceUrls, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._credentials = credentials
        self._service_urls = service_urls
        self._clock = clock
        self._token = ""
        self._ends_at = self._ask_at = clock()
        self._refusal = ""
        self._asking = asyncio.Lock()

    async def bearer(self, service_url: str) -> str:
        """A token to send there. Raises ``ForeignServiceUrl`` for a host not on the list, ``TokenUnavailable``."""
        self._service_urls.check(service_url)
        if self._clock() >= self._ask_at:
            async with self._asking:
                if self._clock() >= self._ask_at:
                    await self._renew()
        if self._clock() >= self._ends_at:
            raise TokenUnavailable(self._refusal)
        return self._token

    async def _renew(self) -> None:
        asked_at = self._clock()
        try:
            self._token, lifetime = await asyncio.to_thread(_ask, self._credentials)
        except TokenUnavailable as refusal:
            logger.warning("no token for the Teams connector", extra={"cause": refusal.code})
            self._refusal = refusal.code
            self._ask_at = self._clock() + _PAUSE_SECONDS
            return
        self._ends_at = asked_at + lifetime
        self._ask_at = max(self._ends_at - _MARGIN_SECONDS, self._clock() + _PAUSE_SECONDS)


def _ask(credentials: Credentials) -> tuple[str, float]:
    """A token and its lifetime in seconds. Blocks, since MSAL does.

    MSAL is built anew each time: the token is kept above, and what MSAL keeps besides is its memory of failures, which
    would outlast them by a minute.
    """
    import msal  # noqa: PLC0415 - slow to import, and the first reply can wait for it
    import requests  # noqa: PLC0415 - what MSAL asks with, and whose errors it lets through

    try:
        application = msal.ConfidentialClientApplication(
            credentials.app_id,
            client_credential=credentials.secret,
            authority=credentials.authority,
            # The authority is a setting, not something that a user typed: no need to ask Microsoft about it.
            instance_discovery=False,
            timeout=_TIMEOUT_SECONDS,
        )
        answer: dict[str, Any] = application.acquire_token_for_client([credentials.scope])
    except (requests.RequestException, msal.exceptions.MsalError, ValueError) as error:
        # ValueError: MSAL's word for authority metadata that it cannot use.
        logger.info("Entra ID gave no answer to use", extra={"cause": type(error).__name__})
        raise TokenUnavailable("unreachable") from error
    if "access_token" not in answer:
        raise TokenUnavailable(str(answer.get("error", "unknown"))[:80])
    return str(answer["access_token"]), float(answer["expires_in"])
