"""Monitor and snapshot services."""

from functools import partial

from simulator.csta.document import Document, Xml, boolean, document, element
from simulator.csta.elements import call_snapshot, device, device_snapshot
from simulator.csta.office import Client, Monitor, Office
from simulator.csta.reading import Request
from simulator.switch import Refused


def monitor_start(office: Office, client: Client, request: Request) -> Document:
    """A monitor on a device takes a licence, one on a call does not."""
    if request.find("monitorObject/callObject") is not None:
        call = office.switch.call(request.connection("monitorObject/callObject")[0])
        monitor = office.monitors.start(client, call=call)
    else:
        number = request.device("monitorObject/deviceObject")
        office.switch.extension(number)
        if not office.licences_left:
            raise Refused("systemResourceAvailibility", "overallMonitorLimitExceeded")
        monitor = office.monitors.start(client, number)
    monitor.suppressed = request.true_flags("requestedMonitorFilter")
    return document(
        "MonitorStartResponse",
        element("monitorCrossRefID", monitor.reference),
        _actual_filter("actualMonitorFilter", monitor),
        boolean("monitorExistingCalls", value=True),
    )


def monitor_stop(office: Office, client: Client, request: Request) -> Document:
    """Nothing more is heard under that reference, and its licence is free."""
    office.monitors.stop(office.monitors.of(client, request.text("monitorCrossRefID")))
    return document("MonitorStopResponse")


def change_monitor_filter(office: Office, client: Client, request: Request) -> Document:
    """The new filter replaces the old one."""
    monitor = office.monitors.of(client, request.text("monitorCrossRefID"))
    monitor.suppressed = request.true_flags("requestedFilterList")
    return document("ChangeMonitorFilterResponse", _actual_filter("actualFilterList", monitor))


def snapshot_device(office: Office, client: Client, request: Request) -> Document:
    """The calls of a device."""
    number = request.device("snapshotObject")
    office.switch.extension(number)
    entries = device_snapshot(office.switch.calls_of(number), number)
    return document("SnapshotDeviceResponse", _snapshot(office, client, "SnapshotDeviceData", entries))


def snapshot_call(office: Office, client: Client, request: Request) -> Document:
    """The parties of a call."""
    call = office.switch.call(request.connection("snapshotObject")[0])
    return document(
        "SnapshotCallResponse",
        _snapshot(office, client, "SnapshotCallData", call_snapshot(call)),
        device("callingDevice", call.calling),
        device("calledDevice", call.called),
    )


def _snapshot(office: Office, client: Client, name: str, entries: list[Xml]) -> Xml:
    """The entries, or the reference under which they follow in segments when one answer does not hold them."""
    size = office.settings.snapshot_entries
    if not size or len(entries) <= size:
        return element("crossRefIDorSnapshotData", element("snapshotData", *entries))
    reference = element("serviceCrossRefID", office.monitors.next_reference())
    for at in range(0, len(entries), size):
        segment = document(
            name,
            reference,
            element("segmentID", str(at // size + 1)),
            boolean("lastSegment", value=at + size >= len(entries)),
            element("snapshotData", *entries[at : at + size]),
        )
        office.timeline.after(0, partial(client.ask, segment))
    return element("crossRefIDorSnapshotData", reference)


def _actual_filter(name: str, monitor: Monitor) -> Xml | None:
    # We read the standard so that a true flag suppresses its event: an absent filter then lets everything through.
    flags = [flag for flag in CALL_CONTROL_FLAGS if flag in monitor.suppressed]
    if not flags:
        return None
    return element(name, element("callcontrol", *(boolean(flag, value=True) for flag in flags)))


CALL_CONTROL_FLAGS = (
    "callCleared",
    "conferenced",
    "connectionCleared",
    "delivered",
    "diverted",
    "established",
    "failed",
    "held",
    "networkReached",
    "offered",
    "originated",
    "queued",
    "retrieved",
    "serviceInitiated",
    "transferred",
)
"""Flags of ``callcontrol`` in schema order, for the events that this PBX sends."""
