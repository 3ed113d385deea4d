"""An extension's part in one call, from its first event to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations at run time
from typing import TYPE_CHECKING

from cloudlink.model import Cause, Direction
from gateway.calls.causes import ELSEWHERE, nearest_cause
from gateway.calls.parties import NOBODY, better
from gateway.calls.states import ENDINGS, STARTING, State
from gateway.csta.messages import EventKind, Party

if TYPE_CHECKING:
    from datetime import timedelta

    from gateway.csta.messages import CallEvent

MAX_IDS = 8
"""Ids of the switch that are remembered of one call."""

MAX_PEERS = 8
"""Numbers at the other end that are remembered of one call."""

MAX_TERMINALS = 8
"""Terminals of the extension that are told apart in one call."""

# Nobody holds, retrieves or joins a call that was not answered: they stand in for an EstablishedEvent that was lost.
_AFTER_ANSWER = frozenset({EventKind.HELD, EventKind.RETRIEVED, EventKind.CONFERENCED, EventKind.TRANSFERRED})
_EXPLAINING = frozenset({EventKind.FAILED, EventKind.DIVERTED, EventKind.TRANSFERRED, EventKind.CONNECTION_CLEARED})
_MEETS = frozenset({EventKind.DELIVERED, EventKind.ESTABLISHED})
_TALKING = frozenset({State.CONNECTED, State.HOLD})
# The state of an extension is that of the terminal which is furthest on.
_FURTHEST = (State.CONNECTED, State.HOLD, State.INITIATED, State.ALERTING, State.QUEUED, State.FAIL)


@dataclass(slots=True)
class Leg:
    """``call_id`` is ours, ``call`` the switch's own id now (``None``: not known), ``calls`` the last ids it has had.

    All times are steady ones. ``calling`` and ``called`` are the parties as first told, ``last_...`` what was told
    instead of them since: two calls that are joined keep one pair. ``joined``: it was; ``peers``: numbers at the other
    end, since then the last of them. ``rang``: this telephone was heard ringing; ``passed_on``: it left the call by a
    diversion or transfer; ``taken_by``: who answered it elsewhere; ``moved_to``: where it was sent. ``memory`` keeps
    it on disk, by all of its fields.
    """

    call_id: str
    extension: str
    began: datetime
    call: str | None
    state: State
    direction: Direction
    touched: datetime
    calls: list[str] = field(default_factory=list)
    calling: Party = NOBODY
    called: Party = NOBODY
    last_calling: Party = NOBODY
    last_called: Party = NOBODY
    joined: bool = False
    peers: list[str] = field(default_factory=list)
    redirected_by: Party = NOBODY
    taken_by: Party = NOBODY
    moved_to: Party = NOBODY
    renumbered: datetime | None = None
    dialled: bool = False
    rang: bool = False
    passed_on: bool = False
    begin_seen: bool = True
    terminals: dict[str, State] = field(default_factory=dict)
    ringing_since: datetime | None = None
    ring_time: float = 0.0
    answered_at: datetime | None = None
    cause: Cause | None = None
    csta_cause: str | None = None

    def renumber(self, call: str | None, at: datetime) -> None:
        """The switch knows the call by another id from now on."""
        if call != self.call:
            self.renumbered = at
            self.call = call
        if call is not None and call not in self.calls:
            self.calls = [*self.calls, call][-MAX_IDS:]

    def met(self, *numbers: str) -> None:
        """Who is at the other end now."""
        if self.peers[-len(numbers) :] == [*numbers]:
            return
        self.peers = [*(peer for peer in self.peers if peer not in numbers), *numbers][-MAX_PEERS:]

    def had(self, call: str | None, at: datetime) -> None:
        """The switch knew the call by this id until now; news under it is about this call for a while."""
        if call is not None and call not in self.calls:
            self.calls = [*self.calls, call][-MAX_IDS:]
            self.renumbered = at

    def ids(self, since: datetime) -> tuple[str, ...]:
        """The switch's ids that it has had since then, as far as they are known."""
        if self.call is None or (self.renumbered is not None and self.renumbered >= since):
            return tuple(self.calls)
        return (self.call,)

    def follow(self, event: CallEvent, state: State, at: datetime, *, own: bool) -> None:
        """Takes in an event after which the extension's connection is in ``state``."""
        kind = event.kind
        self.touched = at
        self._name(event)
        if not own and kind in _MEETS and event.device is not None and event.device.number is not None:
            self.met(event.device.number)
        if kind in _AFTER_ANSWER or kind is EventKind.ESTABLISHED or state is State.ALERTING or not own:
            self._time(event, state, at, own=own)
        if own and state is State.ALERTING:
            self.rang = True
        elif own and kind in ENDINGS:
            self.passed_on = kind is not EventKind.CONNECTION_CLEARED or event.cause in ELSEWHERE
        self.become(state)
        if event.cause is not None and kind in _EXPLAINING:
            self._explain(event, own=own)

    def become(self, state: State) -> None:
        """A connection that is over keeps the state it had: its record tells how it was."""
        if state is not State.NULL:
            self.state = state
            if state is not State.INITIATED:
                self.dialled = True

    def at_terminal(self, terminal: str, state: State, *, over: bool) -> State:
        """The extension's state when that of one of its terminals is told."""
        if over:
            self.terminals.pop(terminal, None)
        elif terminal in self.terminals or len(self.terminals) < MAX_TERMINALS:
            self.terminals[terminal] = state
        left = set(self.terminals.values())
        return next((furthest for furthest in _FURTHEST if furthest in left), state)

    def answer(self, at: datetime) -> None:
        """Both sides are connected."""
        self.stop_ringing(at)
        if self.answered_at is None:
            self.answered_at = at

    def stop_ringing(self, at: datetime) -> None:
        """Adds what it rang until now to ``ring_time``."""
        if self.ringing_since is not None:
            self.ring_time += (at - self.ringing_since).total_seconds()
            self.ringing_since = None

    @property
    def unreached(self) -> bool:
        """Nothing was heard of anybody at the other end."""
        return self.answered_at is None and self.ringing_since is None and not self.ring_time

    def move(self, by: timedelta) -> None:
        """Puts all of its times on a clock that is ahead by so much."""
        self.began += by
        self.touched += by
        self.renumbered = self.renumbered and self.renumbered + by
        self.ringing_since = self.ringing_since and self.ringing_since + by
        self.answered_at = self.answered_at and self.answered_at + by

    def _name(self, event: CallEvent) -> None:
        if (told := event.calling) is not None and told != self.calling:
            self.calling = better(self.calling, told)
            self.last_calling = told
        if (told := event.called) is not None and told != self.called:
            self.called = better(self.called, told)
            self.last_called = told
        if event.redirected_by is not None:
            self.redirected_by = better(self.redirected_by, event.redirected_by)
        if (acts := event.device) is not None and acts.name and acts.number == self.called.number:
            self.called = better(self.called, acts)

    def _time(self, event: CallEvent, state: State, at: datetime, *, own: bool) -> None:
        outbound = self.direction is Direction.OUTBOUND
        if event.kind in _AFTER_ANSWER:
            if state in _TALKING:
                self.answer(at)
        elif event.kind is EventKind.ESTABLISHED:
            # The own telephone may ring first when a computer dials for it; its answer is not the other side's.
            if (outbound and not own) or (not outbound and state is State.CONNECTED):
                self.answer(at)
            elif not outbound and not own:
                self._taken(event.device)
        elif outbound:
            if event.kind is EventKind.DELIVERED and not own:
                self._start_ringing(at)
        elif state is State.ALERTING:
            self._start_ringing(at)

    def _start_ringing(self, at: datetime) -> None:
        if self.answered_at is None and self.ringing_since is None:
            self.ringing_since = at

    def _taken(self, by: Party | None) -> None:
        if by is not None and by.number != self.calling.number and self.state in STARTING:
            self.taken_by = better(self.taken_by, by)

    def _explain(self, event: CallEvent, *, own: bool) -> None:
        if event.cause in ELSEWHERE and not own and event.kind is EventKind.CONNECTION_CLEARED:
            # One of those who rang together leaves: no news for those who stay.
            return
        if event.kind is EventKind.DIVERTED:
            self.moved_to = event.other or self.moved_to
            if event.cause == "callPickup" and event.other is not None:
                self.taken_by = better(self.taken_by, event.other)
        # A busy telephone fails first and forwards then: where the call went says more.
        forwarded = own and event.kind is EventKind.DIVERTED and nearest_cause(event.cause) is not None
        if self.cause is None or forwarded:
            self.csta_cause = event.cause
            self.cause = nearest_cause(event.cause)
