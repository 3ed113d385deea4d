"""What an event means for the connection of the extension that hears it, and what an extension then shows.

The state machine of an extension's part in a call. *Own* is an event about the extension itself, *other* one about
another party of its call. ``localConnectionInfo`` is the extension's own state after the event and is believed where
the PBX tells it; the table says what holds where it does not. ECMA-269 leaves the order of events to the switching
function, so every row may be missing, doubled or late.

==================  =====  =============  ==========================================================================
Event               about  own state      what it does to the call
==================  =====  =============  ==========================================================================
ServiceInitiated    own    initiated      begins it, outbound; no record comes of a receiver that is only lifted
Originated          own    connected      begins it, outbound; from here on there is a record
NetworkReached      other  as it was      begins it, outbound
Offered, Delivered  own    alerting       begins it, inbound; ringing starts. Outbound (a computer dialled): prompts
Delivered           other  as it was      outbound: ringing starts
Queued              own    queued         begins it; neither rings nor is answered
Established         own    connected      inbound: answered, ringing ends. Outbound: only the prompt was answered
Established         other  as it was      outbound: answered, ringing ends. Inbound and still ringing here: somebody
                                          else has taken it (group ring, pickup)
Held                own    hold           answered, if that was not heard; the time goes on
Retrieved           own    connected      answered, if that was not heard
Held, Retrieved     other  as it was      nothing
Failed              own    fail           begins it; explains why it was not answered
Failed              other  as it was      explains it; the caller hears a tone until they hang up
Diverted            own    null           ends it; begins it too, for a call that was forwarded before it rang
Diverted            other  as it was      explains it
Transfered          own    null           ends both calls of who transfers
Transfered          other  as it was      the call goes on, under another id where the list of connections says so
Conferenced         own    connected      the call goes on; a second call of the extension in it ends
Conferenced         other  as it was      the same
ConnectionCleared   own    null           ends it, unless another terminal of the extension is still in it
ConnectionCleared   other  as it was      explains it
CallCleared         all    null           ends it
==================  =====  =============  ==========================================================================

A connection goes through initiated, alerting and connected in this order only. An event that would lead back is late,
and changes no state, within ``ECHO`` of the last news of the call; after it the switch has used the id for another
call. A held call may ring again (``cause`` recall), and so may one that was diverted or transferred from here.
"""

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
ENDINGS = frozenset({EventKind.DIVERTED, EventKind.CONNECTION_CLEARED, EventKind.TRANSFERRED})
STARTING = frozenset({State.ALERTING, State.INITIATED})

_ENGAGED = frozenset({State.CONNECTED, State.INITIATED, State.QUEUED})


def known_state(text: str | None) -> State | None:
    """The state of that spelling; ``None`` for one that the standard does not have."""
    return _STATES.get(text) if text else None


def concerns(event: CallEvent, extension: str) -> bool:
    """Whether the event is about the extension itself and not about another party of its call."""
    if event.device is not None and event.device.number is not None:
        return event.device.number == extension
    device = event.connection.device if event.connection else None
    return device is not None and device.number == extension


def state_after(event: CallEvent, *, own: bool) -> State | None:
    """The extension's own connection state after an event; ``None`` when the event does not tell."""
    if event.kind is EventKind.CALL_CLEARED or (own and event.kind in ENDINGS):
        return State.NULL
    if (told := known_state(event.local_state)) is not None:
        return told
    return _AFTER.get(event.kind) if own else None


def line_state(states: Iterable[State]) -> CallState:
    """What a telephone with these connections shows: a call before a hold, a hold before a ringing.

    Whoever holds a call is in one, also while another call rings.
    """
    present = set(states)
    if present & _ENGAGED:
        return CallState.CONNECTED
    if State.HOLD in present:
        return CallState.HELD
    return CallState.RINGING if State.ALERTING in present else CallState.IDLE
