"""A line against a snapshot: after a reconnection, calls may have begun, gone on and ended unheard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.model import Direction
from gateway.calls.leg import better
from gateway.calls.line import MAX_CALLS
from gateway.calls.states import State, known_state
from gateway.csta.messages import CallEvent, EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.calls.leg import Leg
    from gateway.calls.line import Line
    from gateway.csta.messages import CallSnapshot, SnapshotEntry

_TALKING = {State.CONNECTED, State.HOLD}


def reconcile(
    line: Line, entries: Sequence[SnapshotEntry], *, asked_at: datetime, at: datetime, last_heard: datetime | None
) -> list[Fact]:
    """Makes the line's calls those of the snapshot; what events told since it was asked for is newer and stays.

    A call that is gone ended unheard: its record ends at ``last_heard``, when the link was last up.
    """
    facts: list[Fact] = []
    present = {entry.connection.call: entry for entry in entries if entry.state != State.NULL}
    for leg in [leg for leg in line.legs if leg.touched < asked_at]:
        entry = present.get(leg.call)
        if entry is None or _is_another(leg, entry):
            facts += line.end(leg, max(leg.touched, min(last_heard or at, at)), seen=False)
        else:
            _catch_up(leg, entry, at)
    for call, entry in present.items():
        known = line.find(call) is not None or line.ended_since(call, asked_at)
        if not known and len(line.legs) < MAX_CALLS:
            _begin(line, entry, at)
    return facts + line.changes(at)


def nameless_calls(line: Line) -> list[str]:
    """Ids of calls of which neither side is known, so that SnapshotCall is worth asking."""
    return [leg.call for leg in line.legs if leg.call and leg.calling.number is None and leg.called.number is None]


def name_parties(line: Line, call: str, told: CallSnapshot) -> None:
    """Who calls whom, for a call that was first seen in a snapshot."""
    leg = line.find(call)
    if leg is None:
        return
    leg.calling = better(leg.calling, told.calling)
    leg.called = better(leg.called, told.called)
    if leg.calling.number is not None:
        outbound = leg.calling.number == line.extension
        leg.direction = Direction.OUTBOUND if outbound else Direction.INBOUND


def _is_another(leg: Leg, entry: SnapshotEntry) -> bool:
    """A call that was answered does not ring again: the switch has used the id anew."""
    state = known_state(entry.state)
    return leg.answered_at is not None and state in {State.ALERTING, State.INITIATED}


def _catch_up(leg: Leg, entry: SnapshotEntry, at: datetime) -> None:
    leg.become(known_state(entry.state) or leg.state)
    if entry.answered:
        leg.answer(at)


def _begin(line: Line, entry: SnapshotEntry, at: datetime) -> None:
    state = known_state(entry.state) or State.CONNECTED
    kind = EventKind.SERVICE_INITIATED if state is State.INITIATED else EventKind.DELIVERED
    first = CallEvent(kind, connection=entry.connection, local_state=state)
    leg = line.begin(entry.connection.call, first, state, at)
    leg.follow(first, state, at)
    if entry.answered:
        leg.answer(at)
