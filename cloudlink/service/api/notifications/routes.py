"""The Notifications API over HTTP, and all that runs for it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from cloudlink.identity import InvalidToken
from cloudlink.service.api import bodies
from cloudlink.service.api.errors import as_json
from cloudlink.service.api.gate import Gate, actor_of, is_administrator, require_administrator
from cloudlink.service.api.notifications import filters, subscriptions, targets
from cloudlink.service.api.notifications.bodies import NewSubscription
from cloudlink.service.api.notifications.deliveries import FanOut
from cloudlink.service.api.notifications.sockets import Sockets
from cloudlink.service.api.notifications.webhooks import Webhooks, webhook_session
from cloudlink.service.api.routing import link
from cloudlink.wire import collection
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiohttp.abc import AbstractResolver

    from cloudlink.identity import Bearers, Caller
    from store.database import Database
    from store.outbox import Outbox

CONSUMER = "notifications"


class Notifications:
    """The service. ``loopback`` lets webhooks be on this machine: for development alone."""

    def __init__(
        self,
        bearers: Bearers,
        database: Database,
        outbox: Outbox,
        *,
        loopback: bool = False,
        resolver: AbstractResolver | None = None,
        now: Clock = utc_now,
    ) -> None:
        self._bearers = bearers
        self._gate = Gate(bearers)
        self._database = database
        self._outbox = outbox
        self._loopback = loopback
        self._resolver = resolver
        self._now = now
        self._sockets = Sockets(database)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Routes for ``add_api``, as the service ``notifications``."""
        return [
            web.get("/subscriptions", self._gate(self._all)),
            web.post("/subscriptions", self._gate(self._make)),
            web.get("/subscriptions/{subscription_id}", self._gate(self._one)),
            web.delete("/subscriptions/{subscription_id}", self._gate(self._remove)),
            web.get("/subscriptions/{subscription_id}/socket", self._gate(self._socket), allow_head=False),
        ]

    def run_in(self, app: web.Application) -> None:
        """Has the application run the consumer and the worker, and close the sockets when it goes."""
        app.cleanup_ctx.append(self._running)
        app.on_shutdown.append(lambda _: self._sockets.close())

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        async with webhook_session(loopback=self._loopback, resolver=self._resolver) as session:
            webhooks = Webhooks(self._database, session, loopback=self._loopback, now=self._now)

            def wake() -> None:
                webhooks.wake()
                self._sockets.wake()

            fan_out = FanOut(self._database, wake, self._now)
            tasks = [
                asyncio.create_task(self._outbox.run_consumer(CONSUMER, fan_out.on_event)),
                asyncio.create_task(webhooks.run()),
            ]
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _all(self, request: web.Request, caller: Caller) -> web.Response:
        require_administrator(caller)
        found = await subscriptions.of_account(self._database, caller.account_id)
        return as_json(collection([subscriptions.to_wire(one) for one in found], link(request)))

    async def _one(self, request: web.Request, caller: Caller) -> web.Response:
        require_administrator(caller)
        subscription_id = request.match_info["subscription_id"]
        return as_json(
            subscriptions.to_wire(await subscriptions.one(self._database, caller.account_id, subscription_id))
        )

    async def _make(self, request: web.Request, caller: Caller) -> web.Response:
        require_administrator(caller)
        new = await bodies.read(request, NewSubscription)
        if new.transport == "webhook":
            targets.check(new.device_id, loopback=self._loopback)
        if new.publication_filter:
            filters.check(new.publication_filter)
        made = await subscriptions.add(self._database, caller, actor_of(request, caller), new, self._now())
        return as_json(subscriptions.to_wire(made), HTTPStatus.CREATED)

    async def _remove(self, request: web.Request, caller: Caller) -> web.Response:
        require_administrator(caller)
        actor, subscription_id = actor_of(request, caller), request.match_info["subscription_id"]
        await subscriptions.remove(self._database, actor, caller.account_id, subscription_id, self._now())
        self._sockets.wake()
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})

    async def _socket(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        require_administrator(caller)
        subscription_id = request.match_info["subscription_id"]
        subscription = await subscriptions.one(self._database, caller.account_id, subscription_id)
        authorization = request.headers.get(hdrs.AUTHORIZATION)

        async def allowed() -> bool:
            try:
                return is_administrator(await self._bearers.caller(authorization))
            except InvalidToken:
                return False

        return await self._sockets.serve(request, subscription, allowed)
