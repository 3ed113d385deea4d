"""A running simulator is told what to do."""

import asyncio
import json

import pytest

from simulator.commands import COMMANDS, obey
from simulator.control import Control
from simulator.service import run
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import EventName
from simulator.timeline import Timeline
from tests.simulator.client import Client, request, session_request

STATUS = request("RequestSystemStatus")


@pytest.fixture
async def watching(client: Client) -> Client:
    """A client that monitors 201."""
    await client.monitor("201")
    return client


def ring(pbx: Simulator) -> None:
    pbx.ring("+33199001234", "201").far_end_hangs_up()


async def test_commands_come_over_a_port_of_their_own(pbx: Simulator, watching: Client) -> None:
    async with Control(pbx, 0) as control:
        reader, writer = await asyncio.open_connection("127.0.0.1", control.port)
        writer.write(b"status\nplay call 201 -> 202\nsing\n")
        status = json.loads(await reader.readline())
        assert status == {"clients": 1, "monitors": 1, "calls": 0, "events": 0, "parts": 0, "parts_open": 0}
        assert await reader.readline() == b"ok\n"
        assert (await reader.readline()).startswith(b"error: there is no command 'sing'")
        writer.write(b"x" * 200_000)
        assert await Client(reader, writer).at_end() == b""
        writer.close()


async def test_the_service_takes_commands_and_stops_with_a_commander_connected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    stop, listening = asyncio.Event(), asyncio.Event()
    service = asyncio.create_task(run(SimulatorSettings(port=0, control_port=0), stop, lambda _: listening.set()))
    await asyncio.wait_for(listening.wait(), 5)
    (port,) = (record.port for record in caplog.records if record.message == "PBX simulator takes commands")  # type: ignore[attr-defined]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"traffic stop\n")
    assert await reader.readline() == b"ok\n"
    stop.set()
    await asyncio.wait_for(service, 5)
    writer.close()


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("traffic", "traffic BHCC [PACE] | stop"),
        ("traffic many", "traffic BHCC [PACE] | stop"),
        ("fault stall", "fault stall SECONDS [reading | sending]"),
        ("fault stall 1 thinking", "fault stall SECONDS [reading | sending]"),
        ("fault licences few", "fault licences MONITORS | all"),
    ],
)
async def test_a_command_with_wrong_words_is_told_its_own(pbx: Simulator, line: str, usage: str) -> None:
    assert obey(pbx, line) == f"error: it is `{usage}`"


async def test_what_is_no_command_or_no_line_of_a_script_is_said(pbx: Simulator) -> None:
    assert obey(pbx, "").startswith("error: there is no command ''")
    assert obey(pbx, "fault").startswith("error: there is no command 'fault'")
    assert "no line of a script" in obey(pbx, "play ring 3")
    assert obey(pbx, "help").splitlines()[0].startswith("help")
    assert len(obey(pbx, "help").splitlines()) == len(COMMANDS)


async def test_traffic_begins_and_stops(pbx: Simulator, timeline: Timeline) -> None:
    assert obey(pbx, "traffic 36000 20") == "ok"
    timeline.advance(5)
    assert pbx.status()["parts"] > 10
    assert obey(pbx, "traffic stop") == "ok"
    timeline.advance(600)
    assert pbx.status()["calls"] == pbx.status()["parts_open"] == 0


async def test_events_are_sent_twice_or_after_the_next(pbx: Simulator, watching: Client, timeline: Timeline) -> None:
    obey(pbx, "fault duplicate 1")
    ring(pbx)
    names = [event.name for event in await watching.events(4)]
    assert names == ["DeliveredEvent", "DeliveredEvent", "ConnectionClearedEvent", "ConnectionClearedEvent"]
    obey(pbx, "fault reorder")
    ring(pbx)
    names = [event.name for event in await watching.events(3)]
    assert names == ["ConnectionClearedEvent", "DeliveredEvent", "ConnectionClearedEvent"]
    obey(pbx, "fault reorder")
    pbx.ring("+33199001234", "201")
    timeline.advance(1)
    assert (await watching.events(1))[0].name == "DeliveredEvent"


async def test_lost_events_are_told_as_lost(pbx: Simulator, watching: Client, timeline: Timeline) -> None:
    obey(pbx, "fault lose 2")
    ring(pbx)
    timeline.advance(0)
    cleared, status = await watching.receive(), await watching.receive()
    assert (cleared.name, status.text("systemStatus")) == ("ConnectionClearedEvent", "messagesLost")


async def test_it_stalls_and_then_goes_on(pbx: Simulator, watching: Client, timeline: Timeline) -> None:
    obey(pbx, "fault stall 10")
    asked = watching.send(STATUS)
    pbx.ring("+33199001234", "201")
    assert watching.reader.at_eof() is False
    timeline.advance(10)
    delivered, answer = await watching.receive(), await watching.receive()
    assert (delivered.name, answer.invoke_id) == ("DeliveredEvent", asked)


async def test_it_stalls_one_way_only(pbx: Simulator, watching: Client, timeline: Timeline) -> None:
    obey(pbx, "fault stall 10 reading")
    watching.send(STATUS)
    pbx.ring("+33199001234", "201")
    assert (await watching.receive()).name == "DeliveredEvent"
    timeline.advance(10)
    assert (await watching.receive()).name == "RequestSystemStatusResponse"


async def test_it_can_be_stopped_while_it_stalls(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0), timeline) as pbx:
        client = await Client.connect(pbx.port)
        await client.ask(STATUS)
        obey(pbx, "fault stall 10")
        client.send(STATUS)
    await client.at_end()
    await client.close()


@pytest.mark.parametrize(
    ("line", "first", "length_too_long"), [("fault wrong-length", b"\0\0", 3), ("fault wrong-octets", b"<?", 0)]
)
async def test_a_frame_may_have_a_wrong_header(
    pbx: Simulator, watching: Client, line: str, first: bytes, length_too_long: int
) -> None:
    obey(pbx, line)
    pbx.tell_status("normal")
    header = await watching.reader.readexactly(8)
    body = await watching.reader.readuntil(b"</csta:SystemStatus>")
    assert header[:2] == first
    assert int.from_bytes(header[2:4], "big") - 8 - len(body) == length_too_long
    pbx.tell_status("normal")
    assert (await watching.receive()).name == "SystemStatus"


async def test_the_longest_frame_garbage_and_a_bomb_arrive_as_frames(pbx: Simulator, watching: Client) -> None:
    for line in ("fault giant", "fault garbage", "fault doctype", "fault split 1"):
        assert obey(pbx, line) == "ok"
    giant, garbage, bomb = [await watching.receive() for _ in range(3)]
    assert len(giant.octets) + 8 == 65_535
    assert giant.name == "VendorEvent"
    assert garbage.octets.endswith(b"<csta:connection></csta:DeliveredEvent>")
    assert b"<!DOCTYPE" in bomb.octets
    assert b'<!ENTITY k "&j;&j;&j;&j;&j;&j;&j;&j;">' in bomb.octets
    assert (await watching.ask(STATUS)).name == "RequestSystemStatusResponse"


async def test_half_a_frame_and_a_dropped_link(pbx: Simulator, watching: Client) -> None:
    other = await Client.connect(pbx.port)
    await other.ask(STATUS)
    obey(pbx, "fault cut-frame")
    ring(pbx)
    assert (await watching.at_end())[:2] == b"\0\0"
    obey(pbx, "fault drop-link")
    assert await other.at_end() == b""
    await other.close()


async def test_licences_run_out_and_come_back(pbx: Simulator, watching: Client) -> None:
    obey(pbx, "fault licences 1")
    refused = await watching.ask(
        request("MonitorStart", "<monitorObject><deviceObject>202</deviceObject></monitorObject>")
    )
    assert refused.text("systemResourceAvailibility") == "overallMonitorLimitExceeded"
    obey(pbx, "fault licences all")
    await watching.monitor("202")


async def test_answers_are_slow_or_stay_away(pbx: Simulator, client: Client, timeline: Timeline) -> None:
    obey(pbx, "fault silent")
    client.send(STATUS)
    obey(pbx, "fault slow 5")
    client.send(request("SnapshotDevice", "<snapshotObject>201</snapshotObject>"))
    await client.ask("<unreadable")
    timeline.advance(5)
    assert (await client.receive()).name == "SnapshotDeviceResponse"


async def test_one_edition_is_spoken_and_no_other(pbx: Simulator, client: Client) -> None:
    obey(pbx, "fault one-edition")
    assert (await client.ask("<RequestSystemStatus xmlns='urn:ed4'/>")).text("operation") == "generic"
    assert (await client.ask(STATUS)).name == "RequestSystemStatusResponse"
    assert (await client.ask(session_request("StartApplicationSession"))).name.endswith("PosResponse")


async def test_sessions_end_and_states_are_told(pbx: Simulator, client: Client) -> None:
    await client.ask(session_request("StartApplicationSession"))
    await client.monitor("201")
    obey(pbx, "fault end-session")
    assert (await client.receive()).text("sessionTermReason/definedTermReason") == "resourceLimitation"
    assert pbx.status()["monitors"] == 0
    obey(pbx, "fault status initializing")
    assert (await client.receive()).text("systemStatus") == "initializing"


async def test_all_faults_can_be_ended(pbx: Simulator, watching: Client) -> None:
    for line in ("no-call-ids", "one-edition", "silent", "duplicate 9", "lose 9", "slow 9", "licences 0", "stall 9"):
        assert obey(pbx, f"fault {line}") == "ok"
    pbx.faults.lost_events.add(EventName.DELIVERED)
    obey(pbx, "fault none")
    pbx.ring("+33199001234", "201")
    (delivered,) = await watching.events(1)
    assert delivered.names("connection/*") == ["callID", "deviceID"]
    assert (await watching.ask("<RequestSystemStatus xmlns='urn:ed4'/>")).name == "RequestSystemStatusResponse"
