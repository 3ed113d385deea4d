"""XML to messages.

Elements are known by local name alone: editions differ in namespace, prefixes are mixed with default namespaces, and
some servers declare a namespace on the root only. Element order and the spellings accepted are those of the ECMA-323
schema, editions 3 to 6, plus the spellings seen in the field. Unknown elements and causes are read over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.csta.elements import Element, child_of, document, flag, local, read_connection, required, text, text_of
from gateway.csta.events import CALL_EVENTS, FEATURE_EVENTS, read_call_event
from gateway.csta.messages import (
    CallPlaced,
    Done,
    DoNotDisturbTold,
    MessageWaitingTold,
    MonitorEnded,
    MonitorStarted,
    Refusal,
    Registered,
    SessionDenied,
    SessionEnded,
    SessionRenewed,
    SessionStarted,
    SystemStatus,
    SystemStatusRequested,
    UnknownEvent,
    UnknownRequest,
)
from gateway.csta.snapshots import call_segment, call_snapshot, device_segment, device_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.csta.messages import Message


def parse(xml: bytes) -> Message:
    """The message in a document. Raises ``BadMessage`` for no XML, for a DOCTYPE, and for what lacks a vital part."""
    root = document(xml)
    name = local[root.tag]
    if (kind := CALL_EVENTS.get(name)) is not None:
        return read_call_event(kind, root)
    if (read := _READERS.get(name)) is not None:
        return read(root)
    if name.endswith("Event"):
        return UnknownEvent(name)
    return Done(name) if name.endswith("Response") else UnknownRequest(name)


def _call_placed(root: Element) -> CallPlaced:
    # The schema calls it callingDevice, though it is a connection and no device.
    connection = child_of(root, "callingDevice")
    return CallPlaced(None if connection is None else read_connection(connection))


def _session_started(root: Element) -> SessionStarted:
    return SessionStarted(required(root, "sessionID"), _duration(root), text_of(root, "actualProtocolVersion"))


def _duration(root: Element) -> int | None:
    duration = text_of(root, "actualSessionDuration")
    return (int(duration) or None) if duration and duration.isdecimal() else None


def _session_denied(root: Element) -> SessionDenied:
    return SessionDenied(_innermost(child_of(root, "errorCode")))


def _session_ended(root: Element) -> SessionEnded:
    return SessionEnded(_innermost(child_of(root, "sessionTermReason")), text_of(root, "sessionID"))


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
    **FEATURE_EVENTS,
    "MonitorStartResponse": lambda root: MonitorStarted(required(root, "monitorCrossRefID")),
    "SnapshotDeviceResponse": device_snapshot,
    "SnapshotDeviceData": device_segment,
    "SnapshotCallResponse": call_snapshot,
    "SnapshotCallData": call_segment,
    "MonitorStop": lambda root: MonitorEnded(required(root, "monitorCrossRefID")),
    "MakeCallResponse": _call_placed,
    "GetDoNotDisturbResponse": lambda root: DoNotDisturbTold(flag(child_of(root, "doNotDisturbOn"))),
    "GetMessageWaitingIndicatorResponse": lambda root: MessageWaitingTold(flag(child_of(root, "messageWaitingOn"))),
    "SystemRegisterResponse": lambda root: Registered(text_of(root, "sysStatRegisterID")),
    "StartApplicationSessionPosResponse": _session_started,
    "StartApplicationSessionNegResponse": _session_denied,
    "ResetApplicationSessionTimerPosResponse": lambda root: SessionRenewed(_duration(root)),
    "ResetApplicationSessionTimerNegResponse": _session_denied,
    "StopApplicationSessionNegResponse": _session_denied,
    "ApplicationSessionTerminated": _session_ended,
    "SystemStatus": _system_status,
    "RequestSystemStatus": lambda _: SystemStatusRequested(),
    "CSTAErrorCode": _refusal,
}
