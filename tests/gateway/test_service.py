"""The gateway as a whole, between a PBX and a CloudLink that come and go."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.service import run
from gateway.settings import GatewaySettings
from tests.fakes.csta_peer import CstaPeer
from tests.fakes.uplink_peer import UplinkPeer
from tests.gateway.conditions import AT_ONCE, Watched
from tests.gateway.test_exchange import CLEARED, RINGING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]


class Running:
    """A gateway that the test may start and stop."""

    def __init__(self, tmp_path: Path, pbx: CstaPeer, cloud_url: str) -> None:
        self.settings = GatewaySettings.model_validate(
            {
                "gateway_cloudlink_url": cloud_url,
                "gateway_id": "gateway-1",
                "gateway_key": "key-1",
                "gateway_spool": tmp_path / "spool.db",
                "csta_port": pbx.port,
            }
        )
        self.counters = Watched()
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Running:
        self._task = asyncio.create_task(run(self.settings, self._stop, backoff=AT_ONCE, counters=self.counters))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task

    def waiting(self) -> int:
        with sqlite3.connect(self.settings.gateway_spool) as file:
            return int(file.execute("SELECT count(*) FROM facts").fetchone()[0])


@pytest.fixture
async def pbx() -> AsyncIterator[CstaPeer]:
    async with CstaPeer() as peer:
        yield peer


async def test_a_call_on_the_pbx_arrives_at_cloudlink_once(tmp_path: Path, pbx: CstaPeer) -> None:
    async with UplinkPeer() as cloud, Running(tmp_path, pbx, cloud.url) as gateway:
        await gateway.counters.until(lambda: gateway.counters["monitors"])
        pbx.event("DeliveredEvent", RINGING)
        pbx.event("ConnectionClearedEvent", CLEARED)
        await cloud.until(lambda: cloud.records and cloud.states[-1] == "idle")
        (call,) = cloud.records
        assert (call["from"], call["direction"], call["completed"]) == ("+33199000142", "inbound", False)
        assert cloud.states == ["idle", "ringing", "idle"]


async def test_calls_go_on_being_recorded_while_cloudlink_is_away(tmp_path: Path, pbx: CstaPeer) -> None:
    async with UplinkPeer() as cloud, Running(tmp_path, pbx, cloud.url) as gateway:
        await gateway.counters.until(lambda: gateway.counters["monitors"])
        await cloud.until(lambda: cloud.states == ["idle"])
    port = cloud.port
    async with Running(tmp_path, pbx, cloud.url) as gateway:
        # CloudLink told before what to monitor; now it is not there to ask.
        await gateway.counters.until(lambda: gateway.counters["monitors"])
        pbx.event("DeliveredEvent", RINGING)
        pbx.event("ConnectionClearedEvent", CLEARED)
        await gateway.counters.until(lambda: gateway.counters["events"] == 2)
    assert gateway.waiting() > 0
    async with UplinkPeer(port=port, spools=cloud.spools) as back, Running(tmp_path, pbx, cloud.url):
        await back.until(lambda: back.records)
        assert len(back.records) == 1


async def test_a_gateway_that_stops_leaves_what_it_heard_in_the_spool(tmp_path: Path, pbx: CstaPeer) -> None:
    async with UplinkPeer(acknowledging=False) as cloud, Running(tmp_path, pbx, cloud.url) as gateway:
        await gateway.counters.until(lambda: gateway.counters["monitors"])
        pbx.event("DeliveredEvent", RINGING)
        await gateway.counters.until(lambda: gateway.counters["events"] == 1)
    # Idle, ringing, and unknown since nobody looks any more.
    assert gateway.waiting() == 3


def test_the_gateway_starts_without_the_packages_of_the_server() -> None:
    program = (
        "import sys; import gateway.service, gateway.settings\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'botbuilder', 'sqlalchemy', 'jinja2'}))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
