"""What the console asks of CloudLink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auth.entra.browser import BrowserCookie
    from auth.entra.consent import TenantConsent
    from auth.entra.integration_checks import IntegrationChecks
    from auth.entra.watching import WatcherSignIn
    from cloudlink.administration.accounts import Accounts
    from cloudlink.administration.audit import Audit
    from cloudlink.administration.clients import Clients
    from cloudlink.administration.gateways import Conditions, Gateways
    from cloudlink.administration.imports import Imports
    from cloudlink.administration.integrations import Integrations, ScimTokens
    from cloudlink.administration.mails import Mails
    from cloudlink.administration.reports import Reports
    from cloudlink.administration.tenants import Domains, Tenants
    from cloudlink.administration.users import Users
    from contacts.model import ContactSyncs
    from presence.model import PresenceSyncs, Watchers
    from rollout.model import Rollouts


@dataclass(frozen=True, slots=True)
class Entra:
    """*Add to tenant* and *Add a watcher*, and the cookie by which the browser that returns is known."""

    consent: TenantConsent
    watching: WatcherSignIn
    cookie: BrowserCookie


@dataclass(frozen=True, slots=True)
class Services:
    """One for each noun of ``cloudlink.administration`` that has a page, and the tests of integrations; ``entra``,
    ``rollouts``, ``contacts``, ``presence`` and ``watchers`` are there when Microsoft is.
    """

    accounts: Accounts
    users: Users
    imports: Imports
    audit: Audit
    gateways: Gateways
    gateway_conditions: Conditions
    mails: Mails
    integrations: Integrations
    scim_tokens: ScimTokens
    tenants: Tenants
    domains: Domains
    checks: IntegrationChecks
    clients: Clients
    reports: Reports
    rollouts: Rollouts | None = None
    contacts: ContactSyncs | None = None
    presence: PresenceSyncs | None = None
    watchers: Watchers | None = None
    entra: Entra | None = None
