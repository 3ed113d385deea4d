"""The public API on a real listener, with real tokens, beside the people of CloudLink."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import update

from cloudlink.administration.actor import SYSTEM
from cloudlink.administration.clients import NewClient
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.model import Principal, Role
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.users import UserService, inviting
from cloudlink.service.api.admin.routes import Administration, admin_routes
from cloudlink.service.api.media.routes import media_routes
from cloudlink.service.api.notifications.routes import Notifications
from cloudlink.service.api.routing import add_api
from cloudlink.service.identity import sessions
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.identity.keys import Keys
from cloudlink.service.identity.tokens import Tokens
from composition.correlation import correlate
from store.schema import users
from store.vault import Vault, new_key
from tests.signing import one_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cloudlink.service.call_control import CallControl
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

PUBLIC_URL = "https://assistant.example.com"
DOMAIN = "api.example.com"
VERSION = "/2017-09-01"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered; ``body`` is its JSON, ``None`` when empty."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body["_embedded"]["items"]
        assert self.body["count"] == len(found)
        return found


class Api:
    """Asks the API over HTTP as whoever holds ``token``."""

    def __init__(self, session: ClientSession, server: BaseTestServer, token: str | None = None) -> None:
        self.session = session
        self.server = server
        self.token = token

    def of(self, token: str | None) -> Api:
        return Api(self.session, self.server, token)

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        **more: str,
    ) -> Answer:
        """``path`` begins behind the version unless it names its service; parameters stand without their dollar."""
        sent = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        url = self.server.make_url(path if path.startswith(("/media", "/admin", VERSION)) else VERSION + path)
        if asked := {**(query or {}), **more}:
            url = url.with_query({f"${name}": value for name, value in asked.items()})
        given: dict[str, Any] = {"json": body} if body is not None else {"data": data}
        async with self.session.request(method, url, headers=sent, allow_redirects=False, **given) as response:
            text = await response.read()
            return Answer(response.status, await response.json() if text else None, response.headers)


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
def tokens(database: Database, vault: Vault, clock: SteppedClock) -> Tokens:
    return Tokens(database, Keys(database, vault, clock, new=one_key), PUBLIC_URL, clock)


@pytest.fixture
def administration(database: Database, outbox: Outbox, vault: Vault, clock: SteppedClock) -> Administration:
    return Administration(
        AccountService(database, outbox, clock),
        UserService(database, outbox, inviting(vault, PUBLIC_URL), clock),
        ClientService(database, clock),
    )


@pytest.fixture
async def app(
    database: Database,
    outbox: Outbox,
    tokens: Tokens,
    administration: Administration,
    calling: CallControl,
    *,
    clock: SteppedClock,
) -> web.Application:
    """All services; webhooks may be on this machine."""
    app = web.Application(middlewares=[correlate])
    notifications = Notifications(tokens, database, outbox, loopback=True, now=clock)
    notifications.run_in(app)
    services = {
        "media": media_routes(tokens, database, calling, clock),
        "admin": admin_routes(tokens, database, administration),
        "notifications": notifications.routes(),
    }
    add_api(app, services, public_url=PUBLIC_URL, domain=DOMAIN)
    return app


@pytest.fixture
async def api(app: web.Application) -> AsyncIterator[Api]:
    """Without a token."""
    async with TestServer(app) as server, ClientSession() as session:
        yield Api(session, server)


class Mint:
    """Access tokens as the Authentication API gives them."""

    def __init__(self, database: Database, tokens: Tokens, clock: SteppedClock) -> None:
        self._database = database
        self._tokens = tokens
        self._clock = clock

    async def user(self, who: Principal, scope: str = "read write") -> str:
        """Of a person, signed in by an application."""
        now = self._clock()
        new = sessions.NewSession(
            session_id=str(uuid4()),
            who=who,
            kind=SessionKind.API,
            auth_provider=AuthProvider.CLOUDLINK,
            secret_hash=sessions.hash_secret(uuid4().hex),
            authenticated_on=now,
            expires_at=now + timedelta(hours=2),
            address="",
            client_id="app",
            scope=scope,
        )
        await self._database.write(lambda connection: sessions.open_in(connection, new, now))
        claims = {"sub": who.principal_id, "sid": new.session_id, "client_id": "app", "scope": scope}
        return await self._tokens.access(claims, timedelta(hours=1))

    async def client(self, account_id: str, role: str = Role.ACCOUNT_ADMIN) -> str:
        """Of an application, by its credentials."""
        new = NewClient("Wallboard", grant_types=("client_credentials",), role=role, confidential=True)
        client, _ = await ClientService(self._database, self._clock).create(SYSTEM, account_id, new)
        claims = {"sub": client.client_id, "client_id": client.client_id, "scope": "read write"}
        return await self._tokens.access(claims, timedelta(hours=1))


@pytest.fixture
def mint(database: Database, tokens: Tokens, clock: SteppedClock) -> Mint:
    return Mint(database, tokens, clock)


@pytest.fixture
async def desk(api: Api, mint: Mint, people: People) -> Api:
    """Asks as a user."""
    return api.of(await mint.user(people.desk.principal))


@pytest.fixture
async def admin(api: Api, mint: Mint, people: People, database: Database) -> Api:
    """Asks as the warehouse, who administers the account."""
    promote = (
        update(users).where(users.c.principal_id == people.warehouse.principal_id).values(role=Role.ACCOUNT_ADMIN.value)
    )
    await database.write(lambda connection: connection.execute(promote))
    return api.of(await mint.user(people.warehouse.principal))


@pytest.fixture
async def stranger(api: Api, mint: Mint, people: People) -> Api:
    """Asks from the other account."""
    return api.of(await mint.user(people.stranger.principal))
