"""The books of the small switch: its call ids, what each monitor is told, and the truth of what everybody did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from gateway.csta.devices import DeviceId
from gateway.csta.messages import CallEvent, ConnectionId, EventKind, JoinedConnection, Party

if TYPE_CHECKING:
    from collections.abc import Iterable

MONITORED = ("201", "202", "203")
QUARANTINE = 1.1
"""Seconds that an id rests before the same parties can have it again."""


@dataclass(slots=True, eq=False)
class Part:
    """The truth of what one extension did in one call: the record that must come of it.

    ``heard``: somebody listened at some moment of it; ``unseen``: something happened to it while nobody did.
    Not ``apart``: it may be taken to be one with that before it. ``joined``: its call became one with another, or it
    was moved to another call, so that the two sides which a switch names say little of who is in it.
    """

    device: str
    call: str
    outbound: bool
    began: float
    ringing_since: float | None = None
    ring: float = 0.0
    answered: float | None = None
    ended: float = 0.0
    heard: bool = False
    unseen: bool = False
    apart: bool = True
    joined: bool = False

    @property
    def told(self) -> tuple[object, ...]:
        talk = 0.0 if self.answered is None else self.ended - self.answered
        return self.device, self.call, self.outbound, self.answered is not None, round(self.ring, 2), round(talk, 2)


@dataclass(slots=True, eq=False)
class Call:
    """``states`` are those of who is in it, ``seen`` who ever was; ``left`` is when they hung up."""

    id: str
    calling: str
    called: str
    states: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    left: dict[str, float] = field(default_factory=dict)
    serial: int = field(default_factory=count().__next__)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event on its way to one monitor; ``call`` tells events of different calls apart."""

    device: str
    event: CallEvent
    call: int


class Books:
    """``many_ids``: an id is used again as late as can be, and not as soon."""

    def __init__(self, *, many_ids: bool) -> None:
        self.now = 0.0
        self.sent: list[Sent] = []
        self.over: list[Part] = []
        self.calls: list[Call] = []
        self.deaf = False
        self._ids = [str(number) for number in range(1, 200 if many_ids else 31)]
        self._many_ids = many_ids
        self._rested: dict[str, list[tuple[float, set[str]]]] = {}
        self._gone_unheard: set[tuple[str, int]] = set()
        self.moves: Counter[str] = Counter()
        self._parts: dict[tuple[str, int], Part] = {}

    # -- ids

    def _new_call(self, calling: str, called: str) -> Call:
        call = Call(self._id({calling, called}), calling, called)
        self.calls.append(call)
        return call

    def _id(self, parties: set[str]) -> str:
        used = {call.id for call in self.calls}
        for one in self._ids:
            before = [was for since, was in self._rested.get(one, ()) if self.deaf or self.now - since <= QUARANTINE]
            if one not in used and not any(parties & was for was in before):
                return one
        raise AssertionError("no id is left")

    def _free(self, call: Call) -> None:
        self.calls.remove(call)
        self._rest(call.id, call.seen | {call.calling, call.called})
        for device in MONITORED:
            self._end_part(device, call)

    def _rest(self, call_id: str, parties: set[str]) -> None:
        self._rested.setdefault(call_id, []).append((self.now, parties))
        if self._many_ids:
            self._ids.remove(call_id)
            self._ids.append(call_id)

    # -- telling and keeping the truth

    def _tell(
        self, kind: EventKind, call: Call, device: str | None, cause: str = "", *,
        nameless: bool = False, other: str | None = None, joined: tuple[JoinedConnection, ...] = (),
        subject: ConnectionId | None = None, secondary: ConnectionId | None = None, also: Iterable[str] = (),
    ) -> None:  # fmt: skip
        event = CallEvent(
            kind,
            monitor="0",
            connection=subject or connection(call.id, device),
            secondary=secondary,
            device=Party(device) if device else None,
            calling=None if nameless else Party(call.calling),
            called=None if nameless else Party(call.called),
            other=Party(other) if other else None,
            joined=joined,
            cause=cause or None,
        )
        if kind is EventKind.CALL_CLEARED:
            hearing = set(call.seen)
        else:
            call.seen |= call.states.keys()
            hearing = {*call.states, *also, *([device] if device else [])}
        for one in MONITORED:
            if one in hearing:
                state = None if kind is EventKind.CALL_CLEARED else call.states.get(one, "null")
                self.sent.append(Sent(one, replace(event, local_state=state), call.serial))
                self._follow(kind, call, one, device, state)

    def _follow(self, kind: EventKind, call: Call, one: str, device: str | None, state: str | None) -> None:
        key = one, call.serial
        part = self._parts.get(key)
        began = state not in {None, "null", "initiated"} or (kind is EventKind.DIVERTED and one == device)
        if part is None and began:
            part = self._parts[key] = Part(one, call.id, call.calling == one, self.now)
        if part is None:
            return
        part.heard = part.heard or not self.deaf
        part.unseen = part.unseen or self.deaf
        outbound = part.outbound
        answers = kind is EventKind.ESTABLISHED and (one == device) is not outbound
        if answers and part.answered is None:
            self._stop(part)
            part.answered = self.now
        rings = kind is EventKind.DELIVERED and (one == device) is not outbound
        if rings and part.answered is None and part.ringing_since is None:
            part.ringing_since = self.now
        part.joined = part.joined or kind in {EventKind.TRANSFERRED, EventKind.CONFERENCED}
        if state in {None, "null"}:
            self._end_part(one, call)

    def _move(self, device: str, source: Call, to: Call) -> None:
        part = self._parts.pop((device, source.serial), None)
        if part is None:
            return
        self.moves[device] += 1
        part.call = part.call if self.deaf else to.id
        if self.deaf:
            # Nobody can tell that these were one call.
            part.ended, part.unseen = self.now, True
            self.over.append(part)
            apart = part.call != to.id and (device, to.serial) not in self._gone_unheard
            part = Part(device, to.id, part.outbound, self.now, unseen=True, apart=apart, joined=True)
        self._parts[device, to.serial] = part

    def _stop(self, part: Part) -> None:
        if part.ringing_since is not None:
            part.ring += self.now - part.ringing_since
            part.ringing_since = None

    def _end_part(self, device: str, call: Call) -> None:
        part = self._parts.pop((device, call.serial), None)
        if part is not None:
            self._stop(part)
            part.ended = self.now
            part.unseen = part.unseen or self.deaf
            self.over.append(part)
            if self.deaf:
                self._gone_unheard.add((device, call.serial))


def connection(call: str | None, device: str | None) -> ConnectionId:
    return ConnectionId(call, DeviceId(device) if device else None)
