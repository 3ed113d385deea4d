"""An extension's part in one call, from its first event to its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Any

from cloudlink.model import Call, Cause, Direction
from gateway.calls.causes import nearest_cause
from gateway.calls.states import State, concerns
from gateway.csta.messages import EventKind, Party

if TYPE_CHECKING:
    from gateway.csta.messages import CallEvent

MAX_IDS = 8
"""Ids of the switch that are remembered of one call."""

_NOBODY = Party()
_OUTGOING = {EventKind.SERVICE_INITIATED, EventKind.ORIGINATED, EventKind.NETWORK_REACHED}
# Nobody holds, retrieves or joins a call that was not answered: they stand in for an EstablishedEvent that was lost.
_AFTER_ANSWER = {EventKind.HELD, EventKind.RETRIEVED, EventKind.CONFERENCED, EventKind.TRANSFERRED}
_EXPLAINING = {EventKind.FAILED, EventKind.DIVERTED, EventKind.TRANSFERRED, EventKind.CONNECTION_CLEARED}


@dataclass(slots=True)
class Leg:
    """``call_id`` is ours, ``call`` the switch's own id now (``None``: not known), ``calls`` the last ids it has had.

    ``memory`` keeps it on disk, by all of its fields.
    """

    call_id: str
    extension: str
    began: datetime
    call: str | None
    state: State
    direction: Direction
    touched: datetime
    calls: list[str] = field(default_factory=list)
    calling: Party = _NOBODY
    called: Party = _NOBODY
    redirected_by: Party = _NOBODY
    dialled: bool = False
    diverted: bool = False
    ringing_since: datetime | None = None
    ring_time: float = 0.0
    answered_at: datetime | None = None
    cause: Cause | None = None
    csta_cause: str | None = None

    def renumber(self, call: str | None) -> None:
        """The switch knows the call by another id from now on."""
        self.call = call
        self.had(call)

    def had(self, call: str | None) -> None:
        """News under this id is about this call."""
        if call is not None and call not in self.calls:
            self.calls = [*self.calls, call][-MAX_IDS:]

    def follow(self, event: CallEvent, state: State, at: datetime) -> None:
        """Takes in an event after which the extension's connection is in ``state``."""
        self.touched = at
        self.diverted = event.kind is EventKind.DIVERTED
        self.calling = better(self.calling, event.calling)
        self.called = better(self.called, event.called)
        self.redirected_by = better(self.redirected_by, event.redirected_by)
        if event.device is not None and event.device.number == self.called.number:
            self.called = better(self.called, event.device)
        self._time(event, state, at)
        self.become(state)
        self._explain(event)

    def become(self, state: State) -> None:
        """A connection that is over keeps the state it had: its record tells how it was."""
        if state is not State.NULL:
            self.state = state
            self.dialled = self.dialled or state is not State.INITIATED

    def answer(self, at: datetime) -> None:
        """Both sides are connected."""
        self._stop_ringing(at)
        self.answered_at = self.answered_at or at

    def differs(self, event: CallEvent) -> bool:
        """Whether the event names other parties than this call has."""
        pairs = ((self.calling, event.calling), (self.called, event.called))
        return any(
            told is not None and told.number is not None and known.number is not None and told.number != known.number
            for known, told in pairs
        )

    def record(self, at: datetime, *, end_seen: bool) -> Call:
        """The record of this call, which ended at ``at``."""
        self._stop_ringing(at)
        inbound = self.direction is Direction.INBOUND
        source = self.calling.number or (None if inbound else self.extension)
        target = self.called.number or (self.extension if inbound else None)
        return Call(
            call_id=self.call_id,
            direction=self.direction,
            created_on=self.began,
            from_=source,
            from_number_e164=_is_e164(source),
            from_name=self.calling.name,
            to=target,
            to_number_e164=_is_e164(target),
            to_name=self.called.name,
            cause=self._final_cause(),
            end_time=at,
            completed=self.answered_at is not None,
            ring_time=round(self.ring_time, 3),
            billing_time=round((at - self.answered_at).total_seconds(), 3) if self.answered_at else 0.0,
            extra_pbx_data=self._extra(end_seen=end_seen),
        )

    def _time(self, event: CallEvent, state: State, at: datetime) -> None:
        own = concerns(event, self.extension)
        outbound = self.direction is Direction.OUTBOUND
        if event.kind in _AFTER_ANSWER:
            if state in {State.CONNECTED, State.HOLD}:
                self.answer(at)
        elif event.kind is EventKind.ESTABLISHED:
            # The own telephone may ring first when a computer dials for it; its answer is not the other side's.
            if (outbound and not own) or (not outbound and state is State.CONNECTED):
                self.answer(at)
        elif (event.kind is EventKind.DELIVERED and not own) if outbound else state is State.ALERTING:
            self._start_ringing(at)

    def _start_ringing(self, at: datetime) -> None:
        if self.answered_at is None and self.ringing_since is None:
            self.ringing_since = at

    def _stop_ringing(self, at: datetime) -> None:
        if self.ringing_since is not None:
            self.ring_time += (at - self.ringing_since).total_seconds()
            self.ringing_since = None

    def _explain(self, event: CallEvent) -> None:
        if event.kind in _EXPLAINING and event.cause is not None:
            self.csta_cause = event.cause if self.cause is None else self.csta_cause
            self.cause = self.cause or nearest_cause(event.cause)

    def _final_cause(self) -> Cause | None:
        if self.cause is not None or self.answered_at is not None:
            return self.cause
        return Cause.CALL_NOT_ANSWER if self.direction is Direction.INBOUND else Cause.CALL_CANCELLED

    def _extra(self, *, end_seen: bool) -> dict[str, Any]:
        told = {
            "callId": self.call,
            "cause": self.csta_cause,
            "lastRedirectionDevice": self.redirected_by.number,
            "endSeen": None if end_seen else False,
        }
        return {key: value for key, value in told.items() if value is not None}


def better(known: Party, told: Party | None) -> Party:
    """The first number stays (a redirected call keeps whom it was for); a name for that number may follow later."""
    if told is None or known.restricted:
        return known
    if known.number is None:
        return told
    return told if told.number == known.number and told.name and not known.name else known


def direction_of(event: CallEvent, extension: str) -> Direction:
    """Seen from the extension: outbound when it is the calling device or acts as one."""
    if event.calling is not None and event.calling.number is not None:
        return Direction.OUTBOUND if event.calling.number == extension else Direction.INBOUND
    if event.kind in _OUTGOING:
        return Direction.OUTBOUND
    answered_by_another = event.kind is EventKind.ESTABLISHED and not concerns(event, extension)
    return Direction.OUTBOUND if answered_by_another else Direction.INBOUND


def _is_e164(number: str | None) -> bool:
    return number is not None and number.startswith("+") and number[1:].isdigit()
