"""Keys and tokens of one server, and a session that an application opened for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer

from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.identity import sessions
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.identity.keys import Keys
from cloudlink.service.identity.tokens import Tokens
from store.vault import Vault, new_key
from tests.cloudlink.identity import authentication
from tests.cloudlink.identity.authentication import PUBLIC_URL
from tests.signing import one_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
def keys(database: Database, vault: Vault, clock: SteppedClock) -> Keys:
    return Keys(database, vault, clock, new=one_key)


@pytest.fixture
def tokens(database: Database, keys: Keys, clock: SteppedClock) -> Tokens:
    return Tokens(database, keys, PUBLIC_URL, clock)


@pytest.fixture
async def session_id(database: Database, people: People, clock: SteppedClock) -> str:
    """Of the desk, by an application, for two hours."""
    now = clock()
    new = sessions.NewSession(
        session_id="11111111-1111-4111-8111-111111111111",
        who=people.desk.principal,
        kind=SessionKind.API,
        auth_provider=AuthProvider.CLOUDLINK,
        secret_hash=sessions.hash_secret("x"),
        authenticated_on=now,
        expires_at=now + timedelta(hours=2),
        address="",
        client_id="app",
        scope="read write",
    )
    await database.write(lambda connection: sessions.open_in(connection, new, now))
    return new.session_id


@pytest.fixture
async def api(
    database: Database, people: People, vault: Vault, clock: SteppedClock
) -> AsyncIterator[authentication.Setup]:
    keys = Keys(database, vault, clock, new=one_key)
    clients = ClientService(database, clock)
    secret = await authentication.register(clients, people.account.account_id)
    app = authentication.application(database, vault, keys, clients, clock=clock)
    async with TestClient(TestServer(app)) as http:
        yield authentication.Setup(http, database, people, clock, clients, secret)
