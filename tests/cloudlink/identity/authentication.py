"""The Authentication API on a port, with an application for each grant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.clients import NewClient
from cloudlink.model import Principal, Role
from cloudlink.service.api.routing import add_api
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.identity import codes
from cloudlink.service.identity.authentication_api import AuthenticationApi
from cloudlink.service.identity.grants import Grants
from cloudlink.service.identity.tokens import Tokens
from tests.cloudlink.conftest import PASSWORD

if TYPE_CHECKING:
    from aiohttp.test_utils import TestClient

    from cloudlink.service.identity.clients import ClientService
    from cloudlink.service.identity.keys import Keys
    from store.database import Database
    from store.vault import Vault
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

PUBLIC_URL = "https://assistant.example.com"
OPERATOR = Actor(ActorKind.OPERATOR, "Operator")
CALLBACK = "https://app.example.com/callback"
VERIFIER = "v" * 43
REFRESHED = ("authorization_code", "refresh_token")


@dataclass(frozen=True, slots=True)
class Setup:
    """The API and what its tests need to know. ``secret`` is that of the application ``robot``."""

    http: TestClient[web.Request, web.Application]
    database: Database
    people: People
    clock: SteppedClock
    clients: ClientService
    secret: str

    @property
    def account_id(self) -> str:
        return self.people.account.account_id

    async def post(
        self, path: str, fields: dict[str, Any], *, json: bool = False, authorization: str | None = None
    ) -> tuple[int, Any]:
        """Status and body."""
        url = f"/authentication/2017-09-01{path}"
        headers = {"Authorization": authorization} if authorization else {}
        call = (
            self.http.post(url, json=fields, headers=headers)
            if json
            else self.http.post(url, data=fields, headers=headers)
        )
        async with call as response:
            return response.status, await response.json()

    async def token(self, **fields: Any) -> tuple[int, Any]:
        """``POST /token`` with a form."""
        return await self.post("/token", fields)

    async def by_password(self, **changes: Any) -> dict[str, Any]:
        """The tokens of the desk's password."""
        fields = {"grant_type": "password", "client_id": "direct", "username": "desk@example.com", "password": PASSWORD}
        status, body = await self.token(**{**fields, **changes})
        assert status == 200, body
        return dict(body)

    async def who_am_i(self, token: str) -> tuple[int, Any]:
        """``GET /token``."""
        url = "/authentication/2017-09-01/token"
        async with self.http.get(url, headers={"Authorization": f"Bearer {token}"}) as response:
            return response.status, await response.json()

    async def code(self, who: Principal | None = None, **changes: Any) -> str:
        """A code as the provider's pages give it to the application ``web``."""
        code = codes.Code(
            client_id="web",
            who=who or self.people.desk.principal,
            scope="openid profile email read write",
            auth_provider="cloudlink",
            authenticated_on=self.clock(),
            redirect_uri=CALLBACK,
            nonce="n-1",
            code_challenge=codes.challenge_of(VERIFIER),
        )
        made = replace(code, **changes)
        return await self.database.write(lambda connection: codes.issue_in(connection, made, self.clock()))

    async def redeem(self, code: str, **changes: Any) -> tuple[int, Any]:
        """Exchanges a code as the application ``web`` does."""
        fields = {
            "grant_type": "authorization_code", "code": code, "client_id": "web", "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }  # fmt: skip
        wanted = {name: value for name, value in {**fields, **changes}.items() if value is not None}
        return await self.token(**wanted)


async def register(clients: ClientService, account_id: str) -> str:
    """The applications ``web`` (public), ``direct`` (passwords) and ``robot``, whose secret it answers."""
    direct = (*REFRESHED, "password", "direct_authorize")
    await clients.create(OPERATOR, account_id, NewClient("Web", redirect_uris=(CALLBACK,), client_id="web"))
    await clients.create(OPERATOR, account_id, NewClient("Direct", grant_types=direct, client_id="direct"))
    robot = NewClient(
        "Robot", grant_types=("client_credentials",), role=Role.ACCOUNT_ADMIN, confidential=True, client_id="robot"
    )
    _, secret = await clients.create(OPERATOR, account_id, robot)
    assert secret is not None
    return secret


def application(
    database: Database, vault: Vault, keys: Keys, clients: ClientService, *, clock: SteppedClock
) -> web.Application:
    """The API behind the router of the public API."""
    tokens = Tokens(database, keys, PUBLIC_URL, clock)
    grants = Grants(database, vault, tokens, EmbeddedCloudLink(database, clock), now=clock)
    app = web.Application()
    api = AuthenticationApi(database, keys, tokens, grants, clients)
    add_api(app, {"authentication": api.routes()}, public_url=PUBLIC_URL)
    return app
