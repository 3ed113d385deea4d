"""The bot, the page that signs in to it, and the dial page: what works with either CloudLink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientSession

from auth.botframework import ConnectorVerifier
from auth.demo import WithoutToken
from auth.keys import SigningKeys
from auth.outbound import ConnectorTokens
from auth.pages import add_sign_in_pages
from auth.service_urls import ServiceUrls
from auth.sign_in import SignIn
from auth.tab_sign_in import TabSignIns
from bot.connector import Connector, Patience, connector_session
from bot.notices.assembly import notices
from bot.routes import add_bot
from composition.settings import AppType, CloudLinkKind
from composition.workers import run_along
from store.dial_links import DialLinks
from store.directory import Directory
from store.entra_states import EntraStates
from store.sign_ins import SignIns
from tabs.dial import dial_routes

if TYPE_CHECKING:
    from auth.entra.routing import EntraRouting
    from bot.adapter import Verifier
    from bot.connected_tenants import IsConnected
    from bot.connector import Tokens
    from bot.single_sign_on import SingleSignOn
    from cloudlink.administration.reports import OwnReports
    from cloudlink.port import CloudLink
    from composition.parts import Parts
    from reporting.desk import Desk


def teams_sign_in(parts: Parts) -> SignIn:
    """The sign-ins of Teams users, and of tabs, that are on their way."""
    tabs = TabSignIns(EntraStates(parts.database, parts.vault, parts.now))
    return SignIn(SignIns(parts.database, parts.now), Directory(parts.database, parts.now), tabs)


async def add_teams(
    parts: Parts,
    cloudlink: CloudLink,
    sign_in: SignIn,
    desk: Desk | None,
    *,
    microsoft: EntraRouting | None = None,
    single_sign_on: SingleSignOn | None = None,
    is_connected: IsConnected | None = None,
    reports: OwnReports | None = None,
) -> None:
    """Puts bot, sign-in page and dial page into the server; ``desk`` is that of ``bot.routes``."""
    parts.app.add_routes(dial_routes(DialLinks(parts.database, parts.now), cloudlink))
    forgot = parts.settings.cloudlink is CloudLinkKind.EMBEDDED
    add_sign_in_pages(parts.app, sign_in, cloudlink, forms=parts.forms, forgot=forgot, microsoft=microsoft)
    verifier, tokens = await _teams_authentication(parts)
    session = await parts.resources.enter_async_context(connector_session())
    add_bot(
        parts.app,
        app_id=parts.settings.app_id,
        public_url=parts.public_url,
        database=parts.database,
        cloudlink=cloudlink,
        sign_in=sign_in,
        desk=desk,
        verifier=verifier,
        connector=Connector(session, tokens),
        popup=not parts.unauthenticated,
        single_sign_on=single_sign_on,
        is_connected=is_connected,
        now=parts.now,
    )
    _add_notices(parts, cloudlink, Connector(session, tokens, Patience(attempts=1)), reports, is_connected)


def _add_notices(
    parts: Parts,
    cloudlink: CloudLink,
    connector: Connector,
    reports: OwnReports | None,
    is_connected: IsConnected | None,
) -> None:
    """What the bot says unasked: a consumer of the outbox, and the worker that sends."""
    told = notices(
        parts.database,
        cloudlink,
        connector,
        app_id=parts.settings.app_id,
        public_url=parts.public_url,
        reports=reports,
        is_connected=is_connected,
        now=parts.now,
    )
    run_along(parts.app, "notices", told.worker.run)
    run_along(parts.app, "notice events", lambda: parts.outbox.run_consumer("notices", told.listener.on_event))


async def _teams_authentication(parts: Parts) -> tuple[Verifier, Tokens]:
    """Who may post activities, and with what token replies leave."""
    if parts.unauthenticated:
        nobody = WithoutToken()
        return nobody, nobody
    settings = parts.settings
    session = await parts.resources.enter_async_context(ClientSession())
    hosts = ServiceUrls(settings.bot_service_hosts)
    keys = SigningKeys(session, settings.bot_metadata_url)
    tokens = ConnectorTokens(
        parts.registration,
        hosts,
        tenant_id=settings.app_tenant_id if settings.app_type is AppType.SINGLE_TENANT else "",
        resource=settings.bot_token_issuer,
    )
    verifier = ConnectorVerifier(keys, hosts, app_id=settings.app_id, issuer=settings.bot_token_issuer)
    return verifier, tokens
