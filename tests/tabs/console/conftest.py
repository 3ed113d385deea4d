"""The console on a real server and store: a partner, its customer, and people of each role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlalchemy import update

from auth.entra.browser import BrowserCookie
from auth.entra.consent import Application, TenantConsent
from auth.entra.flows import EntraFlows
from auth.entra.integration_checks import IntegrationChecks
from auth.entra.watching import WatcherSignIn
from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.users import NewUser
from cloudlink.model import Role
from cloudlink.service.administration import audit
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.administration.domains import AccountDomains, dns_look_up
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.administration.imports import ImportService
from cloudlink.service.administration.integrations import AccountIntegrations
from cloudlink.service.administration.mails import MailService
from cloudlink.service.administration.reports import ReportService
from cloudlink.service.administration.scim_tokens import AccountScimTokens
from cloudlink.service.administration.tenants import AccountTenants
from cloudlink.service.administration.users import UserService, inviting
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.gateway_reports import StoredConditions
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.passwords import hash_password
from contacts.service import ContactSyncService
from graph.tokens import Registration
from presence.service import PresenceService
from presence.watcher_service import WatcherService
from rollout.service import RolloutService
from store.entra_states import EntraStates
from store.outbox import Outbox
from store.schema import users
from store.vault import Vault, new_key
from tabs.console import Entra, Services, add_console
from tabs.failures import apologise
from tabs.static_files import static_routes
from tests.reports import own_reports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from auth.entra.probes import Microsoft
    from cloudlink.service.administration.own_reports import OwnReportService
    from store.database import Database
    from tests.conftest import SteppedClock

PASSWORD = "correct horse battery"
PUBLIC_URL = "http://127.0.0.1:3978"
OPERATOR = Actor(ActorKind.OPERATOR, "operator")


@dataclass(frozen=True)
class People:
    """Account ids, and the e-mail addresses of who is in them; all have the same password."""

    partner: str
    customer: str
    foreign: str
    customers_user: str
    partner_email: str = "partner@example.com"
    admin_email: str = "admin@example.com"
    user_email: str = "desk@example.com"
    foreign_email: str = "admin@elsewhere.example.com"


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as a browser without scripts gets it."""

    status: int
    text: str
    headers: Mapping[str, str]
    path: str

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the last form, which stands in the page itself."""
        form = self.text.rpartition("<form")[2]
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """The text without its markup."""
        return _words(self.text)

    @property
    def alert(self) -> str:
        """What a screen reader would be told at once."""
        found = re.search(r'<([\w-]+)[^>]* role="alert".*?>(.*?)</\1>', self.text, re.DOTALL)
        return _words(found[2]) if found else ""


def _words(markup: str) -> str:
    without_links = re.sub(r"</?(a|span|del|ins)\b[^>]*>", "", markup)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without_links))).strip()


class Browser:
    """Somebody's browser, without scripts: keeps cookies, follows redirects, posts forms."""

    def __init__(self, http: ClientSession, origin: str) -> None:
        self.http = http
        self.origin = origin

    async def get(self, path: str, *, follow: bool = True, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.http.get(self.origin + path, allow_redirects=follow, headers=named)
        return Answer(response.status, await response.text(), response.headers, response.url.path_qs)

    async def post(self, path: str, fields: object, *, follow: bool = True, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.http.post(self.origin + path, data=fields, allow_redirects=follow, headers=named)
        return Answer(response.status, await response.text(), response.headers, response.url.path_qs)

    async def sign_in(self, email: str, password: str = PASSWORD, *, wanted: str = "/console") -> Answer:
        """Opens the page for ``wanted`` and fills in its form."""
        opened = await self.get(f"/console/sign-in?next={wanted}")
        return await self.post(opened.path, {**opened.hidden, "email": email, "password": password})

    async def fill_in(self, path: str, fields: Mapping[str, str], *, action: str | None = None) -> Answer:
        """Opens the page with the form, and sends it with the session's token and the form's own value."""
        opened = await self.get(path)
        form_id = re.search(r'name="form_id" value="([^"]+)"', opened.text)
        known = {"csrf": opened.csrf, **({"form_id": form_id[1]} if form_id else {})}
        return await self.post(action or path, {**known, **fields})


@pytest.fixture
def outbox(database: Database, clock: SteppedClock) -> Outbox:
    return Outbox(database, clock)


@pytest.fixture
def vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
def imports(database: Database, clock: SteppedClock, outbox: Outbox, vault: Vault) -> ImportService:
    return ImportService(database, outbox, inviting(vault, PUBLIC_URL), clock)


@pytest.fixture
def probed() -> Microsoft | None:
    """How integrations are tested: here the server knows no Microsoft."""
    return None


@pytest.fixture
def services(
    database: Database,
    clock: SteppedClock,
    outbox: Outbox,
    vault: Vault,
    *,
    imports: ImportService,
    probed: Microsoft | None,
) -> Services:
    """Nothing carries out the roll-outs."""
    states = EntraStates(database, vault, clock)
    entra_url, returning = "https://login.example.com", f"{PUBLIC_URL}/auth/consent/return"
    application = Application("app-id", entra_url, returning, "https://graph.example.com/.default")
    flows = EntraFlows(Registration("app-id", entra_url, "secret"), states, f"{PUBLIC_URL}/auth/entra/return")
    tenants = AccountTenants(database, clock)
    integrations = AccountIntegrations(database, vault, clock)
    scim_tokens = AccountScimTokens(database, clock)
    user_service = UserService(database, outbox, inviting(vault, PUBLIC_URL), clock)
    cloudlink = EmbeddedCloudLink(database, clock)
    consent = TenantConsent(application, states, flows, tenants, cloudlink)
    watchers = WatcherService(database, vault, integrations, audit.record, entra_url=entra_url, now=clock)
    watching = WatcherSignIn(flows, watchers, cloudlink, "https://graph.example.com")
    return Services(
        accounts=AccountService(database, outbox, clock),
        users=user_service,
        imports=imports,
        audit=AuditLog(database),
        gateways=GatewayService(database, outbox, now=clock),
        gateway_conditions=StoredConditions(database),
        mails=MailService(database, vault, now=clock),
        integrations=integrations,
        scim_tokens=scim_tokens,
        tenants=tenants,
        domains=AccountDomains(database, dns_look_up(), clock),
        checks=IntegrationChecks(integrations, tenants, scim_tokens, user_service, microsoft=probed, now=clock),
        clients=ClientService(database, clock),
        reports=ReportService(database, outbox, clock),
        rollouts=RolloutService(database, tenants, audit.record, lambda: None, clock),
        contacts=ContactSyncService(database),
        watchers=watchers,
        entra=Entra(consent, watching, BrowserCookie(secure=False)),
        presence=PresenceService(database, integrations, audit.record, clock),
    )


@pytest.fixture
def own(database: Database, outbox: Outbox, vault: Vault, clock: SteppedClock) -> OwnReportService:
    return own_reports(database, outbox, vault, clock)


@pytest.fixture
def sessions(database: Database, clock: SteppedClock) -> SessionStore:
    return SessionStore(database, clock)


@pytest.fixture
async def password_hash() -> str:
    """Of ``PASSWORD``."""
    return await hash_password(PASSWORD)


async def set_password(database: Database, principal_id: str, password_hash: str) -> None:
    """As if they had followed the link of their mail."""
    values = {"password_hash": password_hash, "registered_on": datetime(2026, 1, 5, 9, 30, tzinfo=UTC)}
    stored = update(users).where(users.c.principal_id == principal_id).values(values)
    await database.write(lambda connection: connection.execute(stored))


@pytest.fixture
async def people(services: Services, database: Database, password_hash: str) -> People:
    async def account(name: str, *, partner: bool = False, of: Actor = OPERATOR) -> str:
        return (await services.accounts.create(of, NewAccount(name, partner=partner))).account_id

    async def user(account_id: str, names: tuple[str, str], email: str, role: Role, extension: str | None) -> str:
        new = NewUser(*names, email, role, extension=extension)
        made = await services.users.create(OPERATOR, account_id, new, invite=False)
        await set_password(database, made.user.principal_id, password_hash)
        return made.user.principal_id

    partner = await account("Example Partner", partner=True)
    foreign = await account("Other Partner", partner=True)
    principal_id = await user(partner, ("Paula", "Partner"), People.partner_email, Role.PARTNER_ADMIN, None)
    actor = Actor(ActorKind.USER, "Paula Partner", partner, principal_id, Role.PARTNER_ADMIN)
    customer = await account("Example Company", of=actor)
    await user(foreign, ("Olga", "Other"), People.foreign_email, Role.PARTNER_ADMIN, None)
    await user(customer, ("Ada", "Admin"), People.admin_email, Role.ACCOUNT_ADMIN, "100")
    desk = await user(customer, ("Dora", "Desk"), People.user_email, Role.USER, "101")
    return People(partner, customer, foreign, desk)


@pytest.fixture
async def origin(
    services: Services, sessions: SessionStore, database: Database, clock: SteppedClock, people: People
) -> AsyncIterator[str]:
    """By plain http on loopback, as in the demo."""
    app = web.Application(middlewares=[apologise])
    app.add_routes(static_routes())
    add_console(app, services, sessions, EmbeddedCloudLink(database, clock), public_url=PUBLIC_URL, now=clock)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/")).rstrip("/")


@pytest.fixture
async def browser(origin: str) -> AsyncIterator[Browser]:
    headers = {"Accept-Language": "en-GB"}
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), headers=headers) as http:
        yield Browser(http, origin)


@pytest.fixture
async def partner(browser: Browser, people: People) -> Browser:
    """The partner, signed in."""
    await browser.sign_in(people.partner_email)
    return browser


@pytest.fixture
async def admin(browser: Browser, people: People) -> Browser:
    """The customer's administrator, signed in."""
    await browser.sign_in(people.admin_email)
    return browser
