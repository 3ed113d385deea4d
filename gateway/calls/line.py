"""One monitored extension: its calls in being, and what it shows.

A switch uses a call id again as soon as a call has ended, and moves calls to other ids when they are joined. So a call
is told by its id only while it lasts, and by its parties when an id comes back at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.model import CallState
from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.leg import Leg, direction_of
from gateway.calls.states import State, concerns, line_state, state_after
from gateway.csta.messages import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.csta.messages import CallEvent, ConnectionId, FeatureEvent, JoinedConnection, Party

MAX_CALLS = 16
"""Calls of one extension at a time; beyond it the oldest is taken to have ended unheard."""

ECHO = timedelta(seconds=1)
"""How long events of a call that has ended may trail, unless they name other parties."""

_STARTS_RINGING = {State.ALERTING, State.INITIATED}
_JOINS = {EventKind.TRANSFERRED, EventKind.CONFERENCED}
_CANNOT_BEGIN = {EventKind.CALL_CLEARED, EventKind.CONNECTION_CLEARED}


@dataclass(frozen=True, slots=True)
class _Ended:
    leg: Leg
    at: datetime


class Line:
    """Events go in with the time at which they arrived, facts come out. ``new_id`` gives ids for call records."""

    def __init__(self, extension: str, new_id: Callable[[], str]) -> None:
        self.extension = extension
        self.legs: list[Leg] = []
        self._new_id = new_id
        self._ended: deque[_Ended] = deque(maxlen=MAX_CALLS)
        self._shown: CallState | None = None
        self._in_service = True

    def hear(self, event: CallEvent, at: datetime) -> list[Fact]:
        """An event of this extension's monitor."""
        facts: list[Fact] = []
        state = state_after(event, self.extension)
        if event.kind in _JOINS:
            self._join(event, state, at, facts)
        else:
            self._step(event, state, at, facts)
        return facts + self.changes(at)

    def hear_feature(self, event: FeatureEvent, at: datetime) -> list[Fact]:
        """A feature of the telephone, or the telephone itself, went on or off."""
        if event.in_service is not None:
            self._in_service = event.in_service
            return self.changes(at)
        return [LineChanged(self.extension, at, dnd=event.do_not_disturb, message_waiting=event.message_waiting)]

    def begin(self, call: str | None, event: CallEvent, state: State, at: datetime) -> Leg:
        """A call that was not known until now."""
        leg = Leg(self._new_id(), self.extension, at, None, state, direction_of(event, self.extension), at)
        leg.renumber(call)
        self.legs.append(leg)
        return leg

    def end(self, leg: Leg, at: datetime, *, seen: bool = True) -> list[Fact]:
        """The call's record, unless the receiver was only lifted and nothing dialled."""
        self.legs.remove(leg)
        self._ended.append(_Ended(leg, at))
        return [CallRecorded(self.extension, leg.record(at, end_seen=seen))] if leg.dialled else []

    def end_all(self, at: datetime) -> list[Fact]:
        """Records of all calls: nobody will hear how they end."""
        return [fact for leg in list(self.legs) for fact in self.end(leg, max(leg.touched, at), seen=False)]

    def ended_since(self, call: str | None, moment: datetime) -> bool:
        """Whether a call of that id ended at ``moment`` or later."""
        return any(call in ended.leg.calls and ended.at >= moment for ended in self._ended)

    def find(self, call: str | None) -> Leg | None:
        """The call in being that the switch knows by that id."""
        return next((leg for leg in self.legs if leg.call == call), None) if call is not None else None

    def changes(self, at: datetime) -> list[Fact]:
        """What the line shows, when that is new."""
        state = line_state(leg.state for leg in self.legs) if self._in_service else CallState.OUT_OF_SERVICE
        return self._show(state, at)

    def unknown(self, at: datetime) -> list[Fact]:
        """Nobody tells any more what the line does. Its calls wait for the next snapshot."""
        return self._show(CallState.UNKNOWN, at)

    def _show(self, state: CallState, at: datetime) -> list[Fact]:
        if state is self._shown:
            return []
        self._shown = state
        return [LineChanged(self.extension, at, state=state)]

    # -- which call, and does it begin or end

    def _step(self, event: CallEvent, state: State | None, at: datetime, facts: list[Fact]) -> None:
        call = event.connection.call if event.connection else None
        leg = self._leg_of(call, event, state)
        if leg is not None and self._is_another(leg, event, state):
            facts += self.end(leg, at, seen=False)
            leg = None
        if leg is None:
            leg = self._new_leg(call, event, state, at, facts)
        if leg is None:
            return
        leg.follow(event, state or leg.state, at)
        if state is State.NULL:
            facts += self.end(leg, at)

    def _leg_of(self, call: str | None, event: CallEvent, state: State | None) -> Leg | None:
        """By the switch's id; failing that, the latest call that the event can be about."""
        if (leg := self.find(call)) is not None:
            return leg
        starts = state in _STARTS_RINGING and concerns(event, self.extension)
        if call is not None:
            # Only a call whose id got lost in a join, or was never told, can be meant by an id never heard.
            adopts = not starts and event.kind is not EventKind.CALL_CLEARED
            leg = next((leg for leg in self.legs if leg.call is None), None) if adopts else None
            if leg is not None:
                leg.renumber(call)
            return leg
        fitting = [x for x in self.legs if not x.differs(event) and (not starts or x.state in _STARTS_RINGING)]
        return max(fitting, key=lambda leg: leg.touched, default=None)

    @staticmethod
    def _is_another(leg: Leg, event: CallEvent, state: State | None) -> bool:
        """A known id that rings anew for other parties: the end of the former call was not heard."""
        return state in _STARTS_RINGING and leg.state not in _STARTS_RINGING and leg.differs(event)

    def _new_leg(
        self, call: str | None, event: CallEvent, state: State | None, at: datetime, facts: list[Fact]
    ) -> Leg | None:
        # A call can be diverted before it rings; then this event is its first and last.
        diverted = event.kind is EventKind.DIVERTED and concerns(event, self.extension)
        if event.kind in _CANNOT_BEGIN or state is None or (state is State.NULL and not diverted):
            return None
        if self._is_echo(call, event, state, at):
            return None
        if len(self.legs) >= MAX_CALLS:
            facts += self.end(self.legs[0], at, seen=False)
        leg = self.begin(call, event, State.ALERTING if diverted else state, at)
        leg.dialled = diverted
        return leg

    def _is_echo(self, call: str | None, event: CallEvent, state: State, at: datetime) -> bool:
        """Whether this is late news of a call that has ended, or of the id that a call had before it was joined."""
        comes_back = self._comes_back(event, state)
        over = [(ended.leg, ended.at) for ended in self._ended if not (comes_back and ended.leg.diverted)]
        over += [(leg, leg.touched) for leg in self.legs]
        return any(
            (call in leg.calls or (call is None and not leg.calls)) and at - since <= ECHO and not leg.differs(event)
            for leg, since in over
        )

    def _comes_back(self, event: CallEvent, state: State) -> bool:
        """Whether the extension has a part in a call; one that was diverted from here may ring or fail here again."""
        return state is not State.NULL and concerns(event, self.extension)

    # -- two calls become one

    def _join(self, event: CallEvent, state: State | None, at: datetime, facts: list[Fact]) -> None:
        """Transfer or conference: this extension leaves, or its call goes on under another id."""
        legs = [leg for leg in map(self.find, self._old_calls(event)) if leg is not None]
        if state is State.NULL:
            for leg in legs:
                leg.follow(event, State.NULL, at)
                facts += self.end(leg, at)
        elif legs:
            self._go_on(legs[0], event, state, at)
            for leg in legs[1:]:
                leg.follow(event, leg.state, at)
                facts += self.end(leg, at)
        elif (own := self._own_part(event)) is not None and own.new is not None:
            self._step(_about(event, own.new), state, at, facts)
            begun = self.find(own.new.call)
            if begun is not None and own.old is not None:
                begun.had(own.old.call)

    def _go_on(self, leg: Leg, event: CallEvent, state: State | None, at: datetime) -> None:
        own = self._own_part(event)
        # Without a list nobody says under which id the call goes on; the next event about this extension does.
        leg.renumber(own.new.call if own and own.new else None)
        if leg.state is State.ALERTING and (caller := self._far_end(event)) is not None:
            leg.calling = caller
        leg.follow(event, state or leg.state, at)

    @staticmethod
    def _old_calls(event: CallEvent) -> list[str]:
        connections = [event.connection, event.secondary]
        connections += [joined.old for joined in event.joined]
        return list(dict.fromkeys(c.call for c in connections if c is not None and c.call is not None))

    def _own_part(self, event: CallEvent) -> JoinedConnection | None:
        for joined in event.joined:
            device = joined.new.device if joined.new else None
            if device is not None and device.number == self.extension:
                return joined
        return None

    def _far_end(self, event: CallEvent) -> Party | None:
        """Who is at the other end after a transfer of a call that still rings here."""
        joiner = event.device.number if event.device else None
        ends = [joined.endpoint for joined in event.joined if joined.endpoint is not None]
        return next((end for end in ends if end.number not in {self.extension, joiner}), None)


def _about(event: CallEvent, connection: ConnectionId) -> CallEvent:
    """The join as news of one connection, for a line that knew neither of the calls."""
    return replace(event, connection=connection, device=None)
