"""Sign-in pages on a real server and store, one company in two accounts, and the browser of one person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from auth.forms import Forms
from auth.pages import add_sign_in_pages
from auth.sign_in import SignIn
from auth.tab_sign_in import TabSignIns
from cloudlink.administration.accounts import NewAccount
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning, known_as
from store.directory import Directory
from store.entra_states import EntraStates
from store.identity import TeamsUser
from store.outbox import Outbox
from store.sign_ins import SignIns
from store.vault import Vault, new_key
from tabs.static_files import static_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cloudlink.model import Account, User
    from store.database import Database
    from tests.conftest import SteppedClock

PASSWORD = "correct horse battery"
TEAMS_USER = TeamsUser("00000000-0000-0000-0000-00000000b07a", "00000000-0000-0000-0000-000000007e4a", "29:desk")
CHAT = "a:desk"


@dataclass(frozen=True, slots=True)
class People:
    """``desk`` has one account; ``manager`` has two with the same password, and a third with another."""

    desk: User
    manager: User
    manager_at_branch: User


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as a browser gets it."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of the first form."""
        form = self.text.partition("</form>")[0]
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))

    @property
    def code(self) -> str:
        found = re.search(r'data-code="([^"]+)"', self.text)
        assert found, self.text
        return found[1]

    @property
    def error(self) -> str:
        found = re.search(r'role="alert"[^>]*>([^<]+)<', self.text)
        return unescape(found[1]) if found else ""


class Browser:
    """Somebody's browser, without scripts: keeps cookies and posts forms."""

    def __init__(self, http: ClientSession, server: TestServer) -> None:
        self.http = http
        self._server = server

    async def open(self, token: str, language: str = "en-GB") -> Answer:
        response = await self.http.get(self._url(token), headers={"Accept-Language": language})
        return Answer(response.status, await response.text(), response.headers)

    async def post(self, token: str, fields: Mapping[str, str] | bytes, content_type: str | None = None) -> Answer:
        headers = {"Content-Type": content_type} if content_type else {}
        response = await self.http.post(self._url(token), data=fields, headers=headers)
        return Answer(response.status, await response.text(), response.headers)

    async def sign_in(self, token: str, email: str, password: str = PASSWORD) -> Answer:
        """Opens the link and fills in its form."""
        opened = await self.open(token)
        return await self.post(token, {**opened.fields, "email": email, "password": password})

    def _url(self, token: str) -> str:
        return str(self._server.make_url(f"/sign-in/{token}"))


@pytest.fixture
def directory(database: Database, clock: SteppedClock) -> Directory:
    return Directory(database, clock)


@pytest.fixture
def tabs(database: Database, clock: SteppedClock) -> TabSignIns:
    return TabSignIns(EntraStates(database, Vault([new_key()]), clock))


@pytest.fixture
def sign_in(database: Database, directory: Directory, clock: SteppedClock, tabs: TabSignIns) -> SignIn:
    return SignIn(SignIns(database, clock), directory, tabs)


@pytest.fixture
def cloudlink(database: Database, clock: SteppedClock) -> EmbeddedCloudLink:
    return EmbeddedCloudLink(database, clock)


@pytest.fixture
async def people(database: Database, clock: SteppedClock) -> People:
    """All but the manager of the other office share a password."""
    provisioning = Provisioning(database, Outbox(database, clock), clock)

    async def make(account: Account, name: str, email: str, password: str = PASSWORD) -> User:
        return await provisioning.create_user(account.account_id, known_as(name, email, password=password))

    office = await provisioning.create_account(NewAccount("Main Office"))
    branch = await provisioning.create_account(NewAccount("Branch Office"))
    other = await provisioning.create_account(NewAccount("Other Office"))
    await make(other, "Manager", "manager@example.com", "another password")
    return People(
        desk=await make(office, "Front Desk", "desk@example.com"),
        manager=await make(office, "Manager", "manager@example.com"),
        manager_at_branch=await make(branch, "Manager", "manager@example.com"),
    )


@pytest.fixture
async def server(sign_in: SignIn, cloudlink: EmbeddedCloudLink) -> AsyncIterator[TestServer]:
    """By plain http on loopback, as in the demo."""
    app = web.Application()
    app.add_routes(static_routes())
    add_sign_in_pages(app, sign_in, cloudlink, forms=Forms(secure=False))
    running = TestServer(app)
    async with running:
        yield running


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[Browser]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Browser(http, server)


@pytest.fixture
async def token(sign_in: SignIn) -> str:
    """Of a link that was just given to the front desk in their chat."""
    return await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en_GB")
