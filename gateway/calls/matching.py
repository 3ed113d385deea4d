"""Which of a line's calls an event is about.

A switch uses a call id again as soon as a call has ended, and moves calls to other ids when they are joined. So a call
is told by its id only while it lasts, and by its parties when an id comes back at once. Without an id it is told by its
parties and by time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.calls.ended import ECHO
from gateway.calls.parties import others
from gateway.calls.states import STARTING, State
from gateway.csta.messages import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.calls.leg import Leg
    from gateway.csta.messages import CallEvent

# A call that somebody has may ring again where it was on hold or was parked.
_RINGS_AGAIN = frozenset({"recall", "callBack", "park"})

# What a call that begins to ring or to be dialled was before.
_BEFORE = {State.INITIATED: {State.INITIATED}, State.ALERTING: STARTING}


def leg_of(
    legs: Sequence[Leg], call: str | None, event: CallEvent, state: State | None, at: datetime, *, own: bool
) -> Leg | None:
    """By the switch's id; failing that, the latest call that the event can be about."""
    if not legs:
        return None
    if call is not None:
        for leg in legs:
            if leg.call == call:
                return leg
    before = _BEFORE.get(state) if own and state is not None else None
    if call is not None:
        # Only a call whose id got lost in a join, or was never told, can be meant by an id never heard.
        adopts = before is None and event.kind is not EventKind.CALL_CLEARED
        nameless = next((leg for leg in legs if leg.call is None), None) if adopts else None
        if nameless is not None:
            nameless.renumber(call, at)
        return nameless
    fitting = [leg for leg in legs if not differs(leg, event) and (before is None or leg.state in before)]
    if not own and event.device is not None:
        fitting = [leg for leg in fitting if event.device.number in _numbers(leg)] or fitting
    return max(fitting, key=_last_touched, default=None)


def differs(leg: Leg, event: CallEvent) -> bool:
    """Whether the event names other parties than the call has."""
    return others(leg.calling, event.calling, leg.last_calling) or others(leg.called, event.called, leg.last_called)


def is_late(leg: Leg, event: CallEvent, state: State | None, at: datetime) -> bool:
    """The news of a beginning that the call has left behind."""
    return leads_back(leg, event, state) and at - leg.touched <= ECHO and not differs(leg, event)


def is_another(leg: Leg, event: CallEvent, state: State | None, at: datetime) -> bool:
    """A known id that begins anew: the end of the former call was not heard."""
    if state not in STARTING or leg.state in STARTING:
        return False
    return differs(leg, event) or (leads_back(leg, event, state) and at - leg.touched > ECHO)


def echoes(leg: Leg, call: str | None, event: CallEvent, at: datetime) -> bool:
    """Whether the event is late news under an id that the call had before it was joined."""
    since = leg.renumbered or leg.touched
    under_it = call in leg.calls or (call is None and not leg.calls)
    return under_it and at - since <= ECHO and not differs(leg, event)


def leads_back(leg: Leg, event: CallEvent, state: State | None) -> bool:
    """Whether no call goes from the state it has into this one."""
    if state is State.INITIATED:
        return leg.state in {State.CONNECTED, State.HOLD}
    return state is State.ALERTING and leg.state is State.CONNECTED and event.cause not in _RINGS_AGAIN


def _numbers(leg: Leg) -> set[str | None]:
    return {leg.calling.number, leg.called.number, leg.last_calling.number, leg.last_called.number}


def _last_touched(leg: Leg) -> datetime:
    return leg.touched
