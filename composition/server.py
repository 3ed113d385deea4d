"""The server: one listener for the bot, pages, the console, gateways, the public API and health, on one database."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from aiohttp import web

from auth.demo import PublicDemo, loopback_only
from auth.forms import Forms
from composition.correlation import correlate
from composition.health import health_routes
from composition.heap import settle
from composition.parts import Parts
from composition.proxy import behind
from composition.secrets import open_vault
from composition.settings import CloudLinkKind, SettingsError
from composition.storage import open_configured
from reporting.errors import RecentErrors
from store.clock import Clock, utc_now
from store.outbox import Outbox
from tabs.failures import ERRORS, apologise
from tabs.static_files import MissingBundle, static_routes

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    from aiohttp.typedefs import Middleware

    from cloudlink.service.provision import Provisioning
    from composition.late import LateRoutes
    from composition.settings import ServerSettings

logger = logging.getLogger(__name__)


async def serve(settings: ServerSettings, stop: asyncio.Event) -> None:
    """Serves Teams until ``stop`` is set. Raises ``SettingsError`` when the address or the database cannot be used."""
    async with Server(settings) as server:
        await server.opened()
        settle()
        await stop.wait()


class Server:
    """The running server, from ``async with`` to its end. ``port`` is known once it listens.

    ``unauthenticated`` serves activities without a token, to this machine alone; otherwise ``settings`` must hold the
    bot's credentials. Raises ``SettingsError``.
    """

    def __init__(self, settings: ServerSettings, *, unauthenticated: bool = False, now: Clock = utc_now) -> None:
        self._settings = settings if unauthenticated else settings.require_credentials()
        self._unauthenticated = unauthenticated
        self._now = now
        self._resources = AsyncExitStack()
        self.outbox: Outbox
        self.port = 0
        self._parts: Parts
        self._late: LateRoutes | None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._resources.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        await self._resources.aclose()

    async def opened(self) -> None:
        """Returns once everything is served, also what Teams does not ask for (``composition.late``)."""
        if self._late is not None:
            await self._late.opened()

    @property
    def provisioning(self) -> Provisioning:
        """Makes accounts and users, for the demo and tests."""
        from cloudlink.service.provision import Provisioning  # noqa: PLC0415 - a server in service never needs it

        return Provisioning(self._parts.database, self.outbox, self._now)

    async def _start(self) -> None:
        settings = self._settings
        database = await open_configured(settings.database_url)
        self._resources.push_async_callback(database.close)
        self.outbox = Outbox(database, self._now)
        app = web.Application(middlewares=[correlate, self._guard(), apologise])
        app[ERRORS] = errors = RecentErrors(self._now)
        app.add_routes([*health_routes(database), *_bundle()])
        self._parts = Parts(
            app=app,
            settings=settings,
            database=database,
            outbox=self.outbox,
            vault=open_vault(settings),
            resources=self._resources,
            now=self._now,
            forms=Forms(secure=settings.public_url.startswith("https://")),
            errors=errors,
            unauthenticated=self._unauthenticated,
        )
        self._late = await cloudlink_of(settings)(self._parts)
        await self._listen(app)
        logger.info("listening", extra={"host": settings.host, "port": self.port})

    def _guard(self) -> Middleware:
        """The demo turns away whatever a proxy passes on; ``serve`` asks a trusted one for the client's address."""
        if not self._unauthenticated:
            return behind(self._settings.trusted_proxies)
        try:
            return loopback_only(self._settings.public_url)
        except PublicDemo as error:
            raise SettingsError(f"PUBLIC_URL: {error}") from None

    async def _listen(self, app: web.Application) -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._resources.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, self._settings.host, self._settings.port).start()
        except OSError as error:
            raise SettingsError(f"HOST, PORT: cannot listen there: {error.strerror}") from None
        self.port = runner.addresses[0][1]


def cloudlink_of(settings: ServerSettings) -> Callable[[Parts], Awaitable[LateRoutes | None]]:
    """What puts the CloudLink that the settings name, and the bot on it, into the server. Only that one is imported.

    It answers the routes that open a moment later, if there are any.
    """
    if settings.cloudlink is CloudLinkKind.HOSTED:
        from composition.hosted import add_hosted  # noqa: PLC0415

        return add_hosted
    from composition.embedded import add_embedded  # noqa: PLC0415

    return add_embedded


def _bundle() -> Sequence[web.AbstractRouteDef]:
    try:
        return static_routes()
    except MissingBundle as error:
        raise SettingsError(str(error)) from None
