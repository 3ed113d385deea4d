"""All monitored extensions: stamps what arrives with its time and publishes the facts that come of it.

Calls in being are told apart from facts: ``take_changes`` gives those of the lines that changed, whole, to whoever
keeps them, and ``restore`` takes them back in another process. Inside, all times are steady; what is published or
given away is in the machine's time.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls import snapshots
from gateway.calls.line import Line
from gateway.calls.records import in_being
from gateway.csta.messages import CallEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set
    from datetime import datetime

    from cloudlink.model import Call
    from cloudlink.uplink import Fact
    from gateway.calls.clock import SteadyClock
    from gateway.calls.leg import Leg
    from gateway.csta.messages import CallSnapshot, FeatureEvent, SnapshotEntry

_NONE = timedelta(0)


class Lines:
    """``publish`` must not block, and is called with no facts too when only calls in being changed.

    ``new_id`` gives ids that no call record ever had.
    """

    def __init__(
        self, publish: Callable[[Sequence[Fact]], None], clock: SteadyClock, new_id: Callable[[], str]
    ) -> None:
        self._publish = publish
        self._clock = clock
        self._new_id = new_id
        self._lines: dict[str, Line] = {}
        self._changed: set[str] = set()
        self._last_heard: datetime | None = None
        self._lost = True
        self._correction = _NONE
        self._floor: datetime | None = None

    def now(self) -> datetime:
        """Steady time, to be compared with itself alone."""
        at = self._clock()
        if self._clock.correction != self._correction:
            self._floor = max(at + self._correction, self._floor or at + self._correction)
            self._correction = self._clock.correction
            self._changed |= {extension for extension, line in self._lines.items() if line.legs}
        return at

    def in_machine_time(self, at: datetime) -> datetime:
        """A moment of ``now`` as the machine's clock has it by now, for people."""
        return at + self._correction

    @property
    def heard(self) -> datetime | None:
        """When the PBX was last heard, in the machine's time: now, while the link to it is up."""
        at = self._last_heard if self._lost else self.now()
        return None if at is None else at + self._correction

    def restore(self, legs: Iterable[Leg], last_heard: datetime | None) -> None:
        """Calls that were in being at ``last_heard``; the next snapshot ends them or lets them go on.

        A clock that was put back since then would have them begin in the future: they are put back with it.
        """
        back = _NONE if last_heard is None else min(_NONE, self.now() - last_heard)
        self._last_heard = last_heard and last_heard + back
        self._floor = last_heard if back else None
        for leg in legs:
            leg.move(back)
            self._line(leg.extension).legs.append(leg)

    def take_changes(self) -> dict[str, list[Leg]]:
        """All calls in being of each extension whose calls changed since this was last asked."""
        changed, self._changed = self._changed, set()
        return {
            extension: self._in_machine_time(self._lines[extension].legs) if extension in self._lines else []
            for extension in changed
        }

    def hear(self, extension: str, event: CallEvent | FeatureEvent) -> None:
        """An event that the extension's monitor brought."""
        line, at = self._line(extension), self.now()
        self._lost = False
        self._changed.add(extension)
        self._tell(line.hear(event, at) if isinstance(event, CallEvent) else line.hear_feature(event, at))

    def compare(self, extension: str, entries: Sequence[SnapshotEntry], asked_at: datetime) -> None:
        """A snapshot of the extension that was asked for at ``asked_at``, by ``now``."""
        line, at = self._line(extension), self.now()
        self._lost = False
        self._changed.add(extension)
        self._tell(snapshots.reconcile(line, entries, asked_at=asked_at, at=at, last_heard=self._last_heard))

    def calls_to_ask(self, extension: str) -> list[str]:
        """Call ids of the switch whose parties are worth asking for (SnapshotCall) after ``compare``."""
        return snapshots.calls_to_ask(self._line(extension))

    def tell_parties(self, extension: str, call: str, told: CallSnapshot) -> None:
        """Who is in such a call."""
        line, at = self._line(extension), self.now()
        self._changed.add(extension)
        self._tell(snapshots.tell_parties(line, call, told, at=at, last_heard=self._last_heard))

    def tell_do_not_disturb(self, extension: str, *, on: bool) -> None:
        """What the PBX answered when it was asked."""
        self._tell(self._line(extension).tell_do_not_disturb(self.now(), on=on))

    def expect(self, extension: str, call: str) -> str:
        """Our id of the call that the switch knows by that id, or will have once it is heard of."""
        return self._line(extension).expect(call)

    def switch_call(self, extension: str, call_id: str) -> str | None:
        """The switch's id of a call in being; ``None`` when there is none, or it has none."""
        line = self._lines.get(extension)
        return next((leg.call for leg in line.legs if leg.call_id == call_id), None) if line else None

    def calls(self, extension: str) -> list[Call] | None:
        """Those in being, the newest last; ``None`` when nobody knows."""
        line = self._lines.get(extension)
        if line is None or self._lost:
            return None
        return [in_being(leg) for leg in self._in_machine_time(line.legs)]

    def silent_since(self, moment: datetime) -> dict[str, frozenset[str]]:
        """Our ids of calls in being of which nothing was heard since ``moment`` by ``now``, by extension."""
        found = {
            extension: frozenset(leg.call_id for leg in line.legs if leg.touched <= moment)
            for extension, line in self._lines.items()
            if line.legs
        }
        return {extension: calls for extension, calls in found.items() if calls}

    def call_ids(self, extension: str) -> frozenset[str]:
        """Our ids of the extension's calls in being."""
        line = self._lines.get(extension)
        return frozenset(leg.call_id for leg in line.legs) if line else frozenset()

    def lose(self) -> None:
        """The link to the PBX is down: nobody knows what the lines do."""
        at = self.now()
        self._last_heard = self._last_heard if self._lost else at
        self._lost = True
        for line in self._lines.values():
            self._tell(line.lose(at))

    def retain(self, extensions: Set[str]) -> None:
        """All others are monitored no more, so that nobody will hear how their calls end."""
        for extension in self._lines.keys() - extensions:
            line, at = self._lines.pop(extension), self.now()
            heard = self._last_heard if self._lost else at
            self._changed.add(extension)
            self._tell(line.end_all(heard or at) + line.lose(at))

    def _line(self, extension: str) -> Line:
        line = self._lines.get(extension)
        if line is None:
            line = self._lines[extension] = Line(extension, self._new_id)
        return line

    def _tell(self, facts: list[Fact]) -> None:
        if facts and (self._correction or self._floor):
            facts = [self._corrected(fact) for fact in facts]
        self._publish(facts)

    def _corrected(self, fact: Fact) -> Fact:
        """In the machine's time. What a line shows is never older than what it showed before, or nobody believes it."""
        if isinstance(fact, LineChanged):
            at = fact.at + self._correction
            if self._floor is not None and at >= self._floor:
                self._floor = None
            return replace(fact, at=self._floor or at)
        if not isinstance(fact, CallRecorded):
            return fact
        call = fact.call
        ended = None if call.end_time is None else call.end_time + self._correction
        moved = replace(call, created_on=call.created_on + self._correction, end_time=ended)
        return CallRecorded(fact.extension, moved)

    def _in_machine_time(self, legs: list[Leg]) -> list[Leg]:
        if not self._correction:
            return legs
        moved = [copy(leg) for leg in legs]
        for leg in moved:
            leg.move(self._correction)
        return moved
