"""Asks the hosted CloudLink to post to our webhook whenever something changes on a telephone.

Mitel publishes the body of ``POST /subscriptions`` and that it needs an administrator's rights. How long a subscription
lives is not public, so it is looked for every hour and made again when it is gone. That an application may do this by
client credentials is unverified.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from cloudlink import wire
from cloudlink.hosted.api import Request, segments
from cloudlink.hosted.tokens import Granted
from cloudlink.port import CloudLinkError
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from cloudlink.hosted.api import Api

logger = logging.getLogger(__name__)

TOPIC = "platform-api-media"
SUBJECTS = "/2017-09-01/endpoints/"
_LOOKS_AGAIN_S = 3600.0
_MARGIN = timedelta(minutes=2)


def webhook_secret(client_id: str, client_secret: str) -> str:
    """The last part of the webhook's address: the same at every start and in every process, known to nobody else."""
    return hmac.new(client_secret.encode(), f"webhook of {client_id}".encode(), hashlib.sha256).hexdigest()


class Subscription:
    """Keeps one account's subscription to its endpoints alive. ``webhook`` is our public address for it."""

    def __init__(
        self,
        api: Api,
        *,
        account_id: str,
        client_id: str,
        client_secret: str,
        webhook: str,
        now: Clock = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._account_id = account_id
        self._client_id = client_id
        self._client_secret = client_secret
        self._webhook = webhook
        self._now = now
        self._sleep = sleep
        self._bearer: tuple[str, datetime] | None = None

    async def run(self) -> NoReturn:
        """Looks for the subscription now and every hour, until cancelled."""
        while True:
            try:
                await self.ensure()
            except CloudLinkError as error:
                extra = {"account_id": self._account_id, "error": str(error)}
                logger.warning("no notifications from CloudLink for now", extra=extra)
            await self._sleep(_LOOKS_AGAIN_S)

    async def ensure(self) -> None:
        """Makes the subscription unless it is there. Raises ``CloudLinkError``."""
        listed = await self._send(Request("GET", "notifications", "/subscriptions"))
        if any(item.get("deviceId") == self._webhook for item in wire.items(listed)):
            return
        body = {
            "applicationId": self._client_id,
            "deviceId": self._webhook,
            "transport": "webhook",
            "topic": TOPIC,
            "subjectFilter": SUBJECTS,
        }
        await self._send(Request("POST", "notifications", "/subscriptions", body=body))
        logger.info("subscribed to CloudLink's notifications", extra={"account_id": self._account_id})

    async def end(self) -> None:
        """Takes the subscription back, for whoever removes the account. Raises ``CloudLinkError``."""
        listed = await self._send(Request("GET", "notifications", "/subscriptions"))
        for item in wire.items(listed):
            if item.get("deviceId") == self._webhook:
                path = segments("subscriptions", str(item.get("subscriptionId")))
                await self._send(Request("DELETE", "notifications", path))

    async def _send(self, request: Request) -> object:
        return await self._api.send(request, bearer=await self._token())

    async def _token(self) -> str:
        if self._bearer is None or self._bearer[1] - self._now() < _MARGIN:
            credentials = {
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret,
                "account_id": self._account_id,
            }
            told = await self._api.send(Request("POST", "authentication", "/token", body=credentials))
            self._bearer = Granted.bearer_of(told, self._now())
        return self._bearer[0]
