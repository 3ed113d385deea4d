"""Messages as PBXs write them: other prefixes, other editions, other spellings, and things that are no messages."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.csta import writer
from gateway.csta.devices import DeviceId
from gateway.csta.errors import BadMessage
from gateway.csta.messages import (
    CallEvent,
    CallPlaced,
    CallSnapshot,
    ConnectionId,
    DeviceSnapshot,
    Done,
    DoNotDisturbTold,
    EventKind,
    FeatureEvent,
    Message,
    MessageWaitingTold,
    MonitorStarted,
    Party,
    Refusal,
    Registered,
    SessionDenied,
    SessionEnded,
    SessionStarted,
    SnapshotEntry,
    SnapshotSegment,
    SystemStatus,
    UnknownEvent,
    UnknownRequest,
)
from gateway.csta.parser import parse

ED3 = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"
ED5 = "http://www.ecma-international.org/standards/ecma-323/csta/ed5"
SESSION = "http://www.ecma-international.org/standards/ecma-354/appl_session"


def message(xml: str) -> Message:
    return parse(xml.encode())


DELIVERED = """
  <monitorCrossRefID>0</monitorCrossRefID>
  <connection><callID>17</callID><deviceID>N&lt;201!98&gt;</deviceID></connection>
  <alertingDevice><deviceIdentifier>N&lt;201!98&gt;Front Desk</deviceIdentifier></alertingDevice>
  <callingDevice><deviceIdentifier>N&lt;+33199000142&gt;Müller</deviceIdentifier></callingDevice>
  <calledDevice><deviceIdentifier>N&lt;201&gt;</deviceIdentifier></calledDevice>
  <lastRedirectionDevice><numberDialed>N&lt;202&gt;</numberDialed></lastRedirectionDevice>
  <localConnectionInfo>alerting</localConnectionInfo>
  <correlatorData>
    48 65
    6c 6c</correlatorData>
  <cause>callForwardNoAnswer</cause>
  <somethingNew><callID>99</callID></somethingNew>
"""


@pytest.mark.parametrize(
    "root", [f'<DeliveredEvent xmlns="{ED5}">', f'<DeliveredEvent xmlns="{ED3}">', "<DeliveredEvent>"]
)
def test_an_event_is_read_in_any_edition(root: str) -> None:
    event = message(f"{root}{DELIVERED}</DeliveredEvent>")
    assert event == CallEvent(
        EventKind.DELIVERED,
        monitor="0",
        connection=ConnectionId("17", DeviceId("201", "98")),
        device=Party("201", "Front Desk"),
        calling=Party("+33199000142", "Müller"),
        called=Party("201"),
        redirected_by=Party("202"),
        local_state="alerting",
        cause="callForwardNoAnswer",
    )


def test_prefixes_and_default_namespaces_may_be_mixed() -> None:
    # The one public answer of a MiVoice Office 400.
    answer = message(
        f'<?xml version="1.0" encoding="UTF-8"?><csta:CSTAErrorCode xmlns:csta="{ED5}">'
        "<csta:systemResourceAvailibility>overallMonitorLimitExceeded</csta:systemResourceAvailibility></csta:CSTAErrorCode>"
    )
    assert answer == Refusal("systemResourceAvailibility", "overallMonitorLimitExceeded")


def test_children_outside_the_declared_namespace_are_read() -> None:
    answer = message(
        f'<s:StartApplicationSessionPosResponse xmlns:s="{SESSION}"><sessionID>7</sessionID>'
        "<actualSessionDuration>600</actualSessionDuration></s:StartApplicationSessionPosResponse>"
    )
    assert answer == SessionStarted("7", 600)


def test_names_survive_another_encoding() -> None:
    xml = f'<?xml version="1.0" encoding="ISO-8859-1"?><DeliveredEvent>{DELIVERED}</DeliveredEvent>'
    event = parse(xml.encode("latin-1"))
    assert isinstance(event, CallEvent)
    assert event.calling == Party("+33199000142", "Müller")


@pytest.mark.parametrize("spelling", ["TransferedEvent", "TransferredEvent"])
def test_a_transfer_is_read_in_both_spellings(spelling: str) -> None:
    event = message(
        f"<{spelling}><monitorCrossRefID>3</monitorCrossRefID>"
        "<primaryOldCall><callID>1</callID><deviceID>201</deviceID></primaryOldCall>"
        "<secondaryOldCall><callID>2</callID><deviceID>201</deviceID></secondaryOldCall>"
        "<transferringDevice><deviceIdentifier>201</deviceIdentifier></transferringDevice>"
        "<transferredToDevice><deviceIdentifier>203</deviceIdentifier></transferredToDevice>"
        "<transferredConnections><connectionListItem>"
        "<newConnection><callID>1</callID><deviceID>203</deviceID></newConnection>"
        "<oldConnection><callID>2</callID><deviceID>203</deviceID></oldConnection>"
        "<endpoint><deviceID>203</deviceID></endpoint>"
        f"</connectionListItem></transferredConnections></{spelling}>"
    )
    assert isinstance(event, CallEvent)
    assert event.kind is EventKind.TRANSFERRED
    assert event.secondary == ConnectionId("2", DeviceId("201"))
    assert event.other == Party("203")
    (joined,) = event.joined
    assert (joined.old, joined.new) == (ConnectionId("2", DeviceId("203")), ConnectionId("1", DeviceId("203")))


def test_the_schemas_own_misspelling_does_not_hide_an_established_event() -> None:
    event = message(
        "<EstablishedEvent><monitorCrossRefID>1</monitorCrossRefID><establishedConnection><callID>1</callID>"
        "</establishedConnection><originatinNIDConnection><callID>1</callID><deviceID>T1</deviceID>"
        "</originatinNIDConnection></EstablishedEvent>"
    )
    assert isinstance(event, CallEvent)
    assert event.connection == ConnectionId("1", None)


def test_a_connection_without_a_call_id_is_read() -> None:
    event = message(
        "<HeldEvent><monitorCrossRefID>1</monitorCrossRefID><heldConnection><deviceID>201</deviceID></heldConnection>"
        "</HeldEvent>"
    )
    assert isinstance(event, CallEvent)
    assert event.connection == ConnectionId(None, DeviceId("201"))


@pytest.mark.parametrize(
    ("reference", "party"),
    [
        ("<restricted/>", Party(restricted=True)),
        ("<notKnown/>", Party()),
        ('<deviceIdentifier privateNumber="true">N&lt;201&gt;</deviceIdentifier>', Party(restricted=True)),
        ('<deviceIdentifier privateName="1">N&lt;201&gt;Front Desk</deviceIdentifier>', Party("201")),
        ("201", Party("201")),
        ("", None),
    ],
)
def test_a_caller_may_be_unknown_or_withheld(reference: str, party: Party | None) -> None:
    event = message(
        f"<DeliveredEvent><monitorCrossRefID>1</monitorCrossRefID><callingDevice>{reference}</callingDevice></DeliveredEvent>"
    )
    assert isinstance(event, CallEvent)
    assert event.calling == party


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<MonitorStartResponse><monitorCrossRefID>0</monitorCrossRefID></MonitorStartResponse>", MonitorStarted("0")),
        ("<MonitorStopResponse/>", Done("MonitorStopResponse")),
        (
            "<DoNotDisturbEvent><monitorCrossRefID>1</monitorCrossRefID><doNotDisturbOn>true</doNotDisturbOn>"
            "</DoNotDisturbEvent>",
            FeatureEvent("1", do_not_disturb=True),
        ),
        (
            "<MessageWaitingEvent><monitorCrossRefID>1</monitorCrossRefID><messageWaitingOn>0</messageWaitingOn>"
            "</MessageWaitingEvent>",
            FeatureEvent("1", message_waiting=False),
        ),
        (
            "<OutOfServiceEvent><monitorCrossRefID>1</monitorCrossRefID></OutOfServiceEvent>",
            FeatureEvent("1", in_service=False),
        ),
        ("<SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>", SystemStatus("messagesLost")),
        (
            "<StartApplicationSessionNegResponse><errorCode><definedError>serverResourcesBusy</definedError></errorCode>"
            "</StartApplicationSessionNegResponse>",
            SessionDenied("serverResourcesBusy"),
        ),
        (
            "<ApplicationSessionTerminated><sessionTermReason><definedTermReason>sessionTimerExpired</definedTermReason>"
            "</sessionTermReason></ApplicationSessionTerminated>",
            SessionEnded("sessionTimerExpired"),
        ),
        ("<CSTAErrorCode><unspecified/></CSTAErrorCode>", Refusal("unspecified", "")),
        (
            "<SnapshotCallResponse><callingDevice><deviceIdentifier>201</deviceIdentifier></callingDevice>"
            "</SnapshotCallResponse>",
            CallSnapshot(Party("201"), None),
        ),
        (
            "<MakeCallResponse><callingDevice><callID>7</callID><deviceID>N&lt;201&gt;</deviceID></callingDevice>"
            "</MakeCallResponse>",
            CallPlaced(ConnectionId("7", DeviceId("201"))),
        ),
        ("<MakeCallResponse/>", CallPlaced(None)),
        (
            "<GetDoNotDisturbResponse><doNotDisturbOn>true</doNotDisturbOn></GetDoNotDisturbResponse>",
            DoNotDisturbTold(on=True),
        ),
        (
            "<GetMessageWaitingIndicatorResponse><messageWaitingOn>0</messageWaitingOn>"
            "</GetMessageWaitingIndicatorResponse>",
            MessageWaitingTold(on=False),
        ),
        (
            "<SystemRegisterResponse><sysStatRegisterID>500046</sysStatRegisterID></SystemRegisterResponse>",
            Registered("500046"),
        ),
        ("<AnswerCallResponse/>", Done("AnswerCallResponse")),
        ("<ButtonPressEvent/>", UnknownEvent("ButtonPressEvent")),
        ("<MakeCall/>", UnknownRequest("MakeCall")),
    ],
)
def test_other_messages_are_read(xml: str, expected: Message) -> None:
    assert message(xml) == expected


def snapshot_info(call: str, state: str) -> str:
    return (
        f"<snapshotDeviceResponseInfo><connectionIdentifier><callID>{call}</callID><deviceID>201</deviceID>"
        f"</connectionIdentifier><localCallState>{state}</localCallState></snapshotDeviceResponseInfo>"
    )


def compound(*states: str) -> str:
    inner = "".join(f"<localConnectionState>{state}</localConnectionState>" for state in states)
    return f"<compoundCallState>{inner}</compoundCallState>"


@pytest.mark.parametrize(
    ("state", "own", "answered"),
    [
        (compound("alerting", "connected"), "alerting", False),
        (compound("connected", "connected"), "connected", True),
        (compound("hold", "connected"), "hold", True),
        (compound("connected", "alerting"), "connected", False),
        (compound(), None, False),
        ("<simpleCallState>callReceived</simpleCallState>", "alerting", False),
        ("<simpleCallState>callEstablishedHeld</simpleCallState>", "hold", True),
        ("<simpleCallState>callSomething</simpleCallState>", None, False),
        ("<unknown/>", None, False),
    ],
)
def test_a_snapshot_tells_the_devices_own_state(state: str, own: str | None, *, answered: bool) -> None:
    answer = message(
        "<SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>"
        f"{snapshot_info('5', state)}</snapshotData></crossRefIDorSnapshotData></SnapshotDeviceResponse>"
    )
    assert answer == DeviceSnapshot((SnapshotEntry(ConnectionId("5", DeviceId("201")), own, answered),))


def test_a_snapshot_may_come_in_segments() -> None:
    announced = message(
        "<SnapshotDeviceResponse><crossRefIDorSnapshotData><serviceCrossRefID>9</serviceCrossRefID>"
        "</crossRefIDorSnapshotData></SnapshotDeviceResponse>"
    )
    assert announced == DeviceSnapshot((), "9")
    segment = message(
        "<SnapshotDeviceData><serviceCrossRefID>9</serviceCrossRefID><segmentID>1</segmentID>"
        f"<lastSegment>true</lastSegment><snapshotData>{snapshot_info('5', compound('hold'))}</snapshotData>"
        "</SnapshotDeviceData>"
    )
    assert segment == SnapshotSegment("9", (SnapshotEntry(ConnectionId("5", DeviceId("201")), "hold"),), last=True)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"not XML",
        b"<open>",
        b"<DeliveredEvent/>",
        b"<MonitorStartResponse/>",
        b"<monitorObject><deviceObject>N<123!98></deviceObject></monitorObject>",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
        b"<a>\xff\xfe</a>",
        b"<MonitorStartResponse><monitorCrossRefID>" + b"x" * 1025 + b"</monitorCrossRefID></MonitorStartResponse>",
        b"<DeliveredEvent><monitorCrossRefID>1</monitorCrossRefID><callingDevice><deviceIdentifier>N&lt;201&gt;"
        + b"x" * 60_000
        + b"</deviceIdentifier></callingDevice></DeliveredEvent>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)
def test_what_is_no_message_is_a_typed_error(document: bytes) -> None:
    with pytest.raises(BadMessage):
        parse(document)


@given(st.text(max_size=80))
def test_no_text_does_worse_than_a_bad_message(text: str) -> None:
    document = f"<DeliveredEvent><monitorCrossRefID>{text}</monitorCrossRefID><cause>{text}</cause></DeliveredEvent>"
    with suppress(BadMessage):
        parse(document.encode())


def test_requests_escape_device_identifiers() -> None:
    xml = writer.monitor_start(ED5, "N<123!98>").decode()
    assert "<deviceObject>N&lt;123!98&gt;</deviceObject>" in xml
    assert f'<MonitorStart xmlns="{ED5}"><monitorObject>' in xml
    assert xml.endswith("<monitorType>device</monitorType></MonitorStart>")


def test_credentials_go_into_the_session_as_text() -> None:
    xml = writer.start_session([ED5, ED3], "MitelAssistant", "<user>a&b</user>", 600).decode()
    assert f'<StartApplicationSession xmlns="{SESSION}"><applicationInfo><applicationID>MitelAssistant' in xml
    assert "<applicationSpecificInfo>&lt;user&gt;a&amp;b&lt;/user&gt;</applicationSpecificInfo>" in xml
    assert f"<protocolVersion>{ED5}</protocolVersion><protocolVersion>{ED3}</protocolVersion>" in xml


CONNECTION = "<callID>5</callID><deviceID>N&lt;201&gt;</deviceID>"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            writer.make_call(ED5, "N<201>", "+33199000142"),
            "<callingDevice>N&lt;201&gt;</callingDevice><calledDirectoryNumber>+33199000142</calledDirectoryNumber>"
            "<autoOriginate>prompt</autoOriginate></MakeCall>",
        ),
        (writer.answer_call(ED5, "5", "N<201>"), f"<callToBeAnswered>{CONNECTION}</callToBeAnswered></AnswerCall>"),
        (
            writer.clear_connection(ED5, "5", "N<201>"),
            f"<connectionToBeCleared>{CONNECTION}</connectionToBeCleared></ClearConnection>",
        ),
        (
            writer.set_do_not_disturb(ED5, "N<201>", on=True),
            "<device>N&lt;201&gt;</device><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>",
        ),
        (writer.get_do_not_disturb(ED5, "201"), "<device>201</device></GetDoNotDisturb>"),
        (
            writer.set_message_waiting(ED5, "201", on=False),
            "<device>201</device><messageWaitingOn>false</messageWaitingOn></SetMessageWaitingIndicator>",
        ),
        (writer.get_message_waiting(ED5, "201"), "<device>201</device></GetMessageWaitingIndicator>"),
        (
            writer.system_register(ED5),
            "<requestTypes><systemStatus>true</systemStatus><requestSystemStatus>true</requestSystemStatus>"
            "</requestTypes></SystemRegister>",
        ),
    ],
)
def test_requests_are_written_in_schema_order(request_: bytes, expected: str) -> None:
    assert request_.decode().endswith(f' xmlns="{ED5}">{expected}')
