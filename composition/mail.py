"""Mail: the worker that sends it, and the pages that its links lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.password_pages import add_password_pages
from cloudlink.service.identity.password_setting import MailedPasswordLinks
from cloudlink.service.mail.server import MailServer, SmtpSecurity
from cloudlink.service.mail.worker import MailWorker
from composition.settings import mail_address
from composition.workers import run_along

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from cloudlink.model import User
    from composition.parts import Parts
    from composition.settings import ServerSettings

_PORTS = {SmtpSecurity.TLS: 465, SmtpSecurity.STARTTLS: 587, SmtpSecurity.NONE: 25}


def add_mail(parts: Parts, password_allowed: Callable[[User], Awaitable[bool]]) -> None:
    """Puts the worker and the password pages into the server."""
    server = mail_server(parts.settings)
    worker = MailWorker(parts.database, parts.vault, server, now=parts.now)
    run_along(parts.app, "mail", worker.run)
    links = MailedPasswordLinks(
        parts.database,
        parts.vault,
        parts.outbox,
        public_url=parts.public_url,
        allowed=password_allowed,
        now=parts.now,
    )
    add_password_pages(parts.app, links, public_url=parts.public_url, mailed=server is not None)

    async def close(_: web.Application) -> None:
        await links.close()

    parts.app.on_shutdown.append(close)


def mail_server(settings: ServerSettings) -> MailServer | None:
    """The mail server that the settings name, if they name one."""
    if not settings.smtp_host:
        return None
    return MailServer(
        settings.smtp_host,
        settings.smtp_port or _PORTS[settings.smtp_security],
        mail_address(settings.mail_from),
        settings.smtp_security,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
    )
