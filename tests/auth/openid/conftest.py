"""The provider as the server runs it, and an application on a port of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector, web
from aiohttp.test_utils import TestServer, unused_port

from auth.forms import Forms
from auth.openid import add_openid_pages
from auth.session import BrowserSessions
from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.clients import NewClient
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.identity.authentication_api import AuthenticationApi
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.identity.grants import Grants
from cloudlink.service.identity.keys import Keys
from cloudlink.service.identity.openid import OpenId, OpenIdApi
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.identity.tokens import Tokens
from cloudlink.service.provision import Provisioning, known_as
from store.clock import utc_now
from store.outbox import Outbox
from store.vault import Vault, new_key
from tabs.console.navigation import ENTRANCE
from tabs.sign_in import SignInPages
from tabs.static_files import static_routes
from tests.fakes.tls import Certificate, self_signed
from tests.signing import one_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from cloudlink.model import User
    from store.database import Database

PASSWORD = "correct horse battery"
OPERATOR = Actor(ActorKind.OPERATOR, "Operator")


@dataclass
class Application:
    """The application ``web``, and the answers that browsers brought to it."""

    origin: str
    answers: list[dict[str, str]] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"{self.origin}/callback?app=1"

    @property
    def signed_out(self) -> str:
        return f"{self.origin}/signed-out"

    def routes(self) -> list[web.AbstractRouteDef]:
        async def welcome(request: web.Request) -> web.Response:
            self.answers.append(dict(request.query))
            text = '<link rel="icon" href="data:,"><h1>Back at the application</h1>'
            return web.Response(text=text, content_type="text/html")

        return [web.get("/callback", welcome), web.get("/signed-out", welcome)]


@dataclass(frozen=True, slots=True)
class Provider:
    """Where it is, what it trusts, and who can sign in: ``desk@example.com`` and ``night@example.com``."""

    origin: str
    certificate: Certificate
    application: Application
    desk: User
    clients: ClientService
    database: Database

    @property
    def issuer(self) -> str:
        return f"{self.origin}/cloudlink"


@pytest.fixture
async def application() -> AsyncIterator[Application]:
    port = unused_port()
    there = Application(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.add_routes(there.routes())
    async with TestServer(app, port=port):
        yield there


@pytest.fixture
async def provider(database: Database, application: Application, tmp_path: Path) -> AsyncIterator[Provider]:
    port, certificate = unused_port(), self_signed(tmp_path)
    origin = f"https://127.0.0.1:{port}"
    desk, account_id = await _people(database)
    clients = ClientService(database)
    new = NewClient(
        "Web Phone",
        redirect_uris=(application.callback,),
        post_logout_redirect_uris=(application.signed_out,),
        client_id="web",
    )
    await clients.create(OPERATOR, account_id, new)
    server = TestServer(_server(database, origin), port=port, scheme="https")
    await server.start_server(ssl=certificate.serving())
    yield Provider(origin, certificate, application, desk, clients, database)
    await server.close()


@pytest.fixture
async def browser(provider: Provider) -> AsyncIterator[ClientSession]:
    """A browser without scripts: keeps cookies; follows redirects when told so."""
    connector = TCPConnector(ssl=provider.certificate.trusted())
    async with ClientSession(connector=connector, cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


async def _people(database: Database) -> tuple[User, str]:
    provisioning = Provisioning(database, Outbox(database))
    account = await provisioning.create_account(NewAccount("Main Office"))
    other = await provisioning.create_account(NewAccount("Other Office"))
    desk = await provisioning.create_user(
        account.account_id, known_as("Front Desk", "desk@example.com", "201", PASSWORD)
    )
    await provisioning.create_user(other.account_id, known_as("Night Desk", "night@example.com", "201", PASSWORD))
    return desk, account.account_id


def _server(database: Database, origin: str) -> web.Application:
    vault, cloudlink = Vault([new_key()]), EmbeddedCloudLink(database)
    keys, sessions = Keys(database, vault, new=one_key), SessionStore(database)
    tokens = Tokens(database, keys, origin)
    api = AuthenticationApi(database, keys, tokens, Grants(database, vault, tokens, cloudlink), ClientService(database))
    browsers = BrowserSessions(sessions, secure=True)
    app = web.Application()
    app.add_routes([*OpenIdApi(database, tokens, api).routes(), *static_routes()])
    add_openid_pages(app, OpenId(database, tokens), browsers, sign_in=ENTRANCE.path, now=utc_now)
    SignInPages(ENTRANCE, cloudlink, browsers, Forms(secure=True), microsoft=None).add_to(app)
    return app
