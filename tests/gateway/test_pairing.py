"""A gateway gets its key for a code, and starts with it from then on."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from cloudlink.administration.actor import SYSTEM
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.pairing import pairing_routes
from cloudlink.service.uplink import Uplink
from gateway.pairing import NotPaired, credentials_file, pair, with_credentials
from gateway.settings import GatewaySettings
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

__all__ = ["outbox", "password_hash", "people", "provisioning"]

APP = Path(__file__).parents[2] / "app.py"


class Cloud:
    """CloudLink's side, whose uplink tells when a gateway has come."""

    def __init__(self, database: Database, outbox: Outbox, clock: SteppedClock, people: People) -> None:
        self.came = asyncio.Event()
        self.uplink = Uplink(database, outbox, clock)
        self.gateways = GatewayService(database, outbox, self.uplink.connected, clock)
        self._people = people
        self.url = ""

    async def code(self) -> str:
        return (await self.gateways.create(SYSTEM, self._people.account.account_id, "Office", "office400")).code

    @web.middleware
    async def watch(self, request: web.Request, handler: object) -> web.StreamResponse:
        if request.path == "/uplink" and request.headers.get("Authorization"):
            self.came.set()
        return await handler(request)  # type: ignore[operator, no-any-return]


@pytest.fixture
async def cloud(database: Database, outbox: Outbox, clock: SteppedClock, people: People) -> AsyncIterator[Cloud]:
    cloud = Cloud(database, outbox, clock, people)
    app = web.Application(middlewares=[cloud.watch])
    app.add_routes([*cloud.uplink.routes(), *pairing_routes(cloud.gateways)])
    async with TestServer(app) as server:
        cloud.url = str(server.make_url("")).rstrip("/")
        yield cloud
        await cloud.uplink.close()


@pytest.fixture
def settings(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GatewaySettings:
    monkeypatch.chdir(tmp_path)
    for name in ("GATEWAY_ID", "GATEWAY_KEY"):
        monkeypatch.delenv(name, raising=False)
    return GatewaySettings(gateway_cloudlink_url=cloud.url, gateway_spool=tmp_path / "new folder" / "spool.db")


async def test_a_code_becomes_a_key_that_its_owner_alone_can_read(cloud: Cloud, settings: GatewaySettings) -> None:
    with pytest.raises(NotPaired, match="cloudlink-gateway pair CODE"):
        with_credentials(settings)
    await pair(settings, await cloud.code())
    paired = with_credentials(settings)
    assert paired.gateway_id
    assert paired.gateway_key.get_secret_value() not in repr(paired)
    assert stat.S_IMODE(credentials_file(settings).stat().st_mode) == 0o600


async def test_pairing_again_replaces_the_key(cloud: Cloud, settings: GatewaySettings) -> None:
    await pair(settings, await cloud.code())
    first = with_credentials(settings)
    await pair(settings, await cloud.code())
    second = with_credentials(settings)
    assert first.gateway_key != second.gateway_key
    assert [file.name for file in credentials_file(settings).parent.iterdir()] == ["spool.db.key"]


async def test_what_cannot_be_paired_is_said_in_a_sentence(cloud: Cloud, settings: GatewaySettings) -> None:
    with pytest.raises(NotPaired, match="no gateway waits for this code"):
        await pair(settings, "AAAA-AAAA")
    for _ in range(9):
        with pytest.raises(NotPaired):
            await pair(settings, "AAAA-AAAA")
    with pytest.raises(NotPaired, match="wait 15 seconds"):
        await pair(settings, "AAAA-AAAA")
    elsewhere = settings.model_copy(update={"gateway_cloudlink_url": cloud.url + "/elsewhere"})
    with pytest.raises(NotPaired, match="no gateway waits"):
        await pair(elsewhere, "AAAA-AAAA")
    nowhere = settings.model_copy(update={"gateway_cloudlink_url": "http://127.0.0.1:1"})
    with pytest.raises(NotPaired, match="GATEWAY_CLOUDLINK_URL"):
        await pair(nowhere, "AAAA-AAAA")
    assert not credentials_file(settings).exists()


async def test_what_is_set_is_used_and_never_half(cloud: Cloud, settings: GatewaySettings) -> None:
    given = settings.model_copy(update={"gateway_id": "g", "gateway_key": SecretStr("k")})
    assert with_credentials(given) == given
    with pytest.raises(NotPaired, match="remove them before pairing"):
        await pair(given, "AAAA-AAAA")
    with pytest.raises(NotPaired, match="go together"):
        with_credentials(settings.model_copy(update={"gateway_id": "g"}))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"gatewayId": 1, "key": "k"}', '{"gatewayId": "g", "key": ""}'])
async def test_a_broken_file_asks_for_pairing(settings: GatewaySettings, content: str) -> None:
    credentials_file(settings).parent.mkdir()
    credentials_file(settings).write_text(content)
    with pytest.raises(NotPaired):
        with_credentials(settings)


async def test_the_command_pairs_and_connects(cloud: Cloud, settings: GatewaySettings, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "GATEWAY_CLOUDLINK_URL": cloud.url,
        "GATEWAY_SPOOL": str(settings.gateway_spool),
        "CSTA_PORT": "1",
    }
    command = [sys.executable, str(APP), "gateway"]
    pairing = await asyncio.create_subprocess_exec(*command, "pair", await cloud.code(), env=environment, cwd=tmp_path)
    assert await asyncio.wait_for(pairing.wait(), 30) == 0
    running = await asyncio.create_subprocess_exec(*command, "run", env=environment, cwd=tmp_path)
    try:
        await asyncio.wait_for(cloud.came.wait(), 30)
    finally:
        running.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.wait(), 30) == 0
