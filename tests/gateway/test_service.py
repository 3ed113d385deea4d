"""The gateway as a whole, between a PBX and a CloudLink that come and go."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.calls.clock import SteadyClock
from gateway.service import run, utc_now
from gateway.settings import GatewaySettings
from gateway.spool_file import SpoolUnusable
from tests.fakes.csta_peer import CstaPeer
from tests.fakes.uplink_peer import KEY, UplinkPeer
from tests.gateway.conditions import AT_ONCE, Watched
from tests.gateway.office import CLEARED, RINGING, RINGS_IN_SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.conftest import SteppedClock

ROOT = Path(__file__).parents[2]


class Running:
    """A gateway that the test may start and stop."""

    def __init__(
        self, tmp_path: Path, pbx: CstaPeer, cloud_url: str, now: Callable[[], datetime] = utc_now, **settings: str
    ) -> None:
        self.settings = GatewaySettings.model_validate(
            {
                "gateway_cloudlink_url": cloud_url,
                "gateway_id": "gateway-1",
                "gateway_key": KEY,
                "gateway_spool": tmp_path / "spool.db",
                "gateway_metrics_port": 0,
                "csta_port": pbx.port,
                **settings,
            }
        )
        self.counters = Watched()
        self._now = now
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Running:
        self._task = asyncio.create_task(
            run(self.settings, self._stop, clock=SteadyClock.on(self._now), backoff=AT_ONCE, counters=self.counters)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task

    def waiting(self) -> int:
        return len(self._facts())

    def shown(self) -> list[str]:
        return [fact["state"] for fact in self._facts() if "state" in fact]

    def _facts(self) -> list[dict[str, str]]:
        with closing(sqlite3.connect(self.settings.gateway_spool)) as file:
            return [json.loads(fact) for (fact,) in file.execute("SELECT fact FROM facts ORDER BY sequence")]


@pytest.fixture
async def pbx() -> AsyncIterator[CstaPeer]:
    async with CstaPeer() as peer:
        yield peer


async def test_a_call_on_the_pbx_arrives_at_cloudlink_once(tmp_path: Path, pbx: CstaPeer) -> None:
    async with UplinkPeer() as cloud, Running(tmp_path, pbx, cloud.url) as gateway:
        await gateway.counters.until(lambda: gateway.counters["monitors"])
        pbx.event("DeliveredEvent", RINGING)
        await cloud.until(lambda: "ringing" in cloud.states)
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
    # Ringing was overtaken, maybe: what it shows last is unknown, since nobody looks any more.
    assert gateway.shown()[-1] == "unknown"


async def test_a_call_that_goes_on_over_a_restart_stays_one_call(
    tmp_path: Path, pbx: CstaPeer, clock: SteppedClock
) -> None:
    began = clock.moment
    async with UplinkPeer() as cloud:
        async with Running(tmp_path, pbx, cloud.url, clock) as gateway:
            await gateway.counters.until(lambda: gateway.counters["monitors"])
            pbx.event("DeliveredEvent", RINGING)
            await gateway.counters.until(lambda: gateway.counters["events"])
        clock.advance(seconds=7)
        pbx.answers["SnapshotDevice"] = lambda _: RINGS_IN_SNAPSHOT
        async with Running(tmp_path, pbx, cloud.url, clock) as gateway:
            await gateway.counters.until(lambda: gateway.counters["monitors"])
            clock.advance(seconds=7)
            pbx.event("ConnectionClearedEvent", CLEARED)
            await cloud.until(lambda: cloud.records)
        del pbx.answers["SnapshotDevice"]
        async with Running(tmp_path, pbx, cloud.url, clock) as gateway:
            await gateway.counters.until(lambda: gateway.counters["monitors"])
    (call,) = cloud.records
    assert (call["from"], datetime.fromisoformat(call["createdOn"]), call["ringTime"]) == ("+33199000142", began, 14)


async def test_a_call_that_ends_while_the_gateway_is_down_is_recorded_until_it_was_last_heard(
    tmp_path: Path, pbx: CstaPeer, clock: SteppedClock
) -> None:
    async with UplinkPeer() as cloud:
        async with Running(tmp_path, pbx, cloud.url, clock) as gateway:
            await gateway.counters.until(lambda: gateway.counters["monitors"])
            pbx.event("DeliveredEvent", RINGING)
            await gateway.counters.until(lambda: gateway.counters["events"])
            clock.advance(seconds=5)
        stopped = clock.moment
        clock.advance(hours=1)
        async with Running(tmp_path, pbx, cloud.url, clock):
            await cloud.until(lambda: cloud.records)
    (call,) = cloud.records
    assert call["extraPbxData"]["endSeen"] is False
    assert datetime.fromisoformat(call["endTime"]) == stopped


async def test_two_gateways_on_one_spool_are_refused_and_so_is_another_one_s_spool(
    tmp_path: Path, pbx: CstaPeer
) -> None:
    async with UplinkPeer() as cloud:
        async with Running(tmp_path, pbx, cloud.url) as gateway:
            await gateway.counters.until(lambda: gateway.counters["monitors"])
            with pytest.raises(SpoolUnusable, match="in use by another gateway"):
                await run(Running(tmp_path, pbx, cloud.url).settings, asyncio.Event())
        with pytest.raises(SpoolUnusable, match="belongs to gateway gateway-1, not to gateway-2"):
            await run(Running(tmp_path, pbx, cloud.url, gateway_id="gateway-2").settings, asyncio.Event())


def test_the_gateway_starts_without_the_packages_of_the_server() -> None:
    program = (
        "import sys; import gateway.service, gateway.settings\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'botbuilder', 'sqlalchemy', 'jinja2'}))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
