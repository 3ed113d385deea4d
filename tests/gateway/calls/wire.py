"""Events as a PBX writes them: XML with the elements of ECMA-323 in schema order, read by the gateway's own parser.

``ELEMENTS`` is the schema's order, not any PBX's habit; a test fills in what its switch tells and leaves out the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from gateway.csta.messages import CallEvent
from gateway.csta.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

_WHO = ("callingDevice", "calledDevice", "lastRedirectionDevice")
_END = ("localConnectionInfo", "cause")

ELEMENTS = {
    "ServiceInitiatedEvent": ("initiatedConnection", "initiatingDevice", "calledDevice", *_END),
    "OriginatedEvent": ("originatedConnection", "callingDevice", "calledDevice", "originatingDevice", *_END),
    "OfferedEvent": ("offeredConnection", "offeredDevice", *_WHO, *_END),
    "DeliveredEvent": ("connection", "alertingDevice", *_WHO, *_END),
    "EstablishedEvent": ("establishedConnection", "answeringDevice", *_WHO, *_END),
    "QueuedEvent": ("queuedConnection", "queue", *_WHO, "numberQueued", "callsInFront", *_END),
    "HeldEvent": ("heldConnection", "holdingDevice", *_END),
    "RetrievedEvent": ("retrievedConnection", "retrievingDevice", *_END),
    "DivertedEvent": ("connection", "divertingDevice", "newDestination", *_WHO, *_END),
    "FailedEvent": ("failedConnection", "failingDevice", *_WHO, *_END),
    "TransferedEvent": (
        "primaryOldCall", "secondaryOldCall", "transferringDevice", "transferredToDevice", "transferredConnections",
        *_END,
    ),
    "ConferencedEvent": (
        "primaryOldCall", "secondaryOldCall", "conferencingDevice", "addedParty", "conferenceConnections", *_END,
    ),
    "ConnectionClearedEvent": ("droppedConnection", "releasingDevice", *_END),
    "CallClearedEvent": ("clearedCall", "cause"),
    "NetworkReachedEvent": ("outboundConnection", "networkInterfaceUsed", *_WHO, *_END),
}  # fmt: skip

_CONNECTIONS = {
    "connection", "clearedCall", "droppedConnection", "primaryOldCall", "secondaryOldCall", "outboundConnection",
    "initiatedConnection", "originatedConnection", "offeredConnection", "establishedConnection", "queuedConnection",
    "heldConnection", "retrievedConnection", "failedConnection",
}  # fmt: skip
_PLAIN = {"localConnectionInfo", "cause", "numberQueued", "callsInFront"}
_LISTS = {"transferredConnections", "conferenceConnections"}

Value = str | tuple[str, str] | list[tuple[str, str, str]]


def wire(name: str, **told: Value | None) -> CallEvent:
    """An event. A connection is (call, device) with ``""`` for a half left out; a device is its identifier, ``"?"`` for
    not known and ``"-"`` for restricted; a list has (device, old call, new call) for each party.
    """
    order = ELEMENTS[f"{name}Event"]
    assert told.keys() <= set(order), f"{name} has no {told.keys() - set(order)}"
    body = "".join(_element(one, told[one]) for one in order if told.get(one) is not None)
    event = parse(f"<{name}Event><monitorCrossRefID>0</monitorCrossRefID>{body}</{name}Event>".encode())
    assert isinstance(event, CallEvent)
    return event


def _element(name: str, value: Value | None) -> str:
    if name in _LISTS and isinstance(value, list):
        return f"<{name}>{''.join(_items(value))}</{name}>"
    if isinstance(value, tuple):
        assert name in _CONNECTIONS
        return f"<{name}>{_connection(*value)}</{name}>"
    assert isinstance(value, str)
    return f"<{name}>{value if name in _PLAIN else _device(value)}</{name}>"


def _items(parties: Iterable[tuple[str, str, str]]) -> Iterable[str]:
    for device, old, new in parties:
        yield (
            f"<connectionListItem><newConnection>{_connection(new, device)}</newConnection>"
            f"<oldConnection>{_connection(old, device)}</oldConnection>"
            f"<endpoint><deviceID>{escape(device)}</deviceID></endpoint></connectionListItem>"
        )


def _connection(call: str, device: str) -> str:
    told = f"<callID>{call}</callID>" if call else ""
    return told + (f"<deviceID>{escape(device)}</deviceID>" if device else "")


def _device(value: str) -> str:
    if value in {"?", "-"}:
        return "<notKnown/>" if value == "?" else "<restricted/>"
    return f"<deviceIdentifier>{escape(value)}</deviceIdentifier>"
