"""A small switch of its own making: what people may do, the events that each monitor hears, and the truth of the calls.

It shares no code with the gateway or the simulator but the messages that both sides speak of. Whoever drives it
moves ``now`` on, lets it ``do`` something, and takes the events out of ``sent``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gateway.csta.messages import (
    CallSnapshot,
    EventKind,
    JoinedConnection,
    Party,
    SnapshotEntry,
)
from tests.gateway.calls.switch_books import MONITORED, QUARANTINE, Books, Call, connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    Act = partial[None]

INSIDE = (*MONITORED, "204")
OUTSIDE = ("+33199000141", "+33199000142")
_TALKING = {"connected", "hold"}


class Switch(Books):
    """``survivor`` says which id a joined call has: that of the held call, of the other, or a new one.

    ``one_at_a_time``: a telephone with a call is busy for every other.
    """

    def __init__(self, survivor: str = "held", *, many_ids: bool = False, one_at_a_time: bool = False) -> None:
        super().__init__(many_ids=many_ids)
        self._survivor = survivor
        self._one_at_a_time = one_at_a_time

    # -- what may happen

    def do(self, choice: int) -> None:
        """One of the acts that are possible now; each kind of them is as likely as the others."""
        free = [device for device in INSIDE if not self._engaged(device)]
        kinds: dict[str, list[Act]] = {}
        for act in (*self._beginnings(free), *(act for call in self.calls for act in self._acts_in(call, free))):
            kinds.setdefault(act.func.__name__, []).append(act)
        acts = list(kinds.values())[choice % len(kinds)]
        acts[choice // len(kinds) % len(acts)]()

    def _beginnings(self, free: list[str]) -> Iterator[Act]:
        outside = [device for device in OUTSIDE if not any(device in call.states for call in self.calls)]
        for device in free[:2]:
            yield from (partial(self.dial, device, to) for to in (*INSIDE, *outside[:1]) if to != device)
        for caller in outside:
            yield from (partial(self.come_in, caller, to) for to in INSIDE)
            yield partial(self.come_in, caller, "201", "202")

    def _acts_in(self, call: Call, free: list[str]) -> Iterator[Act]:
        for device, state in call.states.items():
            if state in _TALKING:
                yield partial(self.leave, call, device)
            if device in OUTSIDE and state == "alerting":
                yield partial(self.answer, call, device)
            if device in INSIDE:
                others = [to for to in free if to not in call.states and self._reachable(call, to)]
                yield from self._acts_of(call, device, state, others, is_free=device in free)

    def _acts_of(self, call: Call, device: str, state: str, others: list[str], *, is_free: bool) -> Iterator[Act]:
        if state == "alerting":
            if is_free:
                yield partial(self.answer, call, device)
            yield from (partial(self.divert, call, device, to) for to in others[:1])
            yield from (partial(self.pick_up, call, device, by) for by in others[-1:])
        if state == "connected" and _answered(call):
            yield partial(self.hold, call, device)
            if not self._one_at_a_time:
                yield from (partial(self.consult, call, device, to) for to in others)
            if len(call.states) == 2:
                yield from (partial(self.blind, call, device, to) for to in others[:1])
        if state == "hold":
            if is_free:
                yield partial(self.retrieve, call, device)
            yield from self._joins_of(call, device)

    def _joins_of(self, held: Call, device: str) -> Iterator[Act]:
        for active in self.calls:
            if active.states.get(device) == "connected" and _joinable(held, active, device):
                yield partial(self.transfer, held, active, device)
                if _answered(active):
                    yield partial(self.conference, held, active, device)

    # -- acts

    def dial(self, device: str, to: str) -> None:
        call = self._new_call(device, to)
        call.states[device] = "initiated"
        self._tell(EventKind.SERVICE_INITIATED, call, device, nameless=True)
        call.states[device] = "connected"
        self._tell(EventKind.ORIGINATED, call, device)
        self._reach(call, to)

    def come_in(self, caller: str, *to: str) -> None:
        call = self._new_call(caller, to[0] if len(to) == 1 else "600")
        call.states[caller] = "connected"
        for device in to:
            self._reach(call, device)
        if not any(state == "alerting" for state in call.states.values()):
            self.leave(call, caller)

    def answer(self, call: Call, device: str) -> None:
        call.states[device] = "connected"
        self._tell(EventKind.ESTABLISHED, call, device)
        for other in [one for one, state in call.states.items() if state == "alerting"]:
            self._drop(call, other, "multipleAlerting")

    def leave(self, call: Call, device: str) -> None:
        self._drop(call, device, "normalClearing")
        talking = [one for one, state in call.states.items() if state in _TALKING]
        if len(talking) < 2 and not (talking and any(state == "alerting" for state in call.states.values())):
            for other in list(call.states):
                self._drop(call, other, "normalClearing")
            self._tell(EventKind.CALL_CLEARED, call, None, nameless=True)
            self._free(call)

    def hold(self, call: Call, device: str) -> None:
        call.states[device] = "hold"
        self._tell(EventKind.HELD, call, device, nameless=True)

    def consult(self, call: Call, device: str, to: str) -> None:
        """Calls a colleague while the other side waits."""
        self.hold(call, device)
        self.dial(device, to)

    def retrieve(self, call: Call, device: str) -> None:
        call.states[device] = "connected"
        self._tell(EventKind.RETRIEVED, call, device, nameless=True)

    def divert(self, call: Call, device: str, to: str, cause: str = "callForwardNoAnswer") -> None:
        del call.states[device]
        self._tell(EventKind.DIVERTED, call, device, cause, other=to)
        self._reach(call, to)

    def pick_up(self, call: Call, device: str, by: str) -> None:
        del call.states[device]
        self._tell(EventKind.DIVERTED, call, device, "callPickup", other=by)
        self.answer(call, by)

    def blind(self, call: Call, device: str, to: str) -> None:
        del call.states[device]
        stays = [self._joined(call.id, call.id, one) for one in call.states]
        self._tell(EventKind.TRANSFERRED, call, device, "singleStepTransfer", other=to, joined=tuple(stays))
        self._reach(call, to)

    def transfer(self, held: Call, active: Call, device: str) -> None:
        self._join(EventKind.TRANSFERRED, held, active, device)

    def conference(self, held: Call, active: Call, device: str) -> None:
        self._join(EventKind.CONFERENCED, held, active, device)

    def finish(self) -> Iterator[None]:
        """Everybody hangs up, one after the other."""
        while self.calls:
            self.now += 2
            call = self.calls[0]
            self.leave(call, next(one for one, state in call.states.items() if state in _TALKING))
            yield

    def come_back(self) -> None:
        """Somebody listens again, and looks at what is up now."""
        self.deaf = False
        self._gone_unheard.clear()
        for part in self._parts.values():
            part.heard = True

    # -- what a snapshot tells

    def snapshot(self, device: str) -> list[SnapshotEntry]:
        return [
            SnapshotEntry(connection(call.id, device), call.states[device], _answered(call))
            for call in self.calls
            if device in call.states
        ]

    def parties(self, call_id: str) -> CallSnapshot:
        call = next(call for call in self.calls if call.id == call_id)
        return CallSnapshot(Party(call.calling), Party(call.called), tuple(map(Party, call.states)))

    def shows(self, device: str) -> str:
        states = {call.states[device] for call in self.calls if device in call.states}
        if states & {"connected", "initiated"}:
            return "connected"
        return "held" if "hold" in states else "ringing" if "alerting" in states else "idle"

    # -- steps

    def _reachable(self, call: Call, device: str) -> bool:
        """Nobody is sent a call that they made, at once one that they have hung up, or one that they left unheard:
        whether they were away at all is then more than anybody can tell.
        """
        if (device, call.serial) in self._gone_unheard:
            return False
        return device != call.calling and self.now - call.left.get(device, -QUARANTINE) >= QUARANTINE

    def _engaged(self, device: str) -> bool:
        if self._one_at_a_time:
            return any(device in call.states for call in self.calls)
        return any(call.states.get(device) in {"connected", "initiated"} for call in self.calls)

    def _reach(self, call: Call, device: str) -> None:
        if device in OUTSIDE:
            call.states[device] = "alerting"
            self._tell(EventKind.NETWORK_REACHED, call, device)
            self._tell(EventKind.DELIVERED, call, device)
        elif self._engaged(device) and (len(call.states) % 2 or self._one_at_a_time):
            call.states[device] = "fail"
            self._tell(EventKind.FAILED, call, device, "busy")
            self._drop(call, device, "busy")
        else:
            call.states[device] = "alerting"
            self._tell(EventKind.DELIVERED, call, device)

    def _drop(self, call: Call, device: str, cause: str) -> None:
        del call.states[device]
        if cause != "multipleAlerting":
            call.left[device] = self.now
        self._tell(EventKind.CONNECTION_CLEARED, call, device, cause, nameless=True)

    def _join(self, kind: EventKind, held: Call, active: Call, device: str) -> None:
        old_held, old_active = held.id, active.id
        new = {"held": old_held, "active": old_active}.get(self._survivor) or self._id({held.calling, held.called})
        moved = [self._joined(old_held, new, one) for one in held.states if one != device]
        moved += [self._joined(old_active, new, one) for one in active.states if one != device]
        if kind is EventKind.CONFERENCED:
            moved.append(self._joined(old_held, new, device))
        heard_by = held.seen | active.seen
        held.id = new
        for one in active.states:
            if one != device:
                held.states[one] = active.states[one]
                self._move(one, active, held)
        if kind is EventKind.CONFERENCED:
            held.states[device] = "connected"
        else:
            del held.states[device]
        self._end_part(device, active)
        self.calls.remove(active)
        for one in held.states:
            if (part := self._parts.get((one, held.serial))) is not None and part.call != new:
                self._move(one, held, held)
        for old in {old_held, old_active} - {new}:
            self._rest(old, set(held.states) | {device, held.calling, held.called, active.calling, active.called})
        other = next(one for one in active.states if one != device)
        self._tell(
            kind, held, device, "transfer" if kind is EventKind.TRANSFERRED else "conference",
            other=other, joined=tuple(moved), subject=connection(old_held, device),
            secondary=connection(old_active, device), also=heard_by, nameless=True,
        )  # fmt: skip

    @staticmethod
    def _joined(old: str, new: str, device: str) -> JoinedConnection:
        return JoinedConnection(connection(new, device), connection(old, device), Party(device))


def _answered(call: Call) -> bool:
    return sum(state in _TALKING for state in call.states.values()) > 1


def _joinable(held: Call, active: Call, device: str) -> bool:
    apart = held.states.keys() & active.states.keys() == {device}
    waits = any(state in _TALKING for one, state in held.states.items() if one != device)
    return apart and waits and len(active.states) == 2 and "fail" not in active.states.values()
