"""Our pages inside Teams exchange Teams' token for a bearer; nobody else's token opens anything."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, insert, update

from auth.entra.teams_session import PATH, TeamsSessions
from auth.entra.teams_tokens import TeamsTokens, metadata_url
from auth.keys import SigningKeys
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.entra import EntraUsers
from cloudlink.service.identity.sessions import SessionStore
from store.attempts import Attempts
from store.schema import integrations, tenants, users
from store.vault import Vault, new_key
from tests.auth.entra.conftest import APP_ID
from tests.fakes.entra import FORGERIES, forge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.typedefs import Handler

    from store.database import Database
    from tests.auth.conftest import People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant


REACHED = web.AppKey("reached", asyncio.Event)


@web.middleware
async def reach(request: web.Request, handler: Handler) -> web.StreamResponse:
    request.app[REACHED].set()
    return await handler(request)


@pytest.fixture
def sessions(database: Database, clock: SteppedClock) -> SessionStore:
    return SessionStore(database, clock)


@pytest.fixture
async def client(
    database: Database,
    clock: SteppedClock,
    people: People,
    session: ClientSession,
    identity: Entra,
    *,
    tenant: Tenant,
    sessions: SessionStore,
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """The office has connected its tenant."""

    def connect(connection: Connection) -> None:
        account_id, now = people.desk.account_id, clock()
        proved = {"tenant_id": tenant.tenant_id, "account_id": account_id, "proved_on": now}
        connection.execute(insert(tenants), proved)
        sso = {"account_id": account_id, "kind": "entraSso", "enabled": True, "configuration": {}}
        connection.execute(insert(integrations), {**sso, "created_on": now, "modified_on": now})
        connection.execute(update(users).values(login_id_folded=users.c.email_folded))

    await database.write(connect)
    tokens = TeamsTokens(SigningKeys(session, metadata_url(identity.url)), [APP_ID], entra_url=identity.url)
    entra = EntraUsers(database, Vault([new_key()]), clock)
    app = web.Application(middlewares=[reach])
    app[REACHED] = asyncio.Event()
    app.add_routes(TeamsSessions(tokens, entra, sessions, Attempts(database, "test", 3, clock)).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
def token(identity: Entra, tenant: Tenant, desk: Person) -> str:
    return identity.mint.sign(identity.mint.sso_claims(tenant, desk))


async def test_a_good_token_opens_a_session_of_its_own_person(
    client: TestClient[web.Request, web.Application], token: str, sessions: SessionStore, people: People
) -> None:
    async with client.post(PATH, json={"token": token}) as response:
        assert response.status == 200
        assert (response.headers["Cache-Control"], response.cookies) == ("no-store", {})
        opened = await sessions.find((await response.json())["token"])
    assert opened is not None
    assert (opened.user.principal_id, opened.kind, opened.auth_provider) == (
        people.desk.principal_id,
        SessionKind.TEAMS,
        AuthProvider.ENTRA,
    )


@pytest.mark.parametrize("name", FORGERIES)
async def test_forged_tokens_open_nothing(
    client: TestClient[web.Request, web.Application], identity: Entra, desk: Person, name: str
) -> None:
    async with client.post(PATH, json={"token": forge(identity, desk, name)}) as response:
        assert response.status == (403 if name == "foreign_tenant" else 401)
        assert "token" not in await response.json()


async def test_who_is_nobody_here_is_told_so_and_not_slowed_down(
    client: TestClient[web.Request, web.Application], identity: Entra, tenant: Tenant
) -> None:
    stranger = identity.mint.sign(identity.mint.sso_claims(tenant, tenant.add("stranger@example.com")))
    for _ in range(5):
        async with client.post(PATH, json={"token": stranger}) as response:
            assert (response.status, await response.json()) == (403, {"reason": "notLinked"})


async def test_whoever_tries_forged_tokens_has_to_wait(
    client: TestClient[web.Request, web.Application], token: str, clock: SteppedClock
) -> None:
    for _ in range(3):
        async with client.post(PATH, json={"token": "no.to.ken"}) as response:
            assert response.status == 401
    async with client.post(PATH, json={"token": token}) as response:
        assert (response.status, int(response.headers["Retry-After"]) > 0) == (429, True)
    clock.advance(minutes=15)
    async with client.post(PATH, json={"token": token}) as response:
        assert response.status == 200


@pytest.mark.parametrize("body", ["", "[]", "{", '{"token": 1}', "{}", '"x"', "[" * 5000])
async def test_another_body_is_refused(client: TestClient[web.Request, web.Application], body: str) -> None:
    async with client.post(PATH, data=body, headers={"Content-Type": "application/json"}) as response:
        assert response.status == 400


async def test_a_long_body_is_refused(client: TestClient[web.Request, web.Application]) -> None:
    async with client.post(PATH, json={"token": "x" * 20_000}) as response:
        assert response.status == 413


async def test_a_body_may_come_in_pieces(client: TestClient[web.Request, web.Application], token: str) -> None:
    body = json.dumps({"token": token}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:20]
        await client.app[REACHED].wait()
        yield body[20:]

    async with client.post(PATH, data=pieces(), headers={"Content-Type": "application/json"}) as response:
        assert response.status == 200


async def test_a_form_of_another_site_is_refused(client: TestClient[web.Request, web.Application], token: str) -> None:
    async with client.post(PATH, data={"token": token}) as response:
        assert response.status == 400
