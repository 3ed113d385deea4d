"""Each event's elements in schema order (ECMA-323), from ``monitorCrossRefID`` to ``extensions``.

A row names every element that this PBX fills in; elements of the schema that it never fills in are left out, which
the schema allows.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from simulator.csta.details import DETAILS, linkage, media, services
from simulator.csta.document import Xml, boolean, element, opening, without_call_ids
from simulator.csta.elements import connection, device, device_id, trunk
from simulator.switch import CallEvent, ConnectionId, Event, EventName, FeatureEvent, Joined, Party, State

PRIVATE = "urn:x-pbx-simulator"
"""Namespace of our private data: the event's number, by which the reader of a trace sees that one was dropped."""

Part = Callable[[CallEvent], str | None]
"""Makes one element of an event."""


def _subject(name: str) -> Part:
    return lambda event: connection(name, event.connection)


def _party(name: str) -> Part:
    return lambda event: device(name, event.party)


def _other(name: str) -> Part:
    return lambda event: device(name, event.other)


def _secondary(event: CallEvent) -> Xml | None:
    return connection("secondaryOldCall", event.secondary) if event.secondary else None


def _calling(event: CallEvent) -> Xml:
    return device("callingDevice", event.calling)


def _called(event: CallEvent) -> Xml:
    return device("calledDevice", event.called)


def _redirected(event: CallEvent) -> Xml:
    if event.redirected_by is None:
        return element("lastRedirectionDevice", element("notRequired"))
    return element("lastRedirectionDevice", element("numberDialed", device_id(event.redirected_by.number)))


def _arrived_by(name: str) -> Part:
    def part(event: CallEvent) -> Xml | None:
        if not event.calling.trunk:
            return None
        return connection(name, ConnectionId(event.connection.call, event.calling.trunk))

    return part


def _interface(event: CallEvent) -> Xml | None:
    return trunk("networkInterfaceUsed", event.party)


def _joined(name: str) -> Part:
    return lambda event: element(name, *(_joined_item(item) for item in event.joined))


def _joined_item(item: Joined) -> Xml:
    return element(
        "connectionListItem",
        connection("newConnection", item.new),
        connection("oldConnection", item.old),
        element("endpoint", _endpoint(item.party)),
    )


def _endpoint(party: Party) -> Xml:
    return element("restricted") if party.hidden else element("deviceID", device_id(party.number, party.name))


def _local(_: CallEvent) -> str:
    return f"<csta:localConnectionInfo>{_STATE}</csta:localConnectionInfo>"


def _cause(event: CallEvent) -> Xml:
    return element("cause", event.cause)


def _caller_trunk(event: CallEvent) -> Xml | None:
    return trunk("associatedCallingDevice", event.calling)


_STATE = "\0"
"""Stands for the monitored device's own state, which differs from monitor to monitor; no XML holds this character."""

_WHO = (_calling, _called, _redirected)
_END = (_local, _cause, services)
_MORE = (media, linkage)

_IN_DETAIL: dict[EventName, tuple[Part, ...]] = {
    EventName.SERVICE_INITIATED: (_subject("initiatedConnection"), _party("initiatingDevice"), *_END, *_MORE),
    EventName.ORIGINATED: (_subject("originatedConnection"), _calling, _called, *_END, *_MORE),
    EventName.NETWORK_REACHED: (_subject("outboundConnection"), _interface, *_WHO, *_END, *_MORE),
    EventName.OFFERED: (
        _subject("offeredConnection"),
        _party("offeredDevice"),
        *_WHO,
        _arrived_by("originatingNIDConnection"),
        *_END,
        _caller_trunk,
        *_MORE,
    ),
    EventName.QUEUED: (_subject("queuedConnection"), _party("queue"), *_WHO, *_END, _caller_trunk, *_MORE),
    EventName.DELIVERED: (
        _subject("connection"),
        _party("alertingDevice"),
        *_WHO,
        _arrived_by("originatingNIDConnection"),
        *_END,
        _caller_trunk,
        *_MORE,
    ),
    EventName.ESTABLISHED: (
        _subject("establishedConnection"),
        _party("answeringDevice"),
        *_WHO,
        _arrived_by("originatinNIDConnection"),
        *_END,
        _caller_trunk,
        *_MORE,
    ),
    EventName.HELD: (_subject("heldConnection"), _party("holdingDevice"), *_END, *_MORE),
    EventName.RETRIEVED: (_subject("retrievedConnection"), _party("retrievingDevice"), *_END, *_MORE),
    EventName.DIVERTED: (
        _subject("connection"),
        _party("divertingDevice"),
        _other("newDestination"),
        *_WHO,
        *_END,
        media,
        _caller_trunk,
        linkage,
    ),
    EventName.FAILED: (
        _subject("failedConnection"),
        _party("failingDevice"),
        *_WHO,
        _arrived_by("originatingNIDConnection"),
        *_END,
        _caller_trunk,
        *_MORE,
    ),
    EventName.TRANSFERED: (
        _subject("primaryOldCall"),
        _secondary,
        _party("transferringDevice"),
        _other("transferredToDevice"),
        _joined("transferredConnections"),
        *_END,
        media,
    ),
    EventName.CONFERENCED: (
        _subject("primaryOldCall"),
        _secondary,
        _party("conferencingDevice"),
        _other("addedParty"),
        _joined("conferenceConnections"),
        *_END,
        media,
    ),
    EventName.CONNECTION_CLEARED: (_subject("droppedConnection"), _party("releasingDevice"), *_END, *_MORE),
    EventName.CALL_CLEARED: (_subject("clearedCall"), _cause, *_MORE),
}
_IN_SHORT = {name: tuple(part for part in parts if part not in DETAILS) for name, parts in _IN_DETAIL.items()}


class WrittenEvent(NamedTuple):
    """An event as written once for all its monitors: each one's own reference and state go between the parts."""

    before: bytes
    parts: tuple[bytes, ...]

    def octets(self, monitor: str, state: State) -> bytes:
        """The document for one monitor, whose device is in that state."""
        return self.before + monitor.encode() + state.encode().join(self.parts)


def write_event(
    event: Event, number: int, namespace: str, *, call_ids: bool = True, details: bool = False
) -> WrittenEvent:
    """``number`` counts events; without ``call_ids`` the connections name devices only."""
    body = "".join(_feature(event) if isinstance(event, FeatureEvent) else _call(event, details=details))
    if not call_ids:
        body = without_call_ids(body)
    after = f"</csta:monitorCrossRefID>{body}{_private(number)}</csta:{event.name}>"
    return WrittenEvent(_before(event.name, namespace), tuple(part.encode() for part in after.split(_STATE)))


@cache
def _before(name: str, namespace: str) -> bytes:
    return f"{opening(name, namespace)}<csta:monitorCrossRefID>".encode()


def _private(number: int) -> str:
    return (
        "<csta:extensions><csta:privateData><csta:private>"
        f'<eventNumber xmlns="{PRIVATE}">{number}</eventNumber>'
        "</csta:private></csta:privateData></csta:extensions>"
    )


def _call(event: CallEvent, *, details: bool) -> list[str]:
    parts = (_IN_DETAIL if details else _IN_SHORT)[event.name]
    return [written for part in parts if (written := part(event)) is not None]


def _feature(event: FeatureEvent) -> list[Xml]:
    subject = element("deviceIdentifier", device_id(event.device))
    match event.name:
        case EventName.DO_NOT_DISTURB:
            return [element("device", subject), boolean("doNotDisturbOn", value=event.on)]
        case EventName.FORWARDING:
            forward_to = element("forwardTo", element("deviceIdentifier", device_id(event.forward_to)))
            return [
                element("device", subject),
                element("forwardingType", event.forwarding),
                boolean("forwardStatus", value=event.on),
                *([forward_to] if event.on else []),
            ]
        case EventName.MESSAGE_WAITING:
            return [element("targetDevice", subject), boolean("messageWaitingOn", value=event.on)]
        case _:
            return [element("device", subject), element("cause", "normal")]
