"""What an event means for the connection of the extension that hears it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cloudlink.model import CallState
from gateway.csta.messages import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.csta.messages import CallEvent


class State(StrEnum):
    """Connection states, spelt as ``localConnectionInfo`` is."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAIL = "fail"


_STATES = {state.value: state for state in State}

# What becomes of the connection that an event is about, for a PBX that leaves localConnectionInfo out.
_AFTER = {
    EventKind.SERVICE_INITIATED: State.INITIATED,
    EventKind.ORIGINATED: State.CONNECTED,
    EventKind.OFFERED: State.ALERTING,
    EventKind.DELIVERED: State.ALERTING,
    EventKind.ESTABLISHED: State.CONNECTED,
    EventKind.QUEUED: State.QUEUED,
    EventKind.HELD: State.HOLD,
    EventKind.RETRIEVED: State.CONNECTED,
    EventKind.FAILED: State.FAIL,
    EventKind.CONFERENCED: State.CONNECTED,
}

# These end the part of the device that they are about, whatever else they say.
_ENDINGS = {EventKind.DIVERTED, EventKind.CONNECTION_CLEARED, EventKind.TRANSFERRED}


def known_state(text: str | None) -> State | None:
    """The state of that spelling; ``None`` for one that the standard does not have."""
    return _STATES.get(text) if text else None


def concerns(event: CallEvent, extension: str) -> bool:
    """Whether the event is about the extension itself and not about another party of its call."""
    if event.device is not None and event.device.number is not None:
        return event.device.number == extension
    device = event.connection.device if event.connection else None
    return device is not None and device.number == extension


def state_after(event: CallEvent, extension: str) -> State | None:
    """The extension's own connection state after the event; ``None`` when the event does not tell."""
    if event.kind is EventKind.CALL_CLEARED:
        return State.NULL
    own = concerns(event, extension)
    if own and event.kind in _ENDINGS:
        return State.NULL
    if (told := known_state(event.local_state)) is not None:
        return told
    return _AFTER.get(event.kind) if own else None


def line_state(states: Iterable[State]) -> CallState:
    """What a telephone with these connections shows: a call before a ringing, a ringing before a hold."""
    present = set(states)
    if present & {State.CONNECTED, State.INITIATED, State.QUEUED}:
        return CallState.CONNECTED
    if State.ALERTING in present:
        return CallState.RINGING
    return CallState.HELD if State.HOLD in present else CallState.IDLE
