"""Our own token for replies, sent to nobody but the Teams connector."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from graph.tokens import TokenSource, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from auth.service_urls import ServiceUrls
    from graph.tokens import Registration

__all__ = ["ConnectorTokens", "TokenUnavailable"]

# Where multi-tenant bots get their tokens, whatever the customer's tenant.
_BOT_FRAMEWORK_TENANT = "botframework.com"


class ConnectorTokens:
    """The bot's tokens, for the connectors on a list.

    ``tenant_id`` is the bot's own tenant for a single-tenant bot, empty for a multi-tenant one; ``resource`` is whom
    the tokens are for, ``https://api.botframework.com`` but for sovereign clouds. ``clock`` is monotonic seconds.
    """

    def __init__(
        self,
        registration: Registration,
        service_urls: ServiceUrls,
        *,
        tenant_id: str,
        resource: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = TokenSource(registration, tenant_id or _BOT_FRAMEWORK_TENANT, resource, clock)
        self._service_urls = service_urls

    async def bearer(self, service_url: str) -> str:
        """A token to send there. Raises ``ForeignServiceUrl`` for a host not on the list, ``TokenUnavailable``."""
        self._service_urls.check(service_url)
        return await self._tokens.bearer()
