"""What speaks to Microsoft for people and tenants: sign-on by Entra ID, consent, and Graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.entra.browser import BrowserCookie
from auth.entra.consent import Application, TenantConsent
from auth.entra.flows import EntraFlows
from auth.entra.pages import CONSENT_RETURN, RETURN, EntraPages
from auth.entra.probes import Microsoft as Probed
from auth.entra.routing import EntraRouting
from auth.entra.teams_session import TeamsSessions
from auth.entra.watching import WatcherSignIn
from auth.session import BrowserSessions
from cloudlink.service.administration import audit
from composition.sign_on import teams_tokens
from composition.workers import run_along
from contacts.service import ContactSyncService
from contacts.worker import ContactWorker
from graph.client import Graph
from graph.session import microsoft_session
from presence.service import PresenceService
from presence.watcher_service import WatcherService
from rollout.service import RolloutService
from rollout.worker import RolloutWorker
from store.attempts import Attempts
from store.entra_states import EntraStates

if TYPE_CHECKING:
    from auth.sign_in import SignIn
    from composition.doors import Embedded
    from composition.parts import Parts

# Refused tokens of one address before each further one has to wait: a company's people often share an address.
_ALLOWANCE = 100


@dataclass(frozen=True, slots=True)
class Microsoft:
    """Made once for the server."""

    graph: Graph
    consent: TenantConsent
    cookie: BrowserCookie
    routing: EntraRouting
    rollouts: RolloutService
    contacts: ContactSyncService
    presence: PresenceService
    probed: Probed
    watchers: WatcherService
    watching: WatcherSignIn


async def add_microsoft(parts: Parts, service: Embedded, sign_in: SignIn) -> Microsoft:
    """Puts the pages of sign-on and consent, and the sessions of Teams' pages, into the server."""
    settings, url = parts.settings, parts.public_url
    session = await parts.resources.enter_async_context(microsoft_session())
    states = EntraStates(parts.database, parts.vault, parts.now)
    flows = EntraFlows(parts.registration, states, url + RETURN)
    scope = f"{settings.graph_url}/.default"
    application = Application(settings.app_id, settings.entra_url, url + CONSENT_RETURN, scope)
    consent = TenantConsent(application, states, flows, service.tenants, service.cloudlink)
    cookie = BrowserCookie(secure=parts.secure)
    watchers = WatcherService(
        parts.database, parts.vault, service.integrations, audit.record, entra_url=settings.entra_url, now=parts.now
    )
    watching = WatcherSignIn(flows, watchers, service.cloudlink, settings.graph_url)
    pages = EntraPages(
        flows=flows,
        consent=consent,
        entra=service.entra,
        sign_in=sign_in,
        browsers=BrowserSessions(service.sessions, secure=parts.secure),
        cookie=cookie,
        forms=parts.forms,
        entra_url=settings.entra_url,
        watching=watching,
    )
    parts.app.add_routes(pages.routes())
    attempts = Attempts(parts.database, "teams token", _ALLOWANCE, parts.now)
    parts.app.add_routes(
        TeamsSessions(teams_tokens(parts, session), service.entra, service.sessions, attempts).routes()
    )
    graph = Graph(session, parts.registration, settings.graph_url)
    rollouts = _add_rollouts(parts, service, graph)
    run_along(parts.app, "contacts", ContactWorker(parts.database, graph, parts.now).run)
    probed = Probed(session, parts.registration, settings.graph_url)
    contacts = ContactSyncService(parts.database)
    return Microsoft(
        graph=graph,
        consent=consent,
        cookie=cookie,
        routing=EntraRouting(service.entra),
        rollouts=rollouts,
        contacts=contacts,
        presence=PresenceService(parts.database, service.integrations, audit.record, parts.now),
        probed=probed,
        watchers=watchers,
        watching=watching,
    )


def _add_rollouts(parts: Parts, service: Embedded, graph: Graph) -> RolloutService:
    worker = RolloutWorker(
        parts.database, graph, service.tenants, manifest_id=parts.settings.teams_app_id, now=parts.now
    )
    run_along(parts.app, "roll-outs", worker.run)
    return RolloutService(parts.database, service.tenants, audit.record, worker.wake, parts.now)
