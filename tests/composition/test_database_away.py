"""While the database is away every door says so, and opens again by itself."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import ClientSession, hdrs

from cloudlink.gateway_key import GatewayKey
from composition.server import Server
from composition.settings import ServerSettings
from store.vault import new_key
from tests import postgres
from tests.fakes.relay import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ID = "00000000-0000-0000-0000-000000000001"
SOMEBODY = {"Authorization": "Bearer somebody", "Cookie": "session=somebody"}
PAGES = (
    f"/dial/{'x' * 22}",
    f"/sign-in/{'x' * 43}",
    "/console",
    f"/password/{'x' * 43}",
    "/cloudlink/authorize?client_id=x",
)
SIGN_IN = {"grant_type": "password", "username": "desk@example.com", "password": "x" * 8, "client_id": "direct"}
PROGRAMS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (hdrs.METH_GET, f"/scim/v2/{ID}/Users", {}),
    (hdrs.METH_POST, "/authentication/2017-09-01/token", SIGN_IN),
    (hdrs.METH_POST, "/uplink/pair", {"code": "0000-0000", "publicKey": GatewayKey.new().public}),
)
REQUESTS: tuple[tuple[str, str, dict[str, str]], ...] = (*((hdrs.METH_GET, path, {}) for path in PAGES), *PROGRAMS)


@asynccontextmanager
async def running(postgresql_url: str) -> AsyncIterator[tuple[str, Relay]]:
    """A server and the wire to its database."""
    address = urlsplit(postgresql_url)
    async with Relay(str(address.hostname), address.port or 5432) as relay:
        url = postgres.url_of(address.path.removeprefix("/"), relay.address)
        settings = ServerSettings(database_url=f"{url}?sslmode=disable", port=0, secrets_key=new_key(), _env_file=None)
        async with Server(settings, unauthenticated=True) as server:
            yield f"http://127.0.0.1:{server.port}", relay


async def answers(http: ClientSession, origin: str) -> list[tuple[int, str | None, str]]:
    """Status, ``Retry-After`` and text of each."""
    told = []
    for method, path, body in REQUESTS:
        async with http.request(method, origin + path, json=body or None, allow_redirects=False) as answer:
            told.append((answer.status, answer.headers.get(hdrs.RETRY_AFTER), await answer.text()))
    return told


async def test_every_door_says_that_it_is_closed_and_opens_again(postgresql_url: str) -> None:
    async with running(postgresql_url) as (origin, relay), ClientSession(headers=SOMEBODY) as http:
        before = [status for status, _, _ in await answers(http, origin)]
        await relay.cut()
        away = await answers(http, origin)
        await relay.mend()
        after = [status for status, _, _ in await answers(http, origin)]
    assert [status for status, _, _ in away] == [503] * len(REQUESTS)
    assert all(int(wait or 0) > 0 for _, wait, _ in away)
    assert ["Not available" in text for _, _, text in away] == [True] * len(PAGES) + [False] * len(PROGRAMS)
    assert 503 not in before
    assert after == before
