"""Each event's elements in schema order (ECMA-323), from ``monitorCrossRefID`` to ``extensions``.

A row names every element that this PBX fills in; elements of the schema that it never fills in are left out, which
the schema allows.
"""

from collections.abc import Callable

from simulator.csta.document import Element, boolean, element
from simulator.csta.elements import connection, device, device_id, trunk
from simulator.switch import CallEvent, ConnectionId, Event, EventName, FeatureEvent, Joined, Party, State

PRIVATE = "urn:x-pbx-simulator"
"""Namespace of our private data: the event's number, by which the reader of a trace sees that one was dropped."""

Part = Callable[[CallEvent, State], Element | None]
"""Makes one element of an event for a monitor whose device is in the given state."""


def _subject(name: str) -> Part:
    return lambda event, _: connection(name, event.connection)


def _party(name: str) -> Part:
    return lambda event, _: device(name, event.party)


def _other(name: str) -> Part:
    return lambda event, _: device(name, event.other)


def _secondary(event: CallEvent, _: State) -> Element | None:
    return connection("secondaryOldCall", event.secondary) if event.secondary else None


def _calling(event: CallEvent, _: State) -> Element:
    return device("callingDevice", event.calling)


def _called(event: CallEvent, _: State) -> Element:
    return device("calledDevice", event.called)


def _redirected(event: CallEvent, _: State) -> Element:
    if event.redirected_by is None:
        return element("lastRedirectionDevice", Element("notRequired"))
    return element("lastRedirectionDevice", element("numberDialed", device_id(event.redirected_by.number)))


def _arrived_by(name: str) -> Part:
    def part(event: CallEvent, _: State) -> Element | None:
        if not event.calling.trunk:
            return None
        return connection(name, ConnectionId(event.connection.call, event.calling.trunk))

    return part


def _interface(event: CallEvent, _: State) -> Element | None:
    return trunk("networkInterfaceUsed", event.party)


def _joined(name: str) -> Part:
    return lambda event, _: element(name, *(_joined_item(item) for item in event.joined))


def _joined_item(item: Joined) -> Element:
    return element(
        "connectionListItem",
        connection("newConnection", item.new),
        connection("oldConnection", item.old),
        element("endpoint", _endpoint(item.party)),
    )


def _endpoint(party: Party) -> Element:
    return Element("restricted") if party.hidden else element("deviceID", device_id(party.number, party.name))


def _local(_: CallEvent, state: State) -> Element:
    return element("localConnectionInfo", state)


def _cause(event: CallEvent, _: State) -> Element:
    return element("cause", event.cause)


def _caller_trunk(event: CallEvent, _: State) -> Element | None:
    return trunk("associatedCallingDevice", event.calling)


_WHO = (_calling, _called, _redirected)
_END = (_local, _cause)

CALL_EVENTS: dict[EventName, tuple[Part, ...]] = {
    EventName.SERVICE_INITIATED: (_subject("initiatedConnection"), _party("initiatingDevice"), *_END),
    EventName.ORIGINATED: (_subject("originatedConnection"), _calling, _called, *_END),
    EventName.NETWORK_REACHED: (_subject("outboundConnection"), _interface, *_WHO, *_END),
    EventName.DELIVERED: (
        _subject("connection"),
        _party("alertingDevice"),
        *_WHO,
        _arrived_by("originatingNIDConnection"),
        *_END,
        _caller_trunk,
    ),
    EventName.ESTABLISHED: (
        _subject("establishedConnection"),
        _party("answeringDevice"),
        *_WHO,
        _arrived_by("originatinNIDConnection"),
        *_END,
        _caller_trunk,
    ),
    EventName.HELD: (_subject("heldConnection"), _party("holdingDevice"), *_END),
    EventName.RETRIEVED: (_subject("retrievedConnection"), _party("retrievingDevice"), *_END),
    EventName.DIVERTED: (
        _subject("connection"),
        _party("divertingDevice"),
        _other("newDestination"),
        *_WHO,
        *_END,
        _caller_trunk,
    ),
    EventName.FAILED: (
        _subject("failedConnection"),
        _party("failingDevice"),
        *_WHO,
        _arrived_by("originatingNIDConnection"),
        *_END,
        _caller_trunk,
    ),
    EventName.TRANSFERED: (
        _subject("primaryOldCall"),
        _secondary,
        _party("transferringDevice"),
        _other("transferredToDevice"),
        _joined("transferredConnections"),
        *_END,
    ),
    EventName.CONFERENCED: (
        _subject("primaryOldCall"),
        _secondary,
        _party("conferencingDevice"),
        _other("addedParty"),
        _joined("conferenceConnections"),
        *_END,
    ),
    EventName.CONNECTION_CLEARED: (_subject("droppedConnection"), _party("releasingDevice"), *_END),
    EventName.CALL_CLEARED: (_subject("clearedCall"), _cause),
}


def event_document(event: Event, monitor: str, state: State, number: int) -> Element:
    """The event as one monitor hears it. ``state`` is that of the monitored device, ``number`` counts events."""
    parts = (
        _feature(event) if isinstance(event, FeatureEvent) else [part(event, state) for part in CALL_EVENTS[event.name]]
    )
    private = element(
        "extensions", element("privateData", element("private", element(f"{{{PRIVATE}}}eventNumber", str(number))))
    )
    return element(event.name, element("monitorCrossRefID", monitor), *parts, private)


def _feature(event: FeatureEvent) -> list[Element]:
    subject = element("deviceIdentifier", device_id(event.device))
    match event.name:
        case EventName.DO_NOT_DISTURB:
            return [element("device", subject), boolean("doNotDisturbOn", value=event.on)]
        case EventName.FORWARDING:
            forward_to = element("forwardTo", element("deviceIdentifier", device_id(event.forward_to)))
            return [
                element("device", subject),
                element("forwardingType", "forwardImmediate"),
                boolean("forwardStatus", value=event.on),
                *([forward_to] if event.on else []),
            ]
        case EventName.MESSAGE_WAITING:
            return [element("targetDevice", subject), boolean("messageWaitingOn", value=event.on)]
        case _:
            return [element("device", subject), element("cause", "normal")]
