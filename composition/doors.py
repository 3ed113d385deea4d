"""The embedded CloudLink beyond its port: console, gateways, public API, SCIM, mail, and what speaks to Microsoft.

Importing this takes as long as importing the bot does; see ``composition.late``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from auth.entra.integration_checks import IntegrationChecks
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.administration.domains import AccountDomains, dns_look_up
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.administration.imports import ImportService
from cloudlink.service.administration.integrations import AccountIntegrations
from cloudlink.service.administration.mails import MailService
from cloudlink.service.administration.reports import ReportService
from cloudlink.service.administration.scim_tokens import AccountScimTokens
from cloudlink.service.administration.secret_ends import SecretEnds
from cloudlink.service.administration.tenants import AccountTenants
from cloudlink.service.administration.users import UserService, inviting
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.entra import EntraUsers
from cloudlink.service.gateway_reports import StoredConditions
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.line_watch import LineWatch
from cloudlink.service.pairing import pairing_routes
from cloudlink.service.scim.routes import add_scim
from cloudlink.service.uplink import Uplink
from composition.mail import add_mail
from composition.metrics import add_metrics, presence_source, uplink_families
from composition.microsoft import add_microsoft
from composition.presence import add_presence
from composition.public_api import add_public_api
from composition.reporting import embedded_desk
from composition.tabs import add_tabs
from composition.workers import run_along
from tabs.console import Entra, Services, add_console
from tabs.console.navigation import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp import web

    from auth.sign_in import SignIn
    from cloudlink.exposition import Family
    from cloudlink.service.call_control import CallControl
    from cloudlink.service.commands import Commands
    from composition.parts import Parts


@dataclass(frozen=True, slots=True)
class Embedded:
    """Fulfils the port, ``cloudlink.identity`` and ``cloudlink.administration``."""

    cloudlink: EmbeddedCloudLink
    accounts: AccountService
    users: UserService
    imports: ImportService
    audit: AuditLog
    reports: ReportService
    mails: MailService
    integrations: AccountIntegrations
    tenants: AccountTenants
    domains: AccountDomains
    scim_tokens: AccountScimTokens
    clients: ClientService
    sessions: SessionStore
    entra: EntraUsers

    @classmethod
    def on(cls, parts: Parts, control: CallControl) -> Self:
        """All of them."""
        database, outbox, vault, now = parts.database, parts.outbox, parts.vault, parts.now
        invite = inviting(vault, parts.public_url)
        return cls(
            cloudlink=EmbeddedCloudLink(database, now, control=control),
            accounts=AccountService(database, outbox, now),
            users=UserService(database, outbox, invite, now),
            imports=ImportService(database, outbox, invite, now),
            audit=AuditLog(database),
            reports=ReportService(database, outbox, now),
            mails=MailService(database, vault, now=now),
            integrations=AccountIntegrations(database, vault, now),
            tenants=AccountTenants(database, now),
            domains=AccountDomains(database, dns_look_up(), now),
            scim_tokens=AccountScimTokens(database, now),
            clients=ClientService(database, now),
            sessions=SessionStore(database, now),
            entra=EntraUsers(database, vault, now),
        )


async def add_doors(parts: Parts, sign_in: SignIn, commands: Commands, control: CallControl) -> None:
    """Puts all of it into ``parts.app``. ``sign_in`` is the bot's, whose links Microsoft's pages end as well.

    So are ``commands`` and ``control``, by which bot, tabs and public API reach telephones.
    """
    service = Embedded.on(parts, control)
    uplink = _add_uplink(parts, commands)
    gateways = GatewayService(parts.database, parts.outbox, uplink.connected, parts.now)
    parts.app.add_routes(pairing_routes(gateways))
    add_mail(parts, service.entra.password_allowed)
    sources: list[Callable[[], Iterable[Family]]] = [lambda: uplink_families(uplink)]
    microsoft = None if parts.unauthenticated else await add_microsoft(parts, service, sign_in)
    if microsoft is not None:
        presence = await add_presence(parts, control)
        sources.append(presence_source(parts, presence))
    add_metrics(parts, *sources)
    invite = inviting(parts.vault, parts.public_url)
    add_scim(parts.app, parts.database, parts.outbox, invite=invite, public_url=parts.public_url, now=parts.now)
    add_public_api(parts, service, control)
    run_along(parts.app, "imports", service.imports.run)
    ends = SecretEnds(parts.database, parts.vault, parts.public_url + ACCOUNTS, parts.now)
    run_along(parts.app, "ends of secrets", ends.run)
    pages = Services(
        accounts=service.accounts,
        users=service.users,
        imports=service.imports,
        audit=service.audit,
        gateways=gateways,
        gateway_conditions=StoredConditions(parts.database),
        mails=service.mails,
        integrations=service.integrations,
        scim_tokens=service.scim_tokens,
        tenants=service.tenants,
        domains=service.domains,
        checks=IntegrationChecks(
            service.integrations,
            service.tenants,
            service.scim_tokens,
            service.users,
            microsoft=microsoft.probed if microsoft else None,
            now=parts.now,
        ),
        reports=service.reports,
        clients=service.clients,
        rollouts=microsoft.rollouts if microsoft else None,
        contacts=microsoft.contacts if microsoft else None,
        watchers=microsoft.watchers if microsoft else None,
        presence=microsoft.presence if microsoft else None,
        entra=Entra(microsoft.consent, microsoft.watching, microsoft.cookie) if microsoft else None,
    )
    add_console(
        parts.app,
        pages,
        service.sessions,
        service.cloudlink,
        public_url=parts.public_url,
        microsoft=microsoft.routing if microsoft else None,
        now=parts.now,
    )
    add_tabs(
        parts,
        service.cloudlink,
        service.sessions,
        embedded_desk(parts, service.cloudlink),
        microsoft.routing if microsoft else None,
    )


def _add_uplink(parts: Parts, commands: Commands) -> Uplink:
    """Where gateways connect, and what tells them of changes and commands."""
    uplink = Uplink(parts.database, parts.outbox, parts.now, commands=commands, public_url=parts.public_url)
    parts.app.add_routes(uplink.routes())

    async def close(_: web.Application) -> None:
        await uplink.close()

    run_along(parts.app, "uplink", lambda: parts.outbox.run_consumer("uplink", uplink.on_event))
    run_along(parts.app, "open uplinks", uplink.run)
    run_along(parts.app, "line watch", LineWatch(parts.database, parts.outbox, parts.now).run)
    run_along(parts.app, "commands", commands.run)
    parts.app.on_shutdown.append(close)
    return uplink
