"""The status of a gateway that runs, as this machine may read it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from cloudlink.gateway_report import from_json, to_json
from gateway.service import run
from gateway.settings import GatewaySettings
from gateway.status.reading import NotRunning, read
from tests.fakes.csta_peer import CstaPeer, refusal
from tests.fakes.uplink_peer import KEY, UplinkPeer
from tests.gateway.conditions import AT_ONCE, Watched
from tests.gateway.office import CLEARED, RINGING
from tests.scenarios.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

APP = Path(__file__).parents[3] / "app.py"


class Place:
    """A PBX and a CloudLink, and the port at which the gateway between them tells how it is."""

    def __init__(self, folder: Path, pbx: CstaPeer, cloud: UplinkPeer) -> None:
        self.pbx, self.cloud = pbx, cloud
        self.port = free_port()
        self.counters = Watched()
        self._settings = GatewaySettings(
            gateway_cloudlink_url=cloud.url,
            gateway_id="gateway-1",
            gateway_key=KEY,
            gateway_spool=folder / "spool.db",
            gateway_metrics_port=self.port,
            csta_port=pbx.port,
        )

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(run(self._settings, stop, backoff=AT_ONCE, counters=self.counters))
        try:
            await self.counters.until(lambda: self.counters["monitors"] or self.counters["monitors_refused"])
            await self.counters.until(lambda: self.counters["cloud_connections"])
            yield
        finally:
            stop.set()
            await task

    async def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{self.port}{path}", headers={"Host": host}) as response,
        ):
            return response.status, await response.text()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with CstaPeer() as pbx, UplinkPeer(extensions=["201", "202"]) as cloud:
        yield Place(tmp_path, pbx, cloud)


async def test_both_sides_monitors_and_calls_are_told(place: Place) -> None:
    async with place.gateway():
        place.pbx.event("DeliveredEvent", RINGING)
        place.pbx.event("ConnectionClearedEvent", CLEARED)
        await place.cloud.until(lambda: place.cloud.records)
        status = await read(place.port)
    assert status.gateway_id == "gateway-1"
    assert status.cloud.connected_since is not None
    pbx = status.report.pbx
    assert (pbx.model, pbx.address, pbx.wanted, pbx.running) == ("office400", f"127.0.0.1:{place.pbx.port}", 2, 2)
    assert (pbx.calls, pbx.bhcc, pbx.users) == (1, 4_200, 800)
    assert status.counters["events"] == 2
    assert status.well


async def test_who_is_refused_is_named_to_this_machine_but_in_no_metric(place: Place) -> None:
    place.pbx.answers["MonitorStart"] = lambda _: refusal("operation", "invalidDeviceID")
    async with place.gateway():
        status = await read(place.port)
        code, metrics = await place.get("/metrics")
    assert [(refused.extension, refused.reason) for refused in status.report.pbx.refused] == [
        ("201", "invalidDeviceID"),
        ("202", "invalidDeviceID"),
    ]
    assert code == 200
    assert "cloudlink_gateway_monitors_refused 2\n" in metrics
    assert "cloudlink_gateway_well 0\n" in metrics
    assert not re.search(r"20[12]\b", re.sub(r"_seconds [\d.]+|_bytes \d+", "", metrics))


async def test_a_pbx_that_says_much_does_not_make_a_report_too_long(place: Place) -> None:
    place.pbx.answers["MonitorStart"] = lambda _: refusal("operation", "invalid" * 50)
    async with place.gateway():
        await place.cloud.until(lambda: place.cloud.reports)
        report = (await read(place.port)).report
    assert len(report.pbx.refused[0].reason) == 100
    assert from_json(to_json(report)) == report


async def test_every_metric_line_is_of_prometheus_text_format(place: Place) -> None:
    async with place.gateway():
        _, metrics = await place.get("/metrics")
    families = re.findall(r"# HELP (\w+) .+\n# TYPE \1 (gauge|counter)\n\1(?:\{[^}]+\})? -?\d+(?:\.\d+)?\n", metrics)
    assert len(families) == metrics.count("# HELP")
    assert len({name for name, _ in families}) == len(families)
    assert {name for name, kind in families if kind == "counter"} == {
        name for name, _ in families if name.endswith("_total")
    }


async def test_a_foreign_name_for_this_machine_is_refused(place: Place) -> None:
    async with place.gateway():
        assert (await place.get("/status", host="attacker.example.com"))[0] == 403
        assert (await place.get("/status", host="localhost"))[0] == 200


async def test_a_port_that_is_taken_does_not_stop_the_gateway(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        async with place.gateway():
            assert any("GATEWAY_METRICS_PORT" in record.message for record in caplog.records)


async def test_a_gateway_that_does_not_run_is_said_in_a_sentence(place: Place) -> None:
    with pytest.raises(NotRunning, match=r"no gateway answers.*systemctl start"):
        await read(place.port)
    with pytest.raises(NotRunning, match="GATEWAY_METRICS_PORT is 0"):
        await read(0)
    with pytest.raises(NotRunning, match="no gateway of this version"):
        await read(place.cloud.port)


async def test_the_command_draws_the_status_and_its_exit_tells_whether_it_runs(place: Place, tmp_path: Path) -> None:
    async def command(*options: str) -> tuple[int | None, str]:
        environment = {**os.environ, "GATEWAY_METRICS_PORT": str(place.port)}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, str(APP), "gateway", "status", *options),
            env=environment, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(child.communicate(), 30)
        return child.returncode, said.decode()

    async with place.gateway():
        code, drawn = await command()
    assert (code, "2 of 2 running" in drawn) == (0, True)
    assert await command("--quiet") == (1, "")


async def test_systemd_hears_that_the_gateway_is_ready_and_lives(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        async with place.gateway():
            loop = asyncio.get_running_loop()
            told = [await asyncio.wait_for(loop.sock_recv(systemd, 4096), 10) for _ in range(2)]
    assert told[0] == b"READY=1"
    assert told[1].startswith(b"WATCHDOG=1\nSTATUS=no PBX, 0 of ")
