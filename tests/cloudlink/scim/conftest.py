"""A server with SCIM, over real HTTP on both databases, and a client that has an account's secret."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import insert

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.service.administration.users import inviting
from cloudlink.service.scim import tokens
from cloudlink.service.scim.routes import add_scim
from store.schema import integrations
from store.vault import Vault, new_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

PUBLIC_URL = "https://cloudlink.example.com"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def scim_type(self) -> str | None:
        """Of an error, once it is seen to be one."""
        assert self.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert self.body["status"] == str(self.status)
        found: str | None = self.body.get("scimType")
        return found


class Client:
    """Speaks SCIM for whoever has the secret."""

    def __init__(self, session: ClientSession, url: str, secret: str) -> None:
        self._session = session
        self.url = url
        self.secret = secret

    async def __call__(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """``json`` or ``data`` is the body."""
        given = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        sent = None if data is None else BytesIO(data)
        async with self._session.request(method, self.url + path, json=json, data=sent, headers=given) as response:
            text = await response.read()
            return Answer(response.status, await response.json(content_type=None) if text else None, response.headers)

    async def create(self, **attributes: Any) -> dict[str, Any]:
        """A user who is made with them."""
        answer = await self("POST", "/Users", user(**attributes))
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.body
        return made

    async def patch(self, path: str, *operations: Mapping[str, Any], **headers: str) -> Answer:
        """Changes a resource; ``if_match`` is a header."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, headers=given)

    async def found(self, path: str, expression: str) -> list[dict[str, Any]]:
        """What a filter finds."""
        answer = await self("POST", f"{path}/.search", {"schemas": [], "filter": expression})
        assert answer.status == 200, answer.body
        assert answer.body["totalResults"] == len(answer.body.get("Resources", ()))
        resources: list[dict[str, Any]] = answer.body.get("Resources", [])
        return resources


def user(name: str = "clerk", **attributes: Any) -> dict[str, Any]:
    """A user as Entra ID sends one by its default mapping."""
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"{name}@example.com",
        "active": True,
        "displayName": name.title(),
        "emails": [{"primary": True, "type": "work", "value": f"{name}@example.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": f"{name.title()} Example", "givenName": name.title(), "familyName": "Example"},
    } | attributes


class Synchronise(Protocol):
    """Enables Entra Sync for an account; answers its client."""

    def __call__(self, account_id: str, **configuration: str) -> Awaitable[Client]: ...


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
async def scim_url(
    database: Database, outbox: Outbox, clock: SteppedClock, aiohttp_server: Callable[..., Awaitable[Any]]
) -> str:
    """The server, without the account."""
    app = web.Application()
    invite = inviting(Vault([new_key()]), PUBLIC_URL)
    add_scim(app, database, outbox, invite=invite, public_url=PUBLIC_URL, now=clock)
    server = await aiohttp_server(app)
    return str(server.make_url("/scim/v2"))


@pytest.fixture
def synchronise(database: Database, session: ClientSession, scim_url: str, clock: SteppedClock) -> Synchronise:
    async def synchronise(account_id: str, **configuration: str) -> Client:
        row = {
            "account_id": account_id,
            "kind": IntegrationKind.ENTRA_SYNC.value,
            "enabled": True,
            "configuration": configuration,
            "created_on": clock(),
            "modified_on": clock(),
        }
        await database.write(lambda connection: connection.execute(insert(integrations), row))
        _, secret = await database.write(
            lambda connection: tokens.create_in(connection, account_id, clock(), lifetime=None)
        )
        return Client(session, f"{scim_url}/{account_id}", secret)

    return synchronise


@pytest.fixture
async def scim(people: People, synchronise: Synchronise) -> Client:
    """Of the account of ``desk`` and ``warehouse``."""
    return await synchronise(people.account.account_id)
