"""Events to messages: one pass over an event's elements, known by local name, in any order.

Spellings are those of the ECMA-323 schema, editions 3 to 6, and those seen in the field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.csta.elements import MAX_TAGS, child_of, children, flag, local, read_connection, read_party, required, text
from gateway.csta.errors import BadMessage
from gateway.csta.messages import CallEvent, EventKind, FeatureEvent, JoinedConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.csta.elements import Element


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


class _PartOf(dict[Any, "tuple[str, Callable[[Element], object]] | None"]):
    """By tag, as ``elements.local`` and as bounded: one look instead of two, twenty times an event."""

    def __missing__(self, tag: Any) -> tuple[str, Callable[[Element], object]] | None:
        if len(self) >= MAX_TAGS:
            self.clear()
        part = self[tag] = _PARTS.get(local[tag])
        return part


_part_of = _PartOf()

CALL_EVENTS = {kind.value: kind for kind in EventKind} | {"TransferredEvent": EventKind.TRANSFERRED}
"""Kinds by root element."""


def read_call_event(kind: EventKind, root: Element) -> CallEvent:
    """The event. Raises ``BadMessage`` for one that belongs to no monitor."""
    event = CallEvent(kind)
    for child in children(root):
        part = _part_of[child.tag]
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


FEATURE_EVENTS: dict[str, Callable[[Element], FeatureEvent]] = {
    "DoNotDisturbEvent": _do_not_disturb,
    "MessageWaitingEvent": _message_waiting,
    "BackInServiceEvent": _back_in_service,
    "OutOfServiceEvent": _out_of_service,
}
"""Readers by root element."""
