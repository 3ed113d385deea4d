"""What Graph calls when somebody's presence has changed (change-notifications-delivery-webhooks).

Anybody on the internet can call it. So a notification counts only if it brings the secret of the subscription that it
is about, and what it names is read from Graph, never believed. Whatever else comes is answered like the rest and
dropped, as Microsoft asks: anything but success makes it repeat for hours.

- ``POST ?validationToken=``  before a subscription is made: the token goes back as plain text, and only for a watcher
  whom we have
- ``POST`` notifications      202 at once; who has changed is read afterwards (``changes``)
- ``POST`` lifecycle events   202; a subscription that has to be renewed, or is gone, is looked after soon (``keeper``)
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from aiohttp import web

from presence import watchers
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presence.watchers import Listened
    from store.database import Database

logger = logging.getLogger(__name__)

ADDRESS = "/graph/presence/{watcher_id}"
MAX_BYTES = 1 << 20
_LONGEST_TOKEN = 2000
_LONGEST_SECRET = 128
# A browser that is led here must not take what it sent itself for a page of ours.
_PLAIN = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}

Told = Callable[[str, Sequence[str]], None]
"""Is told an account, and the object ids of people whose presence has changed."""


@dataclass(frozen=True, slots=True)
class _Notification:
    secret: str = field(repr=False)
    tenant_id: str
    object_id: str
    lifecycle: bool


class PresenceWebhook:
    """Handlers; ``told`` returns at once."""

    def __init__(self, database: Database, told: Told, now: Clock = utc_now) -> None:
        self._database = database
        self._told = told
        self._now = now

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the server adds to its routes."""
        return [web.post(ADDRESS, self._receive)]

    async def _receive(self, request: web.Request) -> web.Response:
        watcher_id = _guid(request.match_info["watcher_id"])
        try:
            if "validationToken" in request.query:
                return await self._validated(watcher_id, request.query["validationToken"])
            body = await request.clone(client_max_size=MAX_BYTES).read()
            notifications = list(_read(body))
            if watcher_id and notifications:
                await self._take(watcher_id, notifications)
        except DatabaseUnavailable:
            # Microsoft comes again.
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return web.Response(status=HTTPStatus.ACCEPTED)

    async def _validated(self, watcher_id: str, token: str) -> web.Response:
        known = watcher_id and len(token) <= _LONGEST_TOKEN and await watchers.listened(self._database, watcher_id)
        if not known:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(text=token, headers=_PLAIN)

    async def _take(self, watcher_id: str, notifications: Sequence[_Notification]) -> None:
        listened = await watchers.listened(self._database, watcher_id)
        if listened is None:
            return
        account_id = listened.account_id
        ours = [each for each in notifications if _belongs(each, listened)]
        if len(ours) < len(notifications):
            logger.warning("notifications that are not ours", extra={"account_id": account_id})
        if any(each.lifecycle for each in ours):
            now = self._now()
            await self._database.write(lambda connection: watchers.move(connection, watcher_id, next_on=now))
        if changed := [each.object_id for each in ours if each.object_id]:
            self._told(account_id, changed)


def _belongs(notification: _Notification, listened: Listened) -> bool:
    wanted, brought = listened.client_state_hash, watchers.hashed(notification.secret)
    return wanted is not None and notification.tenant_id == listened.tenant_id and hmac.compare_digest(brought, wanted)


def _read(body: bytes) -> Iterator[_Notification]:
    """Those that could be Graph's. Nothing of a body that is none."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    listed = told.get("value") if isinstance(told, dict) else None
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and (notification := _notification(item)):
            yield notification


def _notification(item: dict[str, Any]) -> _Notification | None:
    secret, data, event = item.get("clientState"), item.get("resourceData"), item.get("lifecycleEvent")
    if not isinstance(secret, str) or not 0 < len(secret) <= _LONGEST_SECRET:
        return None
    object_id = _guid(data.get("id")) if isinstance(data, dict) and event is None else ""
    if not object_id and event not in {"reauthorizationRequired", "subscriptionRemoved"}:
        return None
    return _Notification(secret, _guid(item.get("tenantId")), object_id, lifecycle=event is not None)


def _guid(value: object) -> str:
    """As we store it; empty for what is none."""
    try:
        return str(UUID(value)) if isinstance(value, str) and len(value) <= 36 else ""
    except ValueError:
        return ""
