"""A line against a snapshot: after a reconnection, calls may have begun, gone on and ended unheard.

SnapshotDevice tells ids and states. An id that was there before may be of another call by now, which only the parties
of the call tell (SnapshotCall): ``calls_to_ask`` names the calls for which it is worth asking, and ``tell_parties``
takes the answer. Two calls are one when the switch still names the same two sides, or the party that was at the other
end is still in the call. A call that was transferred unheard to an id of its own is two records: what was heard of
it before, and what after.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from cloudlink.model import Direction
from gateway.calls.line import MAX_CALLS
from gateway.calls.parties import better, others
from gateway.calls.states import State, known_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.calls.leg import Leg
    from gateway.calls.line import Line
    from gateway.csta.messages import CallSnapshot, SnapshotEntry


def reconcile(
    line: Line, entries: Iterable[SnapshotEntry], *, asked_at: datetime, at: datetime, last_heard: datetime | None
) -> list[Fact]:
    """Makes the line's calls those of the snapshot; what events told since it was asked for is newer and stays.

    A call that is gone ended unheard: its record ends at ``last_heard``, when the link was last up.
    """
    facts: list[Fact] = []
    present = {entry.connection.call: entry for entry in entries if entry.state != State.NULL}
    over = {call for call in present if line.ended.since(call, asked_at)}
    older = [leg for leg in line.legs if leg.touched < asked_at]
    _find_lost_ids(line, older, present, at)
    for leg in older:
        entry = present.get(leg.call)
        if entry is None or _is_another(leg, entry):
            facts += line.end(leg, _last_sign(leg, last_heard, at), seen=False)
        else:
            line.doubts.setdefault(leg.call_id, copy(leg))
            _catch_up(leg, entry, at)
    for call, entry in present.items():
        if call not in over and line.find(call) is None and len(line.legs) < MAX_CALLS:
            _begin(line, entry, at)
    return facts + line.changes(at)


def calls_to_ask(line: Line) -> list[str]:
    """Ids of calls that may have become others, or of which neither side is known."""
    return [
        leg.call
        for leg in line.legs
        if leg.call and (leg.call_id in line.doubts or (leg.calling.number is None and leg.called.number is None))
    ]


def tell_parties(line: Line, call: str, told: CallSnapshot, *, at: datetime, last_heard: datetime | None) -> list[Fact]:
    """Who is in a call that the last snapshot had."""
    leg = line.find(call)
    if leg is None:
        return []
    before = line.doubts.pop(leg.call_id, None)
    facts: list[Fact] = []
    if before is not None and _are_others(before, told):
        line.legs.remove(leg)
        line.legs.append(before)
        facts = line.end(before, _last_sign(before, last_heard, at), seen=False)
        answered = leg.answered_at is not None
        leg = _begin_unheard(line, call, Direction.INBOUND, leg.state, at, answered=answered)
    leg.calling = better(leg.calling, told.calling)
    leg.called = better(leg.called, told.called)
    if leg.calling.number is not None and not leg.begin_seen:
        outbound = leg.calling.number == line.extension
        leg.direction = Direction.OUTBOUND if outbound else Direction.INBOUND
    return facts


def _last_sign(leg: Leg, last_heard: datetime | None, at: datetime) -> datetime:
    return max(leg.touched, min(last_heard or at, at))


def _find_lost_ids(line: Line, older: Sequence[Leg], present: dict[str | None, SnapshotEntry], at: datetime) -> None:
    """A join without a list left a call without an id: an id that no other call has is its own."""
    for leg in older:
        if leg.call is None and leg.calls and None not in present:
            leg.renumber(next((call for call in present if line.find(call) is None), None), at)


def _is_another(leg: Leg, entry: SnapshotEntry) -> bool:
    """No call is dialled twice, or rings after it was answered unless it was held: the id was used anew."""
    state = known_state(entry.state)
    if state is State.INITIATED:
        return leg.state is not State.INITIATED
    return state is State.ALERTING and leg.answered_at is not None and leg.state is not State.HOLD


def _are_others(before: Leg, told: CallSnapshot) -> bool:
    """Whether the parties are not those of the call as it was; nobody at all says nothing.

    Since calls were joined, those count who were told to be in it then, and no longer who called whom at first.
    """
    if before.joined:
        return bool(told.parties and before.peers) and not any(party.number in before.peers for party in told.parties)
    far = before.calling if before.direction is Direction.INBOUND else before.called
    known = {far.number, *before.peers} - {None}
    if any(party.number in known for party in told.parties):
        return False
    return others(before.calling, told.calling) or others(before.called, told.called)


def _catch_up(leg: Leg, entry: SnapshotEntry, at: datetime) -> None:
    leg.become(known_state(entry.state) or leg.state)
    leg.terminals = {}
    if entry.answered:
        leg.answer(at)


def _begin(line: Line, entry: SnapshotEntry, at: datetime) -> None:
    state = known_state(entry.state) or State.CONNECTED
    direction = Direction.OUTBOUND if state is State.INITIATED else Direction.INBOUND
    _begin_unheard(line, entry.connection.call, direction, state, at, answered=entry.answered)


def _begin_unheard(
    line: Line, call: str | None, direction: Direction, state: State, at: datetime, *, answered: bool
) -> Leg:
    leg = line.begin(call, direction, state, at)
    leg.begin_seen = False
    leg.become(state)
    if answered:
        leg.answer(at)
    elif state is State.ALERTING:
        leg.ringing_since, leg.rang = at, True
    return leg
