"""Two calls become one: by transfer this extension leaves or is left, by conference it stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.calls.states import State
from gateway.csta.messages import EventKind

if TYPE_CHECKING:
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.calls.leg import Leg
    from gateway.calls.line import Line
    from gateway.csta.messages import CallEvent, ConnectionId, JoinedConnection, Party


def join(line: Line, event: CallEvent, state: State | None, at: datetime, *, own: bool) -> list[Fact]:
    """The extension leaves, or its call goes on under another id."""
    legs = _legs(line, event, own=own)
    mine = _own_part(event, line.extension)
    if state is State.NULL:
        facts: list[Fact] = []
        for leg in legs:
            leg.follow(event, State.NULL, at, own=own)
            facts += line.end(leg, at)
        return facts
    if legs:
        return _go_on(line, legs, event, state, at, own=own)
    if mine is None or mine.new is None:
        return []
    facts = line.step(_about(event, mine.new), state, at, own=own)
    begun = line.find(mine.new.call)
    if begun is not None and mine.old is not None:
        begun.had(mine.old.call, at)
    elif mine.old is not None:
        line.ended.had(mine.new.call, mine.old.call)
    return facts


def _go_on(
    line: Line, legs: list[Leg], event: CallEvent, state: State | None, at: datetime, *, own: bool
) -> list[Fact]:
    first, *absorbed = legs
    mine = _own_part(event, line.extension)
    # Without a list nobody says under which id the call goes on; the next event about this extension does.
    first.renumber(mine.new.call if mine and mine.new else None, at)
    # A single-step transfer changes who is in the call, and not whom the switch calls its two sides.
    first.joined = first.joined or event.secondary is not None
    first.peers = _ends(event, line.extension)
    if first.state is State.ALERTING and (caller := _far_end(event, line.extension)) is not None:
        first.calling = caller
    first.follow(event, state or first.state, at, own=own)
    facts: list[Fact] = []
    for leg in absorbed:
        leg.follow(event, leg.state, at, own=own)
        facts += line.end(leg, at)
    return facts + line.end_early(first, at)


def _legs(line: Line, event: CallEvent, *, own: bool) -> list[Leg]:
    """The extension's calls that become one, the one that goes on first."""
    if (calls := _old_calls(event)) or not line.legs:
        return [leg for leg in map(line.find, calls) if leg is not None]
    # A switch without ids: who joins has the two calls it heard of last, all others the last one.
    latest = sorted(line.legs, key=_touched)[-2:] if own and event.secondary else [max(line.legs, key=_touched)]
    return [leg for leg in latest if leg.call is None]


def _touched(leg: Leg) -> datetime:
    return leg.touched


def _old_calls(event: CallEvent) -> list[str]:
    connections = [event.connection, event.secondary]
    connections += [joined.old for joined in event.joined]
    return list(dict.fromkeys(c.call for c in connections if c is not None and c.call is not None))


def _own_part(event: CallEvent, extension: str) -> JoinedConnection | None:
    for joined in event.joined:
        device = joined.new.device if joined.new else None
        if device is not None and device.number == extension:
            return joined
    return None


def _far_end(event: CallEvent, extension: str) -> Party | None:
    """Who is at the other end after a transfer of a call that still rings here."""
    joiner = event.device.number if event.device else None
    ends = [joined.endpoint for joined in event.joined if joined.endpoint is not None]
    return next((end for end in ends if end.number not in {extension, joiner}), None)


def _ends(event: CallEvent, extension: str) -> list[str]:
    """The numbers of all others that are told to be in the call from now on."""
    gone = event.device.number if event.kind is EventKind.TRANSFERRED and event.device else None
    told = [*(joined.endpoint for joined in event.joined), event.other]
    return [
        end.number for end in told if end is not None and end.number is not None and end.number not in {extension, gone}
    ]


def _about(event: CallEvent, connection: ConnectionId) -> CallEvent:
    """The join as news of one connection, for a line that knew neither of the calls."""
    return replace(event, connection=connection, device=None)
