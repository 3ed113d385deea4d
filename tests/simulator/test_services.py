"""How requests are answered, refusals included."""

import pytest

from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.simulator.client import CSTA, Client, connection, monitor_start, request

OFFICE_400_REQUEST = (
    '<?xml version="1.0" encoding="UTF-8"?><csta:MonitorStart '
    'xmlns:csta="http://www.ecma-international.org/standards/ecma-323/csta/ed5"><csta:monitorObject '
    'xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed5"><deviceObject>N&lt;123!98&gt;</deviceObject>'
    "</csta:monitorObject><csta:monitorType>device</csta:monitorType></csta:MonitorStart>"
)
"""The one public request to a MiVoice Office 400 (support page of a CTI vendor, December 2022)."""


async def test_the_public_office_400_exchange_gets_the_public_answer(timeline: Timeline) -> None:
    settings = SimulatorSettings(port=0, extensions=("122", "123"), monitor_limit=1)
    async with Simulator(settings, timeline) as pbx:
        client = await Client.connect(pbx.port)
        await client.monitor("122")
        client.send(OFFICE_400_REQUEST, invoke_id=1011)
        header, body = await client.reader.readexactly(8), b""
        body = await client.reader.readexactly(int.from_bytes(header[2:4], "big") - 8)
        await client.close()
    expected = (
        f'<?xml version="1.0" encoding="UTF-8"?><csta:CSTAErrorCode xmlns:csta="{CSTA}">'
        "<csta:systemResourceAvailibility>overallMonitorLimitExceeded</csta:systemResourceAvailibility>"
        "</csta:CSTAErrorCode>"
    ).encode()
    assert body == expected
    assert header == b"\0\0" + (len(expected) + 8).to_bytes(2, "big") + b"1011"


async def test_a_stopped_monitor_gives_its_licence_back(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, monitor_limit=1), timeline) as pbx:
        client = await Client.connect(pbx.port)
        first = await client.monitor("201")
        refused = await client.ask(monitor_start("202"))
        assert refused.text("systemResourceAvailibility") == "overallMonitorLimitExceeded"
        stopped = await client.ask(request("MonitorStop", f"<monitorCrossRefID>{first}</monitorCrossRefID>"))
        assert stopped.name == "MonitorStopResponse"
        await client.monitor("202")
        await client.close()


async def test_the_first_monitor_has_reference_zero(client: Client) -> None:
    assert await client.monitor("201") == "0"


@pytest.mark.parametrize(
    ("body", "category", "value"),
    [
        (monitor_start("999"), "operation", "invalidDeviceID"),
        (request("MonitorStart"), "operation", "invalidDeviceID"),
        (request("MonitorStop", "<monitorCrossRefID>7</monitorCrossRefID>"), "operation", "invalidMonitorCrossRefID"),
        (request("SnapshotDevice", "<snapshotObject>N&lt;999&gt;</snapshotObject>"), "operation", "invalidDeviceID"),
        (request("SnapshotCall", connection("snapshotObject", "77", "201")), "operation", "invalidCallID"),
        (request("AnswerCall", connection("callToBeAnswered", "77", "201")), "operation", "invalidCallID"),
        (
            request("ClearConnection", connection("connectionToBeCleared", None, "201")),
            "stateIncompatibility",
            "noActiveCall",
        ),
        (
            request(
                "MakeCall",
                "<callingDevice>N&lt;999&gt;</callingDevice><calledDirectoryNumber>202</calledDirectoryNumber>",
            ),
            "operation",
            "invalidCallingDeviceID",
        ),
        (
            request(
                "MakeCall",
                "<callingDevice>N&lt;201&gt;</callingDevice><calledDirectoryNumber>nobody</calledDirectoryNumber>",
            ),
            "operation",
            "invalidCalledDeviceID",
        ),
        (request("SetDoNotDisturb", "<device>N&lt;999&gt;</device>"), "operation", "invalidDeviceID"),
        (request("SendTelegram"), "operation", "generic"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_its_cause(
    client: Client, body: str, category: str, value: str
) -> None:
    answer = await client.ask(body)
    assert (answer.name, answer.text(category)) == ("CSTAErrorCode", value)


async def test_a_connection_in_the_wrong_state_is_refused(pbx: Simulator, client: Client) -> None:
    call = pbx.ring("+33199001234", "201")
    hold = await client.ask(request("HoldCall", connection("callToBeHeld", call.id, "201")))
    assert hold.text("stateIncompatibility") == "invalidConnectionState"
    retrieve = await client.ask(request("RetrieveCall", connection("callToBeRetrieved", call.id, "201")))
    assert retrieve.text("stateIncompatibility") == "noHeldCall"
    call.answer()
    answer = await client.ask(request("AnswerCall", connection("callToBeAnswered", call.id, "201")))
    assert answer.text("stateIncompatibility") == "noCallToAnswer"


async def test_nobody_stops_the_monitor_of_another_client(pbx: Simulator, client: Client) -> None:
    other = await Client.connect(pbx.port)
    reference = await other.monitor("201")
    answer = await client.ask(request("MonitorStop", f"<monitorCrossRefID>{reference}</monitorCrossRefID>"))
    assert answer.text("operation") == "invalidMonitorCrossRefID"
    await other.close()


async def test_a_call_is_answered_held_retrieved_and_cleared_by_a_client(pbx: Simulator, client: Client) -> None:
    call = pbx.ring("+33199001234", "201")
    for service, element in (
        ("AnswerCall", "callToBeAnswered"),
        ("HoldCall", "callToBeHeld"),
        ("RetrieveCall", "callToBeRetrieved"),
        ("ClearConnection", "connectionToBeCleared"),
    ):
        answer = await client.ask(request(service, connection(element, call.id, "201")))
        assert answer.name == f"{service}Response"
    assert not call.is_up


async def test_a_snapshot_puts_the_devices_own_state_first(pbx: Simulator, client: Client) -> None:
    call = pbx.ring("+33199001234", "201")
    snapshot = await client.ask(request("SnapshotDevice", "<snapshotObject>N&lt;201&gt;</snapshotObject>"))
    entry = "crossRefIDorSnapshotData/snapshotData/snapshotDeviceResponseInfo"
    assert snapshot.text(f"{entry}/connectionIdentifier/callID") == call.id
    assert snapshot.texts(f"{entry}/localCallState/compoundCallState/localConnectionState") == ["alerting", "connected"]


async def test_a_snapshot_of_a_call_names_its_parties(pbx: Simulator, client: Client) -> None:
    call = pbx.ring("+33199001234", "201", "Supplier")
    snapshot = await client.ask(request("SnapshotCall", connection("snapshotObject", call.id, "201")))
    assert snapshot.children == ["crossRefIDorSnapshotData", "callingDevice", "calledDevice"]
    assert snapshot.text("callingDevice/deviceIdentifier") == "N<+33199001234>Supplier"
    entry = "crossRefIDorSnapshotData/snapshotData/snapshotCallResponseInfo"
    assert snapshot.texts(f"{entry}/deviceOnCall/deviceIdentifier") == ["N<+33199001234>Supplier", "N<201>Front Desk"]


async def test_do_not_disturb_is_told_to_monitors_and_can_be_asked(client: Client) -> None:
    reference = await client.monitor("201")
    client.send(
        request("SetDoNotDisturb", "<device>N&lt;201&gt;</device><doNotDisturbOn>true</doNotDisturbOn>"), invoke_id=50
    )
    messages = {message.invoke_id: message for message in (await client.receive(), await client.receive())}
    assert messages[50].name == "SetDoNotDisturbResponse"
    assert messages[9999].name == "DoNotDisturbEvent"
    assert messages[9999].text("monitorCrossRefID") == reference
    answer = await client.ask(request("GetDoNotDisturb", "<device>N&lt;201&gt;</device>"))
    assert answer.text("doNotDisturbOn") == "true"


async def test_the_lamp_for_waiting_messages_is_lit_and_can_be_asked(client: Client) -> None:
    lit = "<device>N&lt;201&gt;</device><messageWaitingOn>1</messageWaitingOn>"
    assert (await client.ask(request("SetMessageWaitingIndicator", lit))).name == "SetMessageWaitingIndicatorResponse"
    answer = await client.ask(request("GetMessageWaitingIndicator", "<device>N&lt;201&gt;</device>"))
    assert answer.text("messageWaitingOn") == "true"


async def test_a_true_flag_keeps_its_event_back(pbx: Simulator, client: Client) -> None:
    reference = await client.monitor("201")
    flags = "<requestedFilterList><callcontrol><delivered>true</delivered></callcontrol></requestedFilterList>"
    changed = await client.ask(
        request("ChangeMonitorFilter", f"<monitorCrossRefID>{reference}</monitorCrossRefID>{flags}")
    )
    assert changed.text("actualFilterList/callcontrol/delivered") == "true"
    pbx.ring("+33199001234", "201").answer()
    (first,) = await client.events(1)
    assert first.name == "EstablishedEvent"


async def test_a_monitor_on_a_call_hears_its_end_and_nothing_of_the_next_call_of_that_id(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, call_id_pool=1), timeline) as pbx:
        client = await Client.connect(pbx.port)
        call = pbx.ring("+33199001234", "201")
        monitored = "<monitorObject>" + connection("callObject", call.id, "201") + "</monitorObject>"
        await client.ask(request("MonitorStart", f"{monitored}<monitorType>call</monitorType>"))
        call.far_end_hangs_up()
        assert pbx.ring("+33199001234", "201").id == call.id
        names = [event.name for event in await client.events(3)]
        assert names == ["ConnectionClearedEvent", "ConnectionClearedEvent", "CallClearedEvent"]
        assert (await client.ask(request("RequestSystemStatus"))).text("systemStatus") == "normal"
        await client.close()


async def test_a_device_may_be_named_plainly_or_with_terminal_and_name(client: Client) -> None:
    for written in ("201", "N&lt;201&gt;", "N&lt;201!98&gt;", "N&lt;201&gt;Front Desk;displayNumber=201"):
        answer = await client.ask(request("SnapshotDevice", f"<snapshotObject>{written}</snapshotObject>"))
        assert answer.name == "SnapshotDeviceResponse", written


async def test_a_long_snapshot_follows_in_segments(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, snapshot_entries=2), timeline) as pbx:
        pbx.switch.set_call_waiting("201", on=True)
        calls = [pbx.ring("+33199001234", "201") for _ in range(2)]
        calls[0].answer()
        calls.append(calls[0].consult("202"))
        client = await Client.connect(pbx.port)
        answer = await client.ask(request("SnapshotDevice", "<snapshotObject>201</snapshotObject>"))
        reference = answer.text("crossRefIDorSnapshotData/serviceCrossRefID")
        timeline.advance(0)
        first, last = [await client.receive() for _ in range(2)]
        for segment, number, is_last in ((first, "1", "false"), (last, "2", "true")):
            assert segment.name == "SnapshotDeviceData"
            assert segment.children == ["serviceCrossRefID", "segmentID", "lastSegment", "snapshotData"]
            assert segment.text("serviceCrossRefID") == reference
            assert (segment.text("segmentID"), segment.text("lastSegment")) == (number, is_last)
        told = [segment.texts("snapshotData/*/connectionIdentifier/callID") for segment in (first, last)]
        assert told == [[calls[0].id, calls[1].id], [calls[2].id]]
        await client.close()


async def test_the_parties_of_a_call_may_follow_in_segments_too(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, snapshot_entries=1), timeline) as pbx:
        call = pbx.ring("+33199001234", "201")
        client = await Client.connect(pbx.port)
        answer = await client.ask(request("SnapshotCall", connection("snapshotObject", call.id, "201")))
        assert answer.names("crossRefIDorSnapshotData/*") == ["serviceCrossRefID"]
        assert answer.text("callingDevice/deviceIdentifier") == "N<+33199001234>"
        timeline.advance(0)
        segments = [await client.receive() for _ in range(2)]
        assert [segment.name for segment in segments] == ["SnapshotCallData"] * 2
        parties = [segment.text("snapshotData/*/deviceOnCall/deviceIdentifier") for segment in segments]
        assert parties == ["N<+33199001234>", "N<201>Front Desk"]
        await client.close()
