"""Mitel's hosted CloudLink behind the port: the bot and the tabs, no console, and a webhook for what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientSession, DummyCookieJar

from cloudlink.hosted.api import Api
from cloudlink.hosted.hosted import HostedCloudLink
from cloudlink.hosted.mirror import Mirror
from cloudlink.hosted.notifications import PATH, Notifications
from cloudlink.hosted.subscription import Subscription, webhook_secret
from cloudlink.hosted.tokens import UserTokens
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.mail.worker import MailWorker
from composition.bot import add_teams, teams_sign_in
from composition.mail import mail_server
from composition.metrics import add_metrics
from composition.reporting import hosted_desk
from composition.tabs import add_tabs
from composition.version import version
from composition.workers import run_along
from reporting.desk import NoDesk

if TYPE_CHECKING:
    from composition.parts import Parts
    from reporting.desk import Desk


async def add_hosted(parts: Parts) -> None:
    """Puts the bot on Mitel's CloudLink into the server; with a client secret also the webhook of its notifications."""
    settings = parts.settings
    # Everybody's requests share it, so it keeps nobody's cookies.
    session = await parts.resources.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
    api = Api(session, settings.cloudlink_url, application=f"MitelAssistant/{version()}")
    tokens = UserTokens(
        api,
        parts.database,
        parts.vault,
        client_id=settings.cloudlink_client_id,
        client_secret=settings.cloudlink_client_secret.get_secret_value(),
        now=parts.now,
    )
    cloudlink = HostedCloudLink(
        api,
        tokens,
        Mirror(parts.database, parts.now),
        account_id=settings.cloudlink_account_id,
        now=parts.now,
    )
    if settings.cloudlink_client_secret.get_secret_value():
        _add_notifications(parts, api, cloudlink, tokens)
    desk = _add_reports(parts, cloudlink)
    await add_teams(parts, cloudlink, teams_sign_in(parts), desk)
    nobody = NoDesk(parts.errors, version(), settings.support_email)
    add_metrics(parts)
    # Whoever signs in has a row of ours, which their sessions belong to.
    add_tabs(parts, cloudlink, SessionStore(parts.database, parts.now), desk or nobody)


def _add_reports(parts: Parts, cloudlink: HostedCloudLink) -> Desk | None:
    """There is no console here, so reports are for whom ``SUPPORT_EMAIL`` names, by our own mail server."""
    server = mail_server(parts.settings)
    if not parts.settings.support_email or server is None:
        return None
    run_along(parts.app, "mail", MailWorker(parts.database, parts.vault, server, now=parts.now).run)
    return hosted_desk(parts, cloudlink)


def _add_notifications(parts: Parts, api: Api, cloudlink: HostedCloudLink, tokens: UserTokens) -> None:
    settings = parts.settings
    client_secret = settings.cloudlink_client_secret.get_secret_value()
    secret = webhook_secret(settings.cloudlink_client_id, client_secret)
    notifications = Notifications(cloudlink, tokens, parts.database, parts.outbox, secret=secret, now=parts.now)
    parts.app.add_routes(notifications.routes())
    run_along(parts.app, "notifications", notifications.run)
    subscription = Subscription(
        api,
        account_id=settings.cloudlink_account_id,
        client_id=settings.cloudlink_client_id,
        client_secret=client_secret,
        webhook=parts.public_url + PATH.format(secret=secret),
        now=parts.now,
    )
    run_along(parts.app, "subscription", subscription.run)
