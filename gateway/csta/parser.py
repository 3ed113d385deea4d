"""XML to messages.

Elements are known by local name alone: editions differ in namespace, prefixes are mixed with default namespaces, and
some servers declare a namespace on the root only. Element order and the spellings accepted are those of the ECMA-323
schema, editions 3 to 6, plus the spellings seen in the field. Unknown elements and causes are read over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.csta.elements import (
    child_of,
    document,
    flag,
    local,
    read_connection,
    read_party,
    required,
    text,
    text_of,
)
from gateway.csta.errors import BadMessage
from gateway.csta.messages import (
    CallEvent,
    CallPlaced,
    CallSnapshot,
    DeviceSnapshot,
    Done,
    DoNotDisturbTold,
    EventKind,
    FeatureEvent,
    JoinedConnection,
    MessageWaitingTold,
    MonitorStarted,
    Refusal,
    Registered,
    SessionDenied,
    SessionEnded,
    SessionRenewed,
    SessionStarted,
    SnapshotEntry,
    SnapshotSegment,
    SystemStatus,
    SystemStatusRequested,
    UnknownEvent,
    UnknownRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.csta.elements import Element
    from gateway.csta.messages import Message, Party


def parse(xml: bytes) -> Message:
    """The message in a document. Raises ``BadMessage`` for no XML, for a DOCTYPE, and for what lacks a vital part."""
    root = document(xml)
    name = local[root.tag]
    if (kind := _CALL_EVENTS.get(name)) is not None:
        return _call_event(kind, root)
    if (read := _READERS.get(name)) is not None:
        return read(root)
    if name.endswith("Event"):
        return UnknownEvent(name)
    return Done(name) if name.endswith("Response") else UnknownRequest(name)


def _joined(element: Element) -> tuple[JoinedConnection, ...]:
    return tuple(_joined_item(item) for item in element if local[item.tag] == "connectionListItem")


def _joined_item(item: Element) -> JoinedConnection:
    parts = {local[child.tag]: child for child in item}
    new, old, endpoint = (parts.get(name) for name in ("newConnection", "oldConnection", "endpoint"))
    return JoinedConnection(
        None if new is None else read_connection(new),
        None if old is None else read_connection(old),
        None if endpoint is None else read_party(endpoint),
    )


# -- call events

# One pass over an event's children: element name, then the field of ``CallEvent`` it fills and how it is read.
_PARTS: dict[str, tuple[str, Callable[[Element], object]]] = {
    "monitorCrossRefID": ("monitor", text),
    "localConnectionInfo": ("local_state", text),
    "cause": ("cause", text),
    "callingDevice": ("calling", read_party),
    "calledDevice": ("called", read_party),
    "lastRedirectionDevice": ("redirected_by", read_party),
    "secondaryOldCall": ("secondary", read_connection),
    "transferredConnections": ("joined", _joined),
    "conferenceConnections": ("joined", _joined),
    **dict.fromkeys(
        (
            "connection",
            "initiatedConnection",
            "originatedConnection",
            "offeredConnection",
            "establishedConnection",
            "queuedConnection",
            "heldConnection",
            "retrievedConnection",
            "failedConnection",
            "droppedConnection",
            "outboundConnection",
            "clearedCall",
            "primaryOldCall",
        ),
        ("connection", read_connection),
    ),
    **dict.fromkeys(
        (
            "initiatingDevice",
            "originatingDevice",
            "offeredDevice",
            "alertingDevice",
            "answeringDevice",
            "queue",
            "holdingDevice",
            "retrievingDevice",
            "divertingDevice",
            "failingDevice",
            "transferringDevice",
            "conferencingDevice",
            "releasingDevice",
        ),
        ("device", read_party),
    ),
    **dict.fromkeys(("newDestination", "transferredToDevice", "addedParty"), ("other", read_party)),
}

_CALL_EVENTS = {kind.value: kind for kind in EventKind} | {"TransferredEvent": EventKind.TRANSFERRED}


def _call_event(kind: EventKind, root: Element) -> CallEvent:
    event = CallEvent(kind)
    for child in root:
        part = _PARTS.get(local[child.tag])
        if part is not None:
            setattr(event, part[0], part[1](child))
    if not event.monitor:
        raise BadMessage(f"{kind.value} without monitorCrossRefID")
    return event


# -- feature events


def _do_not_disturb(root: Element) -> FeatureEvent:
    on = flag(child_of(root, "doNotDisturbOn"))
    return FeatureEvent(required(root, "monitorCrossRefID"), do_not_disturb=on)


def _message_waiting(root: Element) -> FeatureEvent:
    on = flag(child_of(root, "messageWaitingOn"))
    return FeatureEvent(required(root, "monitorCrossRefID"), message_waiting=on)


def _back_in_service(root: Element) -> FeatureEvent:
    return FeatureEvent(required(root, "monitorCrossRefID"), in_service=True)


def _out_of_service(root: Element) -> FeatureEvent:
    return FeatureEvent(required(root, "monitorCrossRefID"), in_service=False)


# -- snapshots

_TALKING = {"connected", "hold"}

# The device's own half of each simple call state (ECMA-269, 6.1.6: local state first).
_OWN_STATE = {
    "callNull": "null",
    "callPending": "initiated",
    "callOriginated": "connected",
    "callDelivered": "connected",
    "callDeliveredHeld": "hold",
    "callReceived": "alerting",
    "callEstablished": "connected",
    "callEstablishedHeld": "hold",
    "callReceivedOnHold": "alerting",
    "callEstablishedOnHold": "connected",
    "callQueued": "connected",
    "callQueuedHeld": "hold",
    "callFailed": "connected",
    "callFailedHeld": "hold",
    "callBlocked": "fail",
}


def _snapshot_device(root: Element) -> DeviceSnapshot:
    choice = child_of(root, "crossRefIDorSnapshotData")
    holder = root if choice is None else choice
    return DeviceSnapshot(_entries(holder), text_of(holder, "serviceCrossRefID"))


def _snapshot_segment(root: Element) -> SnapshotSegment:
    reference = required(root, "serviceCrossRefID")
    return SnapshotSegment(reference, _entries(root), last=flag(child_of(root, "lastSegment")))


def _entries(holder: Element) -> tuple[SnapshotEntry, ...]:
    data = child_of(holder, "snapshotData")
    if data is None:
        return ()
    return tuple(_entry(item) for item in data if local[item.tag] == "snapshotDeviceResponseInfo")


def _entry(item: Element) -> SnapshotEntry:
    connection = child_of(item, "connectionIdentifier")
    if connection is None:
        raise BadMessage("a snapshot entry without connectionIdentifier")
    state = child_of(item, "localCallState")
    own, answered = (None, False) if state is None else _call_state(state)
    return SnapshotEntry(read_connection(connection), own, answered)


def _call_state(local_call_state: Element) -> tuple[str | None, bool]:
    """The device's own state, and whether two sides are connected."""
    compound = child_of(local_call_state, "compoundCallState")
    if compound is not None:
        own, *others = [text(state) for state in compound] or [None]
        return own, own in _TALKING and any(other in _TALKING for other in others)
    simple = text_of(local_call_state, "simpleCallState") or ""
    return _OWN_STATE.get(simple), simple.startswith("callEstablished")


def _snapshot_call(root: Element) -> CallSnapshot:
    calling, called = child_of(root, "callingDevice"), child_of(root, "calledDevice")
    return CallSnapshot(
        None if calling is None else read_party(calling),
        None if called is None else read_party(called),
        _parties(root),
    )


def _parties(root: Element) -> tuple[Party, ...]:
    choice = child_of(root, "crossRefIDorSnapshotData")
    data = None if choice is None else child_of(choice, "snapshotData")
    devices = (child_of(item, "deviceOnCall") for item in (() if data is None else data))
    read = (read_party(device) for device in devices if device is not None)
    return tuple(party for party in read if party is not None)


# -- session, system and the rest


def _call_placed(root: Element) -> CallPlaced:
    # The schema calls it callingDevice, though it is a connection and no device.
    connection = child_of(root, "callingDevice")
    return CallPlaced(None if connection is None else read_connection(connection))


def _session_started(root: Element) -> SessionStarted:
    duration = text_of(root, "actualSessionDuration")
    seconds = int(duration) if duration and duration.isdecimal() else 0
    return SessionStarted(required(root, "sessionID"), seconds or None)


def _session_denied(root: Element) -> SessionDenied:
    return SessionDenied(_innermost(child_of(root, "errorCode")))


def _session_ended(root: Element) -> SessionEnded:
    return SessionEnded(_innermost(child_of(root, "sessionTermReason")))


def _innermost(element: Element | None) -> str:
    """The text of a choice such as ``errorCode{definedError | applError}``."""
    while element is not None and len(element):
        element = element[0]
    return text(element) or "no reason given"


def _system_status(root: Element) -> SystemStatus:
    return SystemStatus(required(root, "systemStatus"))


def _refusal(root: Element) -> Refusal:
    for child in root:
        return Refusal(local[child.tag], text(child) or "")
    return Refusal("unspecified", "")


_READERS: dict[str, Callable[[Element], Message]] = {
    "DoNotDisturbEvent": _do_not_disturb,
    "MessageWaitingEvent": _message_waiting,
    "BackInServiceEvent": _back_in_service,
    "OutOfServiceEvent": _out_of_service,
    "MonitorStartResponse": lambda root: MonitorStarted(required(root, "monitorCrossRefID")),
    "SnapshotDeviceResponse": _snapshot_device,
    "SnapshotDeviceData": _snapshot_segment,
    "SnapshotCallResponse": _snapshot_call,
    "MakeCallResponse": _call_placed,
    "GetDoNotDisturbResponse": lambda root: DoNotDisturbTold(flag(child_of(root, "doNotDisturbOn"))),
    "GetMessageWaitingIndicatorResponse": lambda root: MessageWaitingTold(flag(child_of(root, "messageWaitingOn"))),
    "SystemRegisterResponse": lambda root: Registered(text_of(root, "sysStatRegisterID")),
    "StartApplicationSessionPosResponse": _session_started,
    "StartApplicationSessionNegResponse": _session_denied,
    "ResetApplicationSessionTimerPosResponse": lambda _: SessionRenewed(),
    "ResetApplicationSessionTimerNegResponse": _session_denied,
    "StopApplicationSessionNegResponse": _session_denied,
    "ApplicationSessionTerminated": _session_ended,
    "SystemStatus": _system_status,
    "RequestSystemStatus": lambda _: SystemStatusRequested(),
    "CSTAErrorCode": _refusal,
}
