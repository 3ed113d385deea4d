"""Posts publications to webhooks: in order for each subscription, side by side for different ones.

What a webhook does not answer with a 2xx is posted again after a wait that doubles, at most ``MOST_ATTEMPTS`` times; a
subscription with ``MOST_FAILURES`` publications in a row that were never taken is ended. ``SIGNATURE`` holds the
HMAC-SHA256 of the body in hexadecimal, keyed by the subscription's ``applicationId``: so a third party describes
Mitel's, without the name of the header, which is ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import random
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from aiohttp.resolver import ThreadedResolver

from cloudlink.service.api.errors import BadRequest
from cloudlink.service.api.notifications import deliveries, targets
from cloudlink.service.api.notifications.targets import GuardedResolver
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.abc import AbstractResolver

    from cloudlink.service.api.notifications.deliveries import Due
    from store.database import Database

logger = logging.getLogger(__name__)

SIGNATURE = "X-Mitel-Signature"
MOST_ATTEMPTS = 8
MOST_FAILURES = 10
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
# Well below ``deliveries.TAKEN_FOR``, clocks of two servers included.
_TIMEOUT = ClientTimeout(total=10.0, connect=5.0)
_AT_ONCE = 20
_LOOKS_AGAIN_S = 2.0


def webhook_session(*, loopback: bool, resolver: AbstractResolver | None = None) -> ClientSession:
    """Connects to addresses that webhooks may have, and to no others. ``loopback`` allows this machine."""
    guarded = GuardedResolver(resolver or ThreadedResolver(), loopback=loopback)
    connector = TCPConnector(resolver=guarded, use_dns_cache=False, limit=_AT_ONCE)
    return ClientSession(connector=connector, timeout=_TIMEOUT, cookie_jar=DummyCookieJar())


class Webhooks:
    """The worker. ``jitter`` answers a number from 0 to 1."""

    def __init__(
        self,
        database: Database,
        session: ClientSession,
        *,
        loopback: bool = False,
        now: Clock = utc_now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._session = session
        self._loopback = loopback
        self._now = now
        self._jitter = jitter
        self._bell = asyncio.Event()
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There may be something to post."""
        self._bell.set()

    async def run(self) -> NoReturn:
        """Until cancelled. What is being posted then is posted again when nobody has taken it any more."""
        try:
            while True:
                self._bell.clear()
                try:
                    await self.start_due()
                except Exception:
                    logger.exception("webhooks are not being posted")
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOKS_AGAIN_S):
                        await self._bell.wait()
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def start_due(self) -> None:
        """Begins to post whatever is due and not being posted."""
        for due in await deliveries.due(self._database, self._now()):
            key = (due.account_id, due.subscription_id)
            if key not in self._running:
                task = asyncio.create_task(self._deliver(due))
                self._running[key] = task
                task.add_done_callback(partial(self._ended, key))

    async def settle(self) -> None:
        """Posts until nothing is due any more."""
        await self.start_due()
        while self._running:
            await asyncio.wait(self._running.values())
            await self.start_due()

    def _ended(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        del self._running[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            # The row is as it was: the worker looks again by itself.
            logger.error("a webhook's delivery was not noted", exc_info=error)
            return
        self._bell.set()

    async def _deliver(self, due: Due) -> None:
        if not await deliveries.take(self._database, due, self._now()):
            return
        problem = await self._post(due)
        if problem is None:
            await deliveries.done(self._database, due.id, due)
            return
        ids = {"account_id": due.account_id, "subscription_id": due.subscription_id, "problem": problem}
        if due.attempts + 1 < MOST_ATTEMPTS:
            logger.info("webhook did not take a publication", extra={**ids, "attempts": due.attempts + 1})
            await deliveries.later(self._database, due, self._now() + self._wait(due.attempts))
        elif await deliveries.give_up(self._database, due, MOST_FAILURES, self._now()):
            logger.warning("subscription ended: its webhook takes nothing", extra=ids)
        else:
            logger.warning("publication given up", extra=ids)

    async def _post(self, due: Due) -> str | None:
        """What went wrong, in a word; ``None`` when the webhook took it."""
        body = due.body.encode()
        signature = hmac.new(due.application_id.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE: signature}
        try:
            # Judged again: the setting that allowed it may be another now, and a literal asks no resolver.
            targets.check(due.device_id, loopback=self._loopback)
            async with self._session.post(due.device_id, data=body, headers=headers, allow_redirects=False) as response:
                return None if 200 <= response.status < 300 else f"status {response.status}"
        except (ClientError, OSError, TimeoutError, ValueError, BadRequest) as error:
            return type(error).__name__

    def _wait(self, attempts: int) -> timedelta:
        """Between half and the whole of a wait that doubles, so that subscribers do not come back all at once."""
        longest = min(FIRST_WAIT_S * 2.0**attempts, LONGEST_WAIT_S)
        return timedelta(seconds=longest * (1 + self._jitter()) / 2)
