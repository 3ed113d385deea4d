"""Snapshots to messages: the calls of a device, the parties of a call, at once or in segments."""

from __future__ import annotations

from gateway.csta.elements import Element, child_of, flag, local, read_connection, read_party, required, text, text_of
from gateway.csta.errors import BadMessage
from gateway.csta.messages import (
    CallSegment,
    CallSnapshot,
    DeviceSnapshot,
    Party,
    SnapshotEntry,
    SnapshotSegment,
)

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


def device_snapshot(root: Element) -> DeviceSnapshot:
    """``SnapshotDeviceResponse``."""
    holder = child_of(root, "crossRefIDorSnapshotData")
    holder = root if holder is None else holder
    return DeviceSnapshot(_entries(holder), text_of(holder, "serviceCrossRefID"))


def device_segment(root: Element) -> SnapshotSegment:
    """``SnapshotDeviceData``."""
    return SnapshotSegment(
        required(root, "serviceCrossRefID"), _entries(root), last=flag(child_of(root, "lastSegment"))
    )


def call_snapshot(root: Element) -> CallSnapshot:
    """``SnapshotCallResponse``."""
    holder = child_of(root, "crossRefIDorSnapshotData")
    holder = root if holder is None else holder
    calling, called = child_of(root, "callingDevice"), child_of(root, "calledDevice")
    return CallSnapshot(
        None if calling is None else read_party(calling),
        None if called is None else read_party(called),
        _parties(holder),
        text_of(holder, "serviceCrossRefID"),
    )


def call_segment(root: Element) -> CallSegment:
    """``SnapshotCallData``."""
    return CallSegment(required(root, "serviceCrossRefID"), _parties(root), last=_is_last(root))


def _is_last(root: Element) -> bool:
    return flag(child_of(root, "lastSegment"))


def _infos(holder: Element, name: str) -> list[Element]:
    data = child_of(holder, "snapshotData")
    return [] if data is None else [item for item in data if local[item.tag] == name]


def _entries(holder: Element) -> tuple[SnapshotEntry, ...]:
    return tuple(map(_entry, _infos(holder, "snapshotDeviceResponseInfo")))


def _entry(item: Element) -> SnapshotEntry:
    connection = child_of(item, "connectionIdentifier")
    if connection is None:
        raise BadMessage("a snapshot entry without connectionIdentifier")
    state = child_of(item, "localCallState")
    own, answered = (None, False) if state is None else _call_state(state)
    return SnapshotEntry(read_connection(connection), own, answered)


def _parties(holder: Element) -> tuple[Party, ...]:
    devices = (child_of(item, "deviceOnCall") for item in _infos(holder, "snapshotCallResponseInfo"))
    read = (read_party(device) for device in devices if device is not None)
    return tuple(party for party in read if party is not None)


def _call_state(local_call_state: Element) -> tuple[str | None, bool]:
    """The device's own state, and whether two sides are connected."""
    compound = child_of(local_call_state, "compoundCallState")
    if compound is not None:
        own, *others = [text(state) for state in compound] or [None]
        return own, own in _TALKING and any(other in _TALKING for other in others)
    simple = text_of(local_call_state, "simpleCallState") or ""
    return _OWN_STATE.get(simple), simple.startswith("callEstablished")
