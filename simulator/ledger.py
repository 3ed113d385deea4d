"""The truth of the calls made: what each extension did in each call, to be compared with what others made of it.

A part begins with the first event about the extension's connection and ends with the last one, which a monitor on it
hears too. Two calls that become one are one part from then on. A receiver that is only lifted makes no part. By SMDR
parts are what the lines say (``smdr.parts``), since nobody can know more.
"""

import json
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from simulator.switch import CallEvent, Event, EventName, Party, State


@dataclass(slots=True)
class Part:
    """One extension's part in one call.

    ``calls`` are the ids that the call had for it, the last one at the end. ``calling`` and ``called`` are the numbers
    told at the beginning, empty for one withheld or never known; ``taken_by`` is who answered elsewhere what rang here.
    ``ring`` is how long it rang here (or, for a call that went out, there), ``talk`` the time from the answer to the
    end, both in seconds of the timeline like ``began`` and ``ended``. ``wall`` (seconds since 1970) and ``monotonic``
    (of this machine) are when its last event was written.
    """

    extension: str
    calls: list[str]
    outbound: bool
    calling: str
    called: str
    began: datetime
    ended: datetime | None = None
    ring: float = 0.0
    talk: float = 0.0
    answered: bool = False
    taken_by: str = ""
    wall: float = 0.0
    monotonic: float = 0.0
    ringing_since: datetime | None = field(default=None, repr=False)
    answered_at: datetime | None = field(default=None, repr=False)
    dialled: bool = field(default=False, repr=False)

    @property
    def call(self) -> str:
        """The id of the call at its end."""
        return self.calls[-1]

    @property
    def other(self) -> str:
        """The number at the far end when it began."""
        return self.called if self.outbound else self.calling

    def as_json(self) -> str:
        """One line of the ledger's file."""
        return json.dumps(
            {
                "extension": self.extension,
                "calls": self.calls,
                "direction": "outbound" if self.outbound else "inbound",
                "calling": self.calling,
                "called": self.called,
                "other": self.other,
                "answered": self.answered,
                "takenBy": self.taken_by,
                "began": self.began.isoformat(),
                "ended": self.ended.isoformat() if self.ended else None,
                "ring": round(self.ring, 3),
                "talk": round(self.talk, 3),
                "wall": self.wall,
                "monotonic": self.monotonic,
            },
            ensure_ascii=False,
        )


class Ledger:
    """Listens to a switch. ``note`` is given each part that has ended; ``now`` is the timeline's time."""

    def __init__(self, extensions: Container[str], now: Callable[[], datetime], note: Callable[[Part], object]) -> None:
        self._extensions = extensions
        self._now = now
        self._note = note
        self._parts: dict[tuple[str, str], Part] = {}
        self.noted = 0

    @property
    def open(self) -> int:
        """Parts that have not ended."""
        return len(self._parts)

    def hear(self, event: Event) -> None:
        """An event of the switch, at the moment at which it is written to the monitors."""
        if not isinstance(event, CallEvent) or event.name is EventName.CALL_CLEARED:
            return
        at = self._now()
        self._join(event, at)
        for device, state in event.states.items():
            if device in self._extensions:
                self._change(event, device, state, at)

    def _join(self, event: CallEvent, at: datetime) -> None:
        for item in event.joined:
            if item.old == item.new:
                continue
            part = self._parts.pop((item.old.device, item.old.call), None)
            if part is not None:
                part.calls.append(item.new.call)
                self._parts[item.new.device, item.new.call] = part
                if part.ringing_since is not None and not part.outbound:
                    part.calling = _heard(_held_party(event, item.party))
        if event.secondary is not None:
            self._end((event.party.device, event.secondary.call), at)

    def _change(self, event: CallEvent, device: str, state: State, at: datetime) -> None:
        key = device, event.connection.call
        diverted = event.name is EventName.DIVERTED and event.party.device == device
        part = self._parts.get(key)
        if part is None:
            if state is State.NULL and not diverted:
                return
            part = self._parts[key] = _begun(event, device, at)
        if diverted and event.cause == "callPickup" and event.other is not None:
            part.taken_by = event.other.number
        part.dialled |= diverted or state not in {State.INITIATED, State.NULL}
        _time(part, event, state, at)
        if state is State.NULL:
            self._end(key, at)

    def _end(self, key: tuple[str, str], at: datetime) -> None:
        part = self._parts.pop(key, None)
        if part is None or not part.dialled:
            return
        part.ended = at
        _stop_ringing(part, at)
        if part.answered_at is not None:
            part.answered, part.talk = True, (at - part.answered_at).total_seconds()
        part.wall, part.monotonic = time.time(), time.monotonic()
        self.noted += 1
        self._note(part)


class Line(Protocol):
    """What a line can be made of."""

    def as_json(self) -> str:
        """The line, without its end."""


class LedgerFile:
    """A file of one JSON object a line, each written at once, so that it can be read while it grows."""

    def __init__(self, path: Path) -> None:
        """Begins the file anew. Raises ``OSError`` when it cannot be written."""
        self._file = path.open("w", encoding="utf-8", buffering=1)

    def note(self, line: Line) -> None:
        """Append one."""
        self._file.write(line.as_json() + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _begun(event: CallEvent, device: str, at: datetime) -> Part:
    outbound = event.calling.device == device
    return Part(device, [event.connection.call], outbound, _heard(event.calling), _heard(event.called), at)


def _heard(party: Party | None) -> str:
    return "" if party is None or party.hidden else party.number


def _held_party(event: CallEvent, consulted: Party) -> Party | None:
    """Whom a party that still rings is connected with by a transfer."""
    return next((item.party for item in event.joined if item.party != consulted), None)


def _time(part: Part, event: CallEvent, state: State, at: datetime) -> None:
    own = event.party.device == part.extension
    if part.outbound and not part.called:
        part.called = _heard(event.called)
    if event.name is EventName.ESTABLISHED:
        if (own and not part.outbound) or (part.outbound and not own):
            _stop_ringing(part, at)
            part.answered_at = part.answered_at or at
        elif state is State.ALERTING:
            part.taken_by = event.party.number
    elif part.answered_at is None and part.ringing_since is None:
        rings_there = event.name is EventName.DELIVERED and not own
        if rings_there if part.outbound else state is State.ALERTING:
            part.ringing_since = at


def _stop_ringing(part: Part, at: datetime) -> None:
    if part.ringing_since is not None:
        part.ring += (at - part.ringing_since).total_seconds()
        part.ringing_since = None
