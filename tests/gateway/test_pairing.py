"""A gateway gets its key for a code, and starts with it from then on."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from cloudlink.administration.actor import SYSTEM
from cloudlink.codes import ALPHABET
from cloudlink.gateway_key import GatewayKey
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.pairing import pairing_routes
from cloudlink.service.uplink import Uplink
from gateway.credentials import NotPaired, credentials_file, keep, load
from gateway.pairing import pair, rotate
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
        if request.path == "/uplink":
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
        load(settings)
    code = await cloud.code()
    await pair(settings, code)
    paired = load(settings)
    assert len(code.replace("-", "")) * math.log2(len(ALPHABET)) > 60
    assert paired.gateway_id
    assert paired.key.private in credentials_file(settings).read_text()
    assert paired.key.private not in repr(paired)
    assert stat.S_IMODE(credentials_file(settings).stat().st_mode) == 0o600


async def test_pairing_again_replaces_the_key(cloud: Cloud, settings: GatewaySettings) -> None:
    await pair(settings, await cloud.code())
    first = load(settings)
    await pair(settings, await cloud.code())
    second = load(settings)
    assert first.key.private != second.key.private
    assert [file.name for file in credentials_file(settings).parent.iterdir()] == ["spool.db.key"]


async def test_another_key_takes_the_place_of_the_first(cloud: Cloud, settings: GatewaySettings) -> None:
    await pair(settings, await cloud.code())
    first = load(settings)
    await rotate(settings)
    second = load(settings)
    assert (second.gateway_id, second.new) == (first.gateway_id, None)
    assert second.key.public != first.key.public
    keep(credentials_file(settings), first)
    with pytest.raises(NotPaired, match="pair the gateway again"):
        await rotate(settings)


async def test_a_key_whose_acknowledgement_got_lost_is_the_key_at_the_next_try(
    cloud: Cloud, settings: GatewaySettings
) -> None:
    await pair(settings, await cloud.code())
    first = load(settings)
    await rotate(settings)
    keep(credentials_file(settings), replace(first, new=load(settings).key))
    await rotate(settings)
    assert load(settings).new is None
    await rotate(settings)


async def test_a_key_stays_when_cloudlink_cannot_be_asked_for_another(cloud: Cloud, settings: GatewaySettings) -> None:
    await pair(settings, await cloud.code())
    first = load(settings)
    with pytest.raises(NotPaired, match="Try again"):
        await rotate(settings.model_copy(update={"gateway_cloudlink_url": "http://127.0.0.1:1"}))
    kept = load(settings)
    assert kept.key.private == first.key.private
    assert kept.new is not None
    await rotate(settings)
    assert load(settings).key.private == kept.new.private


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
    key = GatewayKey.new()
    given = settings.model_copy(update={"gateway_id": "g", "gateway_key": SecretStr(key.private)})
    assert (load(given).gateway_id, load(given).key.public) == ("g", key.public)
    with pytest.raises(NotPaired, match="GATEWAY_KEY is no key"):
        load(settings.model_copy(update={"gateway_id": "g", "gateway_key": SecretStr("k")}))
    with pytest.raises(NotPaired, match="remove them before pairing"):
        await pair(given, "AAAA-AAAA")
    with pytest.raises(NotPaired, match="go together"):
        load(settings.model_copy(update={"gateway_id": "g"}))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"gatewayId": 1, "privateKey": "k"}', '{"gatewayId": "g", "privateKey": ""}']
)
async def test_a_broken_file_asks_for_pairing(settings: GatewaySettings, content: str) -> None:
    credentials_file(settings).parent.mkdir()
    credentials_file(settings).write_text(content)
    with pytest.raises(NotPaired):
        load(settings)


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
