"""Browsers at Entra ID and back: into the console, to the bot's code, and with a tenant proved."""

from __future__ import annotations

import re
import ssl
from base64 import urlsafe_b64encode
from dataclasses import KW_ONLY, dataclass
from hashlib import sha256
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector, web
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy import insert, update
from yarl import URL

from auth.entra.browser import BrowserCookie
from auth.entra.consent import Application, TenantConsent
from auth.entra.flows import EntraFlows
from auth.entra.pages import CONSENT_RETURN, RETURN, EntraPages
from auth.entra.routing import START
from auth.entra.watching import WatcherSignIn
from auth.forms import Forms
from auth.pages import add_sign_in_pages
from auth.session import BrowserSessions
from auth.sign_in import SignIn
from auth.tab_sign_in import TabSignIns
from cloudlink.administration.accounts import NewAccount
from cloudlink.identity import AuthProvider
from cloudlink.service.administration import audit
from cloudlink.service.administration.integrations import AccountIntegrations
from cloudlink.service.administration.tenants import AccountTenants
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.entra import EntraUsers
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.provision import Provisioning, known_as
from composition.correlation import correlate
from graph.tokens import Registration
from presence.watcher_service import WatcherService
from store.directory import Directory
from store.entra_states import EntraStates
from store.identity import TeamsUser
from store.outbox import Outbox
from store.schema import accounts, integrations, tenants, users
from store.sign_ins import SignIns
from store.vault import Vault, new_key
from tests.auth.entra.conftest import APP_ID, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from cloudlink.model import Account, User
    from store.database import Database
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant

TEAMS_USER = TeamsUser(APP_ID, "00000000-0000-0000-0000-000000007e4a", "29:desk")
CHAT = "a:desk"


@dataclass
class Site:
    """Our server, one company in it, and the browser of one person."""

    url: str
    http: ClientSession
    sessions: SessionStore
    consent: TenantConsent
    sign_in: SignIn
    tabs: TabSignIns
    tenants: AccountTenants
    account: Account
    user: User
    _: KW_ONLY
    vault: Vault
    watching: WatcherSignIn

    async def follow(self, address: str) -> tuple[str, int, str]:
        """Where the browser ends, through Entra ID and back; the console itself is not served here."""
        async with self.http.get(URL(address, encoded=True), allow_redirects=False) as response:
            if "Location" not in response.headers:
                return str(response.url), response.status, await response.text()
            wanted = str(response.url.join(URL(response.headers["Location"], encoded=True)))
        return (wanted, 303, "") if urlsplit(wanted).path.startswith("/console") else await self.follow(wanted)

    def cookie(self, name: str) -> str:
        found = self.http.cookie_jar.filter_cookies(URL(self.url)).get(name)
        return found.value if found else ""


@pytest.fixture
async def site(database: Database, clock: SteppedClock, identity: Entra) -> AsyncIterator[Site]:
    vault = Vault([new_key()])
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    account = await provisioning.create_account(NewAccount("Main Office"))
    user = await provisioning.create_user(account.account_id, known_as("Front Desk", "desk@example.com", "201"))
    states, cloudlink = EntraStates(database, vault, clock), EmbeddedCloudLink(database, clock)
    sessions, tabs = SessionStore(database, clock), TabSignIns(states)
    sign_in = SignIn(SignIns(database, clock), Directory(database, clock), tabs)
    forms = Forms(secure=False)
    kept, port = AccountTenants(database, clock), unused_port()
    url = f"http://127.0.0.1:{port}"
    identity.redirect_uris |= {url + RETURN, url + CONSENT_RETURN}
    flows = EntraFlows(Registration(APP_ID, identity.url, SECRET), states, url + RETURN)
    application = Application(APP_ID, identity.url, url + CONSENT_RETURN, f"{identity.graph_url}/.default")
    consent = TenantConsent(application, states, flows, kept, cloudlink)
    watchers = WatcherService(
        database, vault, AccountIntegrations(database, vault, clock), audit.record, entra_url=identity.url, now=clock
    )
    watching = WatcherSignIn(flows, watchers, cloudlink, identity.graph_url)
    pages = EntraPages(
        flows=flows,
        consent=consent,
        entra=EntraUsers(database, vault, clock),
        sign_in=sign_in,
        browsers=BrowserSessions(sessions, secure=False),
        cookie=BrowserCookie(secure=False),
        forms=forms,
        entra_url=identity.url,
        watching=watching,
    )
    app = web.Application(middlewares=[correlate])
    app.add_routes(pages.routes())
    add_sign_in_pages(app, sign_in, cloudlink, forms=forms)
    trusted = TCPConnector(ssl=ssl.create_default_context(cafile=str(identity.certificate)))
    async with (
        TestServer(app, port=port),
        ClientSession(connector=trusted, cookie_jar=CookieJar(unsafe=True)) as http,
    ):
        yield Site(url, http, sessions, consent, sign_in, tabs, kept, account, user, vault=vault, watching=watching)


@pytest.fixture
async def connected(site: Site, database: Database, tenant: Tenant, clock: SteppedClock) -> Site:
    """The company has proved its tenant and signs in by it."""
    rows = {"account_id": site.account.account_id, "created_on": clock(), "modified_on": clock()}
    sso = {**rows, "kind": "entraSso", "enabled": True, "configuration": {"tenantId": tenant.tenant_id}}

    def work(connection: Connection) -> None:
        proved = {"tenant_id": tenant.tenant_id, "account_id": site.account.account_id, "proved_on": clock()}
        connection.execute(insert(tenants), proved)
        connection.execute(insert(integrations), sso)
        connection.execute(update(users).values(login_id_folded=users.c.email_folded))

    await database.write(work)
    return site


async def test_a_person_of_the_company_comes_into_the_console(connected: Site) -> None:
    end, _, _ = await connected.follow(f"{connected.url}{START}?next=/console/users%3Fpage=2")
    session = await connected.sessions.find(connected.cookie("session"))

    assert end == f"{connected.url}/console/users?page=2"
    assert session is not None
    assert (session.user.principal_id, session.auth_provider) == (connected.user.principal_id, AuthProvider.ENTRA)


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", ""])
async def test_nobody_is_sent_elsewhere(connected: Site, wanted: str) -> None:
    end, _, _ = await connected.follow(f"{connected.url}{START}?next={quote(wanted, safe='')}")
    assert end == f"{connected.url}/console"


async def test_the_bots_link_ends_with_its_code(connected: Site) -> None:
    link = await connected.sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en-GB")
    _, status, text = await connected.follow(f"{connected.url}{START}?link={link}")

    code = re.search(r'data-code="([^"]+)"', text)
    assert status == 200
    assert code
    assert await connected.sign_in.complete(TEAMS_USER, CHAT, code[1]) == connected.user.principal
    assert connected.cookie("session") == ""


async def test_a_tabs_link_asks_before_it_signs_in(connected: Site) -> None:
    """Who is signed in to Microsoft gives no word otherwise, and any page could have opened the link."""
    secret = "v" * 43
    link = "tab." + urlsafe_b64encode(sha256(secret.encode()).digest()).decode().rstrip("=")
    _, status, text = await connected.follow(f"{connected.url}{START}?link={link}")
    assert (status, "data-code" in text, "Front Desk" in text) == (200, False, True)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', text))
    action = f"{connected.url}/sign-in/{link}"
    async with connected.http.post(action, data=fields | {"principal": "another"}) as refused:
        assert refused.status == 403
    async with connected.http.post(action, data=fields) as page:
        code = re.search(r'data-code="([^"]+)"', await page.text())
    assert code
    assert await connected.tabs.redeem(code[1], secret) == (connected.user.principal, AuthProvider.ENTRA)
    assert connected.cookie("session") == ""


@pytest.mark.parametrize("state", ["unknown", "used"])
async def test_a_dead_link_says_so(connected: Site, state: str) -> None:
    link = "unknown-link"
    if state == "used":
        link = await connected.sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en-GB")
        await connected.follow(f"{connected.url}{START}?link={link}")
    _, status, text = await connected.follow(f"{connected.url}{START}?link={link}")
    assert (status, "A link works once" in text) == (410 if state == "used" else 404, True)


async def test_who_has_no_user_here_is_told_so_with_a_reference(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        _, status, text = await site.follow(f"{site.url}{START}")
    reference = re.search(r"Reference: ([0-9a-f-]{36})", text)

    assert (status, site.cookie("session")) == (403, "")
    assert "no telephone account belongs to you here" in text
    assert reference
    assert [record.cause for record in caplog.records if hasattr(record, "cause")] == [
        "no account has connected this tenant"
    ]


async def test_cancelling_is_no_failure_of_ours(connected: Site, identity: Entra) -> None:
    identity.declines = True
    _, status, text = await connected.follow(f"{connected.url}{START}")
    assert (status, "You have cancelled it at Microsoft" in text) == (403, True)


@pytest.mark.parametrize("path", [RETURN, CONSENT_RETURN])
@pytest.mark.parametrize(
    "query", ["", "state=x&code=y", "state=%00", "admin_consent=True&tenant=x&state=" + "y" * 3000]
)
async def test_an_answer_that_nobody_asked_for_does_nothing(site: Site, path: str, query: str) -> None:
    _, status, text = await site.follow(f"{site.url}{path}?{query}")
    assert (status, "begun in another browser" in text) == (403, True)


async def test_french_browsers_read_french(site: Site) -> None:
    async with site.http.get(site.url + RETURN, headers={"Accept-Language": "fr-CH,fr;q=0.9"}) as response:
        assert "Veuillez recommencer" in unescape(await response.text())


@pytest.fixture
async def asker(site: Site, database: Database) -> Site:
    """The front desk is an administrator here."""
    role = update(users).where(users.c.principal_id == site.user.principal_id).values(role="ACCOUNT_ADMIN")
    await database.write(lambda connection: connection.execute(role))
    return site


async def begin_consent(site: Site) -> str:
    """The browser stands before the consent page; answers its address."""
    site.http.cookie_jar.update_cookies({BrowserCookie(secure=False).name: "browser"}, URL(site.url))
    return await site.consent.begin("browser", site.user.principal, site.account.account_id)


def leads_back(site: Site, text: str) -> bool:
    """Whether the page is about the tenant, and leads to where it was begun."""
    back = f'href="/console/accounts/{site.account.account_id}/integrations"'
    return "The tenant is not connected" in text and back in text


async def test_who_cancels_the_consent_finds_the_way_back(asker: Site, identity: Entra, desk: Person) -> None:
    desk.administrator, identity.declines = True, True
    _, status, text = await asker.follow(await begin_consent(asker))
    assert (status, "You have cancelled it at Microsoft. Nothing was changed." in text) == (403, True)
    assert leads_back(asker, text)


async def test_another_browser_does_not_learn_the_account(asker: Site) -> None:
    elsewhere = await asker.consent.begin("another browser", asker.user.principal, asker.account.account_id)
    state = parse_qs(urlsplit(elsewhere).query)["state"][0]
    refused = f"{asker.url}{CONSENT_RETURN}?error=access_denied&state={state}"
    _, status, text = await asker.follow(refused)
    assert (status, asker.account.account_id in text, 'href="/console"' in text) == (403, False, True)


async def test_an_administrators_consent_proves_the_tenant(
    asker: Site, identity: Entra, tenant: Tenant, desk: Person
) -> None:
    desk.administrator, tenant.knows_application = True, False
    identity.required.add("User.Read.All")
    end, _, _ = await asker.follow(await begin_consent(asker))

    assert end == f"{asker.url}/console/accounts/{asker.account.account_id}/integrations?note=tenant-proved"
    assert await asker.tenants.account_of(tenant.tenant_id) == asker.account.account_id
    assert tenant.granted == {"User.Read.All"}


async def test_a_forged_return_proves_nothing_without_an_administrator_of_that_tenant(
    asker: Site, tenant: Tenant
) -> None:
    """Whoever holds a state may name any tenant beside it: the sign-in there decides who consented."""
    state = parse_qs(urlsplit(await begin_consent(asker)).query)["state"][0]
    forged = f"{asker.url}{CONSENT_RETURN}?admin_consent=True&tenant={tenant.tenant_id}&state={state}"
    _, status, text = await asker.follow(forged)

    assert (status, "must be an administrator of the tenant" in text) == (403, True)
    assert leads_back(asker, text)
    assert await asker.tenants.account_of(tenant.tenant_id) is None


async def test_without_the_claim_of_roles_it_says_what_the_registration_lacks(
    asker: Site, identity: Entra, tenant: Tenant, desk: Person
) -> None:
    desk.administrator, identity.directory_roles = True, False
    _, status, text = await asker.follow(await begin_consent(asker))
    assert (status, "directory roles as a claim" in text) == (403, True)
    assert await asker.tenants.account_of(tenant.tenant_id) is None


async def test_a_state_serves_once_and_in_its_browser(asker: Site, tenant: Tenant, desk: Person) -> None:
    desk.administrator = True
    address = await begin_consent(asker)
    state = parse_qs(urlsplit(address).query)["state"][0]
    replay = f"{asker.url}{CONSENT_RETURN}?admin_consent=True&tenant={tenant.tenant_id}&state={state}"
    await asker.follow(address)
    assert (await asker.follow(replay))[1] == 403

    elsewhere = await asker.consent.begin("another browser", asker.user.principal, asker.account.account_id)
    assert (await asker.follow(elsewhere))[1] == 403


async def test_a_tenant_of_another_account_is_refused(
    asker: Site, database: Database, tenant: Tenant, desk: Person, clock: SteppedClock
) -> None:
    desk.administrator = True
    other = await Provisioning(database, Outbox(database, clock), clock).create_account(NewAccount("Other Office"))
    row = {"tenant_id": tenant.tenant_id, "account_id": other.account_id, "proved_on": clock()}
    await database.write(lambda connection: connection.execute(insert(tenants), row))
    _, status, text = await asker.follow(await begin_consent(asker))
    assert (status, "belongs to another account already" in text) == (409, True)
    assert leads_back(asker, text)


async def test_a_partners_own_account_connects_no_tenant(
    asker: Site, database: Database, tenant: Tenant, desk: Person
) -> None:
    desk.administrator = True
    address = await begin_consent(asker)
    await database.write(lambda connection: connection.execute(update(accounts).values(partner=True)))
    _, status, text = await asker.follow(address)
    assert (status, "a partner&#39;s own account" in text) == (409, True)
    assert await asker.tenants.account_of(tenant.tenant_id) is None


async def test_who_has_lost_the_right_meanwhile_proves_nothing(site: Site, tenant: Tenant, desk: Person) -> None:
    desk.administrator = True
    _, status, _ = await site.follow(await begin_consent(site))
    assert status == 403
    assert await site.tenants.account_of(tenant.tenant_id) is None
