"""Bytes that are wrong: those that clients send, and those that a test has the PBX send."""

import pytest

from simulator.simulator import Simulator
from simulator.switch import EventName
from simulator.timeline import Timeline
from tests.simulator.client import Client, request

STATUS = request("RequestSystemStatus")


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
        pytest.param(b"\0\0\0\x070001", id="shorter than its header"),
        pytest.param(b"\0\0\0\x0900AB<", id="an invoke id that is no number"),
    ],
)
async def test_a_client_that_sends_no_frame_is_disconnected(client: Client, octets: bytes) -> None:
    client.writer.write(octets)
    assert await client.at_end() == b""


async def test_a_client_that_leaves_inside_a_frame_disturbs_nobody(pbx: Simulator, client: Client) -> None:
    leaving = await Client.connect(pbx.port)
    await leaving.monitor("201")
    leaving.writer.write(b"\0\0\0\xff0001<half")
    leaving.writer.close()
    await leaving.writer.wait_closed()
    await client.monitor("201")
    pbx.ring("+33199001234", "201")
    assert (await client.events(1))[0].name == "DeliveredEvent"


@pytest.mark.parametrize("body", ["<unclosed", "", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
async def test_a_document_that_cannot_be_read_is_refused_and_the_next_is_answered(client: Client, body: str) -> None:
    refused = await client.ask(body)
    assert (refused.name, refused.text("operation")) == ("CSTAErrorCode", "generic")
    assert (await client.ask(STATUS)).name == "RequestSystemStatusResponse"


async def test_a_response_without_a_request_is_ignored(client: Client) -> None:
    client.send(request("SystemStatusResponse"), invoke_id=4321)
    client.send(request("CSTAErrorCode", "<operation>generic</operation>"), invoke_id=4322)
    assert (await client.ask(STATUS)).name == "RequestSystemStatusResponse"


async def test_garbage_is_sent_as_it_is(pbx: Simulator, client: Client) -> None:
    await client.ask(STATUS)
    pbx.send_octets(b"\xff\xfe garbage")
    assert await client.reader.readexactly(10) == b"\xff\xfe garbage"


async def test_a_frame_is_cut_and_the_connection_closed(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    pbx.faults.cut_next_frame = True
    pbx.ring("+33199001234", "201")
    left = await client.at_end()
    assert left[:2] == b"\0\0"
    assert len(left) == int.from_bytes(left[2:4], "big") // 2


async def test_segments_may_be_of_one_octet(pbx: Simulator, client: Client) -> None:
    pbx.faults.segment_octets = 1
    await client.monitor("201")
    pbx.ring("+33199001234", "201", "Réception de l'hôtel")
    (delivered,) = await client.events(1)
    assert delivered.text("callingDevice/deviceIdentifier") == "N<+33199001234>Réception de l'hôtel"


async def test_frames_held_back_arrive_together(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    pbx.faults.hold_back = True
    call = pbx.ring("+33199001234", "201")
    pbx.faults.hold_back = False
    call.answer()
    assert [event.name for event in await client.events(2)] == ["DeliveredEvent", "EstablishedEvent"]


async def test_an_event_is_lost_once(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    pbx.faults.lost_events.add(EventName.DELIVERED)
    pbx.ring("+33199001234", "201").answer()
    pbx.ring("+33199001234", "202").divert("203")
    pbx.dial("204", "201")
    (established,) = await client.events(1)
    assert established.name == "EstablishedEvent"


async def test_an_answer_waits_for_its_time(pbx: Simulator, client: Client, timeline: Timeline) -> None:
    pbx.faults.answer_delay = 5.0
    delayed = client.send(STATUS)
    assert (await client.ask("<unreadable")).name == "CSTAErrorCode"
    timeline.advance(5)
    answer = await client.receive()
    assert (answer.invoke_id, answer.name) == (delayed, "RequestSystemStatusResponse")


async def test_a_service_may_stay_silent(pbx: Simulator, client: Client) -> None:
    pbx.faults.silent_services.add("SnapshotDevice")
    client.send(request("SnapshotDevice", "<snapshotObject>N&lt;201&gt;</snapshotObject>"))
    assert (await client.ask(STATUS)).name == "RequestSystemStatusResponse"


async def test_call_ids_may_be_left_out(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    pbx.faults.omit_call_ids = True
    pbx.ring("+33199001234", "201")
    (delivered,) = await client.events(1)
    assert delivered.names("connection/*") == ["deviceID"]


async def test_closed_links_can_connect_again(pbx: Simulator, client: Client) -> None:
    await client.ask(STATUS)
    pbx.close_links()
    assert await client.at_end() == b""
    again = await Client.connect(pbx.port)
    assert (await again.ask(STATUS)).name == "RequestSystemStatusResponse"
    await again.close()
