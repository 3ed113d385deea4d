"""One monitored extension: its calls in being, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.model import CallState, Direction
from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.ended import EndedCalls
from gateway.calls.joins import join
from gateway.calls.leg import Leg
from gateway.calls.matching import echoes, is_another, is_late, leg_of
from gateway.calls.parties import direction_of
from gateway.calls.records import record
from gateway.calls.states import ENDINGS, State, concerns, line_state, state_after
from gateway.csta.messages import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.csta.messages import CallEvent, FeatureEvent

MAX_CALLS = 16
"""Calls of one extension at a time; beyond it the oldest is taken to have ended unheard."""

_AT_WORK = frozenset({State.INITIATED, State.ALERTING, State.CONNECTED, State.HOLD})
_JOINS = frozenset({EventKind.TRANSFERRED, EventKind.CONFERENCED})
_FETCHES = frozenset({EventKind.ESTABLISHED, EventKind.CONNECTION_CLEARED})
_CLEARED = frozenset({EventKind.CALL_CLEARED, EventKind.CONNECTION_CLEARED})


class Line:
    """Events go in with the steady time at which they arrived, facts come out. ``new_id`` gives ids for records.

    ``doubts`` are calls as they were when the link was lost, by our id, while it is not sure that they still are.
    """

    __slots__ = ("_dnd", "_expected", "_in_service", "_new_id", "_shown", "doubts", "ended", "extension", "legs")

    def __init__(self, extension: str, new_id: Callable[[], str]) -> None:
        self.extension = extension
        self.legs: list[Leg] = []
        self.ended = EndedCalls()
        self.doubts: dict[str, Leg] = {}
        self._new_id = new_id
        self._expected: tuple[str, str] | None = None
        self._shown: CallState | None = None
        self._in_service = True
        self._dnd: bool | None = None

    def hear(self, event: CallEvent, at: datetime) -> list[Fact]:
        """An event of this extension's monitor."""
        own = concerns(event, self.extension)
        state = state_after(event, own=own)
        if not self._in_service and own and state in _AT_WORK:
            self._in_service = True
        follow = join if event.kind in _JOINS else Line.step
        return follow(self, event, state, at, own=own) + self.changes(at)

    def hear_feature(self, event: FeatureEvent, at: datetime) -> list[Fact]:
        """A feature of the telephone, or the telephone itself, went on or off."""
        if event.in_service is not None:
            self._in_service = event.in_service
            return self.changes(at)
        if event.do_not_disturb is not None:
            self._dnd = event.do_not_disturb
        return [LineChanged(self.extension, at, dnd=event.do_not_disturb, message_waiting=event.message_waiting)]

    def tell_do_not_disturb(self, at: datetime, *, on: bool) -> list[Fact]:
        """The PBX was asked whether it is on; nothing new is no fact."""
        if on is self._dnd:
            return []
        self._dnd = on
        return [LineChanged(self.extension, at, dnd=on)]

    def step(self, event: CallEvent, state: State | None, at: datetime, *, own: bool) -> list[Fact]:
        """News of one call: which one, and whether it begins or ends."""
        facts: list[Fact] = []
        call = event.connection.call if event.connection else None
        leg = leg_of(self.legs, call, event, state, at, own=own)
        if leg is not None and call is None and event.kind is EventKind.CALL_CLEARED:
            # Without an id it cannot be told from the end of the call whose last connection has just been cleared.
            leg = None if self.ended.echoes(call, event, State.NULL, at, own=own) else leg
        if leg is not None and is_another(leg, event, state, at):
            facts += self.end(leg, leg.touched, seen=False)
            leg = None
        if leg is None:
            leg = self._new_leg(call, event, state, at, facts, own=own)
        elif state is not None and is_late(leg, event, state, at):
            state = leg.state
        if leg is None:
            return facts
        if own:
            state = self._at_terminal(leg, event, state)
            self._mark_pickup(leg, event)
            own = state is State.NULL or event.kind not in ENDINGS
        leg.follow(event, state or leg.state, at, own=own)
        if state is State.NULL:
            return facts + self.end(leg, at)
        return facts + self.end_early(leg, at)

    def begin(self, call: str | None, direction: Direction, state: State, at: datetime) -> Leg:
        """A call that was not known until now."""
        leg = Leg(self._id_for(call), self.extension, at, None, state, direction, at)
        leg.renumber(call, at)
        self.legs.append(leg)
        return leg

    def expect(self, call: str) -> str:
        """Our id of a call that was placed from here, which may not have been heard of yet."""
        leg = self.find(call)
        if leg is not None:
            return leg.call_id
        self._expected = call, self._new_id()
        return self._expected[1]

    def _id_for(self, call: str | None) -> str:
        if self._expected is None or self._expected[0] != call:
            return self._new_id()
        (_, call_id), self._expected = self._expected, None
        return call_id

    def end(self, leg: Leg, at: datetime, *, seen: bool = True) -> list[Fact]:
        """The call's record, unless the receiver was only lifted and nothing dialled."""
        self.legs.remove(leg)
        self.doubts.pop(leg.call_id, None)
        self.ended.add(leg, at, seen=seen)
        return [CallRecorded(self.extension, record(leg, at, end_seen=seen))] if leg.dialled else []

    def end_early(self, leg: Leg, at: datetime) -> list[Fact]:
        """Its record, when news of its end came before that of its beginning."""
        return self.end(leg, at) if self.ended.early(leg.call, at) else []

    def end_all(self, at: datetime) -> list[Fact]:
        """Records of all calls: nobody will hear how they end."""
        return [fact for leg in list(self.legs) for fact in self.end(leg, max(leg.touched, at), seen=False)]

    def find(self, call: str | None) -> Leg | None:
        """The call in being that the switch knows by that id."""
        return next((leg for leg in self.legs if leg.call == call), None) if call is not None else None

    def changes(self, at: datetime) -> list[Fact]:
        """What the line shows, when that is new."""
        state = line_state(leg.state for leg in self.legs) if self._in_service else CallState.OUT_OF_SERVICE
        return self._show(state, at)

    def lose(self, at: datetime) -> list[Fact]:
        """Nobody tells any more what the line does. Its calls wait for the next snapshot.

        Whether it is in service is no part of a snapshot, so one that was not is believed to be back.
        """
        self._in_service = True
        return self._show(CallState.UNKNOWN, at)

    def _show(self, state: CallState, at: datetime) -> list[Fact]:
        if state is self._shown:
            return []
        self._shown = state
        return [LineChanged(self.extension, at, state=state)]

    def _new_leg(
        self, call: str | None, event: CallEvent, state: State | None, at: datetime, facts: list[Fact], *, own: bool
    ) -> Leg | None:
        kind = event.kind
        if kind in _CLEARED:
            if own and call is not None and not self.ended.echoes(call, event, State.NULL, at, own=own):
                self.ended.add_early(call, at)
            return None
        # A call can be diverted before it rings; then this event is its first and last.
        diverted = own and kind is EventKind.DIVERTED
        if state is None or (state is State.NULL and not diverted) or self._is_echo(call, event, state, at, own=own):
            return None
        if len(self.legs) >= MAX_CALLS:
            facts += self.end(self.legs[0], self.legs[0].touched, seen=False)
        direction = direction_of(event, self.extension, own=own)
        leg = self.begin(call, direction, State.ALERTING if diverted else state, at)
        leg.dialled = diverted
        return leg

    def _is_echo(self, call: str | None, event: CallEvent, state: State, at: datetime, *, own: bool) -> bool:
        """Whether this is late news of a call that has ended, or of the id that a call had before it was joined."""
        return self.ended.echoes(call, event, state, at, own=own) or any(
            echoes(leg, call, event, at) for leg in self.legs
        )

    def _at_terminal(self, leg: Leg, event: CallEvent, state: State | None) -> State | None:
        """The extension's state, which may have several terminals in the call."""
        device = event.connection.device if event.connection else None
        if device is None or device.terminal is None or device.number != self.extension:
            return state
        over = event.kind in ENDINGS or state is State.NULL
        return leg.at_terminal(device.terminal, state or leg.state, over=over)

    def _mark_pickup(self, leg: Leg, event: CallEvent) -> None:
        """What was dialled to fetch somebody else's call is no call, whether it ends before or after."""
        if event.cause != "callPickup" or event.kind not in _FETCHES:
            return
        fetched = event.kind is EventKind.ESTABLISHED
        for asking in self.legs:
            if (asking is not leg) is fetched and asking.direction is Direction.OUTBOUND and asking.unreached:
                asking.dialled = False
