"""The server: one listener for the bot, the sign-in and dial pages, gateways and health, on one database."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Self

from aiohttp import ClientSession, web

from auth.botframework import ConnectorVerifier
from auth.demo import PublicDemo, WithoutToken, loopback_only
from auth.keys import SigningKeys
from auth.outbound import ConnectorTokens, Credentials
from auth.pages import add_sign_in_pages
from auth.service_urls import ServiceUrls
from auth.sign_in import SignIn
from bot.connector import Connector, connector_session
from bot.routes import add_bot
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning
from composition.health import health_routes
from composition.heap import settle
from composition.proxy import behind
from composition.settings import AppType, SettingsError
from composition.storage import open_configured
from store.clock import Clock, utc_now
from store.dial_links import DialLinks
from store.directory import Directory
from store.outbox import Outbox
from store.sign_ins import SignIns
from tabs.dial import dial_routes
from tabs.failures import apologise
from tabs.static_files import MissingBundle, static_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from types import TracebackType

    from aiohttp.typedefs import Middleware

    from bot.adapter import Verifier
    from bot.connector import Tokens
    from cloudlink.port import CloudLink
    from composition.settings import ServerSettings
    from store.database import Database

logger = logging.getLogger(__name__)


async def serve(settings: ServerSettings, stop: asyncio.Event) -> None:
    """Serves Teams until ``stop`` is set. Raises ``SettingsError`` when the address or the database cannot be used."""
    async with Server(settings):
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
        self.provisioning: Provisioning
        self.outbox: Outbox
        self.port = 0

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

    async def _start(self) -> None:
        database = await open_configured(self._settings.database_url)
        self._resources.push_async_callback(database.close)
        outbox = Outbox(database, self._now)
        self.outbox = outbox
        self.provisioning = Provisioning(database, outbox, self._now)
        cloudlink = EmbeddedCloudLink(database, self._now)
        app = web.Application(middlewares=[self._guard(), apologise])
        app.add_routes([*health_routes(database), *_bundle()])
        app.add_routes(dial_routes(DialLinks(database, self._now), cloudlink))
        await self._add_bot(app, database, cloudlink)
        self._add_uplink(app, database, outbox)
        await self._listen(app)
        logger.info("listening", extra={"host": self._settings.host, "port": self.port})

    def _guard(self) -> Middleware:
        """The demo turns away whatever a proxy passes on; ``serve`` asks a trusted one for the client's address."""
        if not self._unauthenticated:
            return behind(self._settings.trusted_proxies)
        try:
            return loopback_only(self._settings.public_url)
        except PublicDemo as error:
            raise SettingsError(f"PUBLIC_URL: {error}") from None

    async def _add_bot(self, app: web.Application, database: Database, cloudlink: CloudLink) -> None:
        """The bot and the page that signs in to it."""
        sign_in = SignIn(SignIns(database, self._now), Directory(database, self._now))
        add_sign_in_pages(app, sign_in, cloudlink, public_url=self._settings.public_url)
        verifier, tokens = await self._teams_authentication()
        add_bot(
            app,
            app_id=self._settings.app_id,
            public_url=self._settings.public_url,
            database=database,
            cloudlink=cloudlink,
            sign_in=sign_in,
            verifier=verifier,
            connector=Connector(await self._resources.enter_async_context(connector_session()), tokens),
            popup=not self._unauthenticated,
            now=self._now,
        )

    async def _teams_authentication(self) -> tuple[Verifier, Tokens]:
        """Who may post activities, and with what token replies leave."""
        if self._unauthenticated:
            nobody = WithoutToken()
            return nobody, nobody
        settings = self._settings
        session = await self._resources.enter_async_context(ClientSession())
        hosts = ServiceUrls(settings.bot_service_hosts)
        keys = SigningKeys(session, settings.bot_metadata_url)
        credentials = Credentials(
            app_id=settings.app_id,
            secret=settings.app_password.get_secret_value(),
            tenant_id=settings.app_tenant_id if settings.app_type is AppType.SINGLE_TENANT else "",
            entra_url=settings.entra_url,
            resource=settings.bot_token_issuer,
        )
        verifier = ConnectorVerifier(keys, hosts, app_id=settings.app_id, issuer=settings.bot_token_issuer)
        return verifier, ConnectorTokens(credentials, hosts)

    def _add_uplink(self, app: web.Application, database: Database, outbox: Outbox) -> None:
        """Where gateways connect, and the consumer that tells them of changes."""
        from cloudlink.service.uplink import Uplink  # noqa: PLC0415 - pydantic compiles its frames at import

        uplink = Uplink(database, outbox, self._now)
        app.add_routes(uplink.routes())

        async def consume(_: web.Application) -> AsyncIterator[None]:
            consumer = asyncio.create_task(outbox.run_consumer("uplink", uplink.on_event))
            yield
            consumer.cancel()
            with suppress(asyncio.CancelledError):
                await consumer

        async def close(_: web.Application) -> None:
            await uplink.close()

        app.cleanup_ctx.append(consume)
        app.on_shutdown.append(close)

    async def _listen(self, app: web.Application) -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._resources.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, self._settings.host, self._settings.port).start()
        except OSError as error:
            raise SettingsError(f"HOST, PORT: cannot listen there: {error.strerror}") from None
        self.port = runner.addresses[0][1]


def _bundle() -> Sequence[web.AbstractRouteDef]:
    try:
        return static_routes()
    except MissingBundle as error:
        raise SettingsError(str(error)) from None
