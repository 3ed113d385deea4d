"""What ``cloudlink-gateway check`` says of a PBX, a CloudLink and a machine that are well or not."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.check import machine
from gateway.check.smdr import check_smdr
from gateway.check.whole import check
from gateway.service import utc_now
from gateway.settings import GatewaySettings
from gateway.transport import Address
from tests.fakes.csta_peer import CstaPeer, refusal
from tests.fakes.tls import self_signed
from tests.fakes.uplink_peer import ANOTHER_KEY, KEY, UplinkPeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.check.step import Step

APP = Path(__file__).parents[2] / "app.py"
SESSION = {"csta_session": True}


@pytest.fixture
async def pbx() -> AsyncIterator[CstaPeer]:
    async with CstaPeer() as peer:
        yield peer


@pytest.fixture
async def cloud() -> AsyncIterator[UplinkPeer]:
    async with UplinkPeer() as peer:
        yield peer


@pytest.fixture
def values(tmp_path: Path, pbx: CstaPeer, cloud: UplinkPeer) -> dict[str, object]:
    return {
        "gateway_cloudlink_url": cloud.url,
        "gateway_id": "gateway-1",
        "gateway_key": KEY,
        "gateway_spool": tmp_path / "spool.db",
        "csta_port": pbx.port,
        "csta_extensions": ("201",),
    }


async def steps(values: dict[str, object], **changed: object) -> dict[str, Step]:
    settings = GatewaySettings.model_validate({**values, **changed})
    return {step.name: step async for step in check(settings)}


async def test_where_all_is_well_every_step_is_ok_and_nothing_stays_behind(
    values: dict[str, object], pbx: CstaPeer, cloud: UplinkPeer
) -> None:
    found = await steps(values)
    assert {step.ok for step in found.values()} == {True, None}
    assert [name for name, step in found.items() if step.ok] == [
        "disk", "PBX name", "PBX TCP", "PBX status", "PBX monitor", "PBX snapshot",
        "CloudLink name", "CloudLink TCP", "clock", "CloudLink key",
    ]  # fmt: skip
    assert (await pbx.request("MonitorStart")).xml.count("N&lt;201&gt;") == 1
    assert "<monitorCrossRefID>0<" in (await pbx.request("MonitorStop")).xml
    assert cloud.hellos == []


@pytest.mark.parametrize(
    ("category", "value", "told"),
    [
        ("systemResourceAvailibility", "overallMonitorLimitExceeded", "buy CSTA licences"),
        ("operation", "invalidDeviceID", "does not know N<201>"),
        ("security", "generic", "right to monitor"),
        ("unspecified", "", "Try again later"),
    ],
)
async def test_a_monitor_that_the_pbx_refuses_comes_with_advice(
    values: dict[str, object], pbx: CstaPeer, category: str, value: str, told: str
) -> None:
    pbx.answers["MonitorStart"] = lambda _: refusal(category, value)
    found = await steps(values)
    assert found["PBX monitor"].ok is False
    assert told in found["PBX monitor"].advice
    assert found["CloudLink key"].ok


async def test_a_snapshot_that_the_pbx_refuses_comes_with_advice(values: dict[str, object], pbx: CstaPeer) -> None:
    pbx.answers["SnapshotDevice"] = lambda _: refusal("operation", "generic")
    found = await steps(values)
    assert found["PBX snapshot"].ok is False
    assert (await pbx.request("MonitorStop")).xml


async def test_a_pbx_that_does_not_offer_a_status_is_no_failure(values: dict[str, object], pbx: CstaPeer) -> None:
    pbx.answers["RequestSystemStatus"] = lambda _: refusal("operation", "generic")
    found = await steps(values)
    assert found["PBX status"].ok
    assert found["PBX monitor"].ok


async def test_a_session_that_is_refused_ends_the_pbx_side(values: dict[str, object], pbx: CstaPeer) -> None:
    denied = "http://www.ecma-international.org/standards/ecma-354/appl_session"
    pbx.answers["StartApplicationSession"] = lambda _: (
        f'<StartApplicationSessionNegResponse xmlns="{denied}"><errorCode><definedError>invalidApplicationInfo'
        "</definedError></errorCode></StartApplicationSessionNegResponse>"
    )
    found = await steps(values, **SESSION)
    assert found["PBX session"].ok is False
    assert "CSTA_SESSION_INFO" in found["PBX session"].advice
    assert "PBX monitor" not in found


async def test_a_pbx_that_hangs_up_is_told_as_such(values: dict[str, object], pbx: CstaPeer) -> None:
    def hang_up(_: object) -> None:
        assert pbx._writer is not None
        pbx._writer.close()

    pbx.answers["MonitorStart"] = hang_up
    found = await steps(values)
    assert found["PBX connection"].ok is False
    assert found["CloudLink key"].ok


async def test_a_peer_that_speaks_something_else_is_told_as_such(values: dict[str, object]) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        found = await steps(values, csta_port=server.sockets[0].getsockname()[1])
    assert found["PBX status"].ok is False
    assert "CSTA III XML service" in found["PBX status"].advice


async def test_names_and_ports_that_lead_nowhere_say_which_setting(values: dict[str, object]) -> None:
    found = await steps(values, csta_host="pbx.invalid", gateway_cloudlink_url="http://127.0.0.1:1")
    assert "CSTA_HOST" in found["PBX name"].advice
    assert "PBX TCP" not in found
    assert "GATEWAY_CLOUDLINK_URL" in found["CloudLink TCP"].advice


async def test_without_an_extension_the_monitor_is_not_tried(values: dict[str, object]) -> None:
    found = await steps(values, csta_extensions=())
    assert found["PBX monitor"].ok is None
    assert "--extension" in found["PBX monitor"].advice


async def test_a_key_that_is_not_known_asks_for_pairing(values: dict[str, object]) -> None:
    for changed in ({"gateway_key": ANOTHER_KEY}, {"gateway_id": "", "gateway_key": ""}):
        found = await steps(values, **changed)
        assert found["CloudLink key"].ok is False
        assert "cloudlink-gateway pair CODE" in found["CloudLink key"].advice


async def test_a_clock_that_is_wrong_is_told(values: dict[str, object]) -> None:
    settings = GatewaySettings.model_validate(values)
    found = {step.name: step async for step in check(settings, now=lambda: utc_now() + timedelta(minutes=5))}
    assert found["clock"].ok is False
    assert "ahead of" in found["clock"].found


async def test_a_certificate_that_nobody_trusts_is_told(values: dict[str, object], tmp_path: Path) -> None:
    server = TestServer(web.Application(), scheme="https")
    await server.start_server(ssl=self_signed(tmp_path).serving())
    found = await steps(values, gateway_cloudlink_url=f"https://127.0.0.1:{server.port}")
    await server.close()
    assert found["CloudLink TLS"].ok is False
    assert "update-ca-certificates" in found["CloudLink TLS"].advice


async def test_a_pbx_is_checked_over_tls_as_the_gateway_speaks_to_it(values: dict[str, object], tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with CstaPeer(tls=certificate.serving()) as peer:
        over_tls = {**values, "csta_port": peer.port, "csta_tls": True}
        found = await steps(over_tls, csta_ca=certificate.certificate)
        assert (found["PBX TLS"].ok, found["PBX monitor"].ok) == (True, True)
        untrusted = await steps(over_tls)
        assert untrusted["PBX TLS"].ok is False
        assert "CSTA_CA" in untrusted["PBX TLS"].advice


def test_a_disk_that_is_full_or_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.disk(tmp_path / "not" / "yet" / "spool.db").ok
    assert machine.disk(Path("/proc/spool.db")).ok is False
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 1 << 60)
    full = machine.disk(tmp_path / "spool.db")
    assert full.ok is False
    assert "Free at least" in full.advice


@pytest.mark.parametrize(("key", "status"), [(KEY, 0), (ANOTHER_KEY, 1)])
async def test_the_command_prints_the_steps_and_exits_by_them(
    values: dict[str, object], tmp_path: Path, key: str, status: int
) -> None:
    environment = {**os.environ, **{name.upper(): str(value) for name, value in values.items()}}
    environment |= {"GATEWAY_KEY": key, "CSTA_EXTENSIONS": "201"}
    child = await asyncio.create_subprocess_exec(
        *[sys.executable, str(APP), "gateway", "check", "--json"],
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode == status
    told = {step["name"]: step["ok"] for step in json.loads(said)}
    assert told["PBX monitor"] is True
    assert told["CloudLink key"] is (status == 0)


async def test_a_further_port_is_tried_when_the_first_does_not_answer(values: dict[str, object]) -> None:
    found = await steps(values, csta_port=1, csta_more_ports=(values["csta_port"],))
    assert found["PBX TCP"].ok
    assert found["PBX monitor"].ok


@pytest.fixture
async def smdr() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port that writes what stands in the list to whoever connects."""
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.writelines(said)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], said


async def smdr_step(port: int, *, has_run: bool = False, status_port: int = 0) -> Step:
    address = Address(host="127.0.0.1", ports=(port,))
    found = check_smdr(address, status_port, has_run=has_run, listen_seconds=0.05)
    return {step.name: step async for step in found}["PBX SMDR"]


async def test_smdr_is_listened_to_where_no_gateway_has_run(smdr: tuple[int, list[bytes]]) -> None:
    port, said = smdr
    assert "no line within" in (await smdr_step(port)).found
    said[:] = [b" 01/30 03:10P 00:02:22 T102  008 201                         201                    000\r\n"]
    step = await smdr_step(port)
    assert (step.ok, "was read" in step.found) == (True, True)
    said[:] = [b"220 mail.example.com ESMTP\r\n"]
    step = await smdr_step(port)
    assert (step.ok, "cannot be read" in step.found) == (False, True)
    assert (await smdr_step(1)).ok is False


async def test_no_line_is_taken_from_a_gateway_that_has_run(smdr: tuple[int, list[bytes]]) -> None:
    port, _ = smdr
    step = await smdr_step(port, has_run=True)
    assert step.ok is None
    assert "Start the gateway" in step.advice


async def test_the_profile_chooses_the_interface(values: dict[str, object]) -> None:
    found = await steps(values, csta_profile="business", csta_port=1)
    assert found["PBX SMDR"].ok is False
    assert "PBX monitor" not in found
