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
    """One token, asked for when first needed, shared until shortly before it ends. ``clock`` is monotonic seconds."""

    def __init__(
        self, credentials: Credentials, service_urls: ServiceUrls, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._credentials = credentials
        self._service_urls = service_urls
        self._clock = clock
        self._token = ""
        self._ends_at = clock()
        self._asking = asyncio.Lock()
        self._msal: Any = None

    async def bearer(self, service_url: str) -> str:
        """A token to send there. Raises ``ForeignServiceUrl`` for a host not on the list, ``TokenUnavailable``."""
        self._service_urls.check(service_url)
        if self._is_old():
            async with self._asking:
                if self._is_old():
                    await self._renew()
        return self._token

    def _is_old(self) -> bool:
        return self._clock() >= self._ends_at - _MARGIN_SECONDS

    async def _renew(self) -> None:
        asked_at = self._clock()
        try:
            answer = await asyncio.to_thread(self._ask)
        except TokenUnavailable as error:
            logger.warning("no token for the Teams connector", extra={"cause": error.code})
            if self._clock() < self._ends_at:
                return
            raise
        self._token = answer["access_token"]
        self._ends_at = asked_at + float(answer["expires_in"])

    def _ask(self) -> dict[str, Any]:
        """Blocks, since MSAL does. It is built here because building it asks Entra ID for its endpoints."""
        import msal  # noqa: PLC0415 - a third of the server's start, and the first reply can wait for it
        import requests  # noqa: PLC0415 - what MSAL asks with, and whose errors it lets through

        try:
            if self._msal is None:
                self._msal = msal.ConfidentialClientApplication(
                    self._credentials.app_id,
                    client_credential=self._credentials.secret,
                    authority=self._credentials.authority,
                    # The authority is a setting, not something that a user typed: no need to ask Microsoft about it.
                    instance_discovery=False,
                    timeout=10,
                )
            answer: dict[str, Any] = self._msal.acquire_token_for_client([self._credentials.scope])
        except (requests.RequestException, ValueError) as error:
            logger.info("Entra ID did not answer", extra={"cause": type(error).__name__})
            raise TokenUnavailable("unreachable") from error
        if "access_token" not in answer:
            raise TokenUnavailable(str(answer.get("error", "unknown"))[:80])
        return answer
