"""Publications by WebSocket. Mitel names this transport and publishes nothing else of it, so this is ours.

``GET /subscriptions/{id}/socket`` with the ``Authorization`` of an administrator is the handshake. Each publication is
a text message, in order, from the oldest that was not sent yet; one that was sent is not sent again. Nothing is
expected from the client. The server pings, and closes when the subscription is gone (1000), when the token has expired,
is revoked or is no administrator's any more (1008), while the database is away (1013), and when it goes itself (1001).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from cloudlink.port import UnknownId
from cloudlink.service.api.notifications import deliveries, subscriptions
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cloudlink.service.api.notifications.subscriptions import Subscription
    from store.database import Database

_PING_S = 30.0
_AT_ONCE = 50
_LOOKS_AGAIN_S = 2.0
_MOST_FROM_CLIENT = 1024


class Sockets:
    """The sockets that are open here."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[web.WebSocketResponse, asyncio.Event] = {}

    def wake(self) -> None:
        """There may be something to send."""
        for bell in self._open.values():
            bell.set()

    async def close(self) -> None:
        """Ends them all, as the server goes."""
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def serve(
        self, request: web.Request, subscription: Subscription, allowed: Callable[[], Awaitable[bool]]
    ) -> web.WebSocketResponse:
        """Sends until the client or the subscription is gone, or whoever asked may not be told any more."""
        socket = web.WebSocketResponse(heartbeat=_PING_S, max_msg_size=_MOST_FROM_CLIENT)
        await socket.prepare(request)
        bell = self._open[socket] = asyncio.Event()
        sending = asyncio.create_task(self._send(socket, subscription, bell, allowed))
        try:
            async for _ in socket:
                pass
        finally:
            del self._open[socket]
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def _send(
        self,
        socket: web.WebSocketResponse,
        subscription: Subscription,
        bell: asyncio.Event,
        allowed: Callable[[], Awaitable[bool]],
    ) -> None:
        try:
            code = await self._send_until(socket, subscription, bell, allowed)
        except DatabaseUnavailable:
            code = WSCloseCode.TRY_AGAIN_LATER
        await socket.close(code=code)

    async def _send_until(
        self,
        socket: web.WebSocketResponse,
        subscription: Subscription,
        bell: asyncio.Event,
        allowed: Callable[[], Awaitable[bool]],
    ) -> WSCloseCode:
        """Sends until there is a reason to close, which it answers."""
        key = (subscription.account_id, subscription.subscription_id)
        while await allowed():
            bell.clear()
            sent = 0
            for delivery_id, body in await deliveries.waiting(self._database, *key, _AT_ONCE):
                await socket.send_str(body)
                await deliveries.done(self._database, delivery_id)
                sent += 1
            if sent:
                continue
            try:
                await subscriptions.one(self._database, *key)
            except UnknownId:
                return WSCloseCode.OK
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKS_AGAIN_S):
                    await bell.wait()
        return WSCloseCode.POLICY_VIOLATION
