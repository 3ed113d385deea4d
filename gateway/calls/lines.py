"""All monitored extensions: stamps what arrives with its time and publishes the facts that come of it.

Calls in being are told apart from facts: ``take_changes`` gives those of the lines that changed, whole, to whoever
keeps them, and ``restore`` takes them back in another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.calls import snapshots
from gateway.calls.line import Line
from gateway.csta.messages import CallEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.calls.leg import Leg
    from gateway.csta.messages import CallSnapshot, FeatureEvent, SnapshotEntry


class Lines:
    """``publish`` must not block, and is called with no facts too when only calls in being changed.

    ``now`` gives aware UTC, ``new_id`` ids that no call record ever had.
    """

    def __init__(
        self, publish: Callable[[Sequence[Fact]], None], now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._publish = publish
        self.now = now
        self._new_id = new_id
        self._lines: dict[str, Line] = {}
        self._changed: set[str] = set()
        self._last_heard: datetime | None = None
        self._lost = True

    @property
    def heard(self) -> datetime | None:
        """When the PBX was last heard: now, while the link to it is up."""
        return self._last_heard if self._lost else self.now()

    def restore(self, legs: Iterable[Leg], last_heard: datetime | None) -> None:
        """Calls that were in being at ``last_heard``; the next snapshot ends them or lets them go on."""
        self._last_heard = last_heard
        for leg in legs:
            self._line(leg.extension).legs.append(leg)

    def take_changes(self) -> dict[str, list[Leg]]:
        """All calls in being of each extension whose calls changed since this was last asked."""
        changed, self._changed = self._changed, set()
        return {extension: self._lines[extension].legs if extension in self._lines else [] for extension in changed}

    def hear(self, extension: str, event: CallEvent | FeatureEvent) -> None:
        """An event that the extension's monitor brought."""
        line, at = self._line(extension), self.now()
        self._lost = False
        self._changed.add(extension)
        self._publish(line.hear(event, at) if isinstance(event, CallEvent) else line.hear_feature(event, at))

    def compare(self, extension: str, entries: Sequence[SnapshotEntry], asked_at: datetime) -> None:
        """A snapshot of the extension that was asked for at ``asked_at``."""
        line = self._line(extension)
        self._lost = False
        self._changed.add(extension)
        self._publish(snapshots.reconcile(line, entries, asked_at=asked_at, at=self.now(), last_heard=self._last_heard))

    def nameless_calls(self, extension: str) -> list[str]:
        """Call ids of the switch whose parties are worth asking for."""
        return snapshots.nameless_calls(self._line(extension))

    def name_parties(self, extension: str, call: str, told: CallSnapshot) -> None:
        """Who is calling whom in such a call."""
        snapshots.name_parties(self._line(extension), call, told)
        self._changed.add(extension)
        self._publish(())

    def lose(self) -> None:
        """The link to the PBX is down: nobody knows what the lines do."""
        self._last_heard, self._lost = self.heard, True
        at = self.now()
        for line in self._lines.values():
            self._publish(line.unknown(at))

    def retain(self, extensions: Set[str]) -> None:
        """All others are monitored no more, so that nobody will hear how their calls end."""
        for extension in self._lines.keys() - extensions:
            line, at = self._lines.pop(extension), self.now()
            self._changed.add(extension)
            self._publish(line.end_all(self.heard or at) + line.unknown(at))

    def _line(self, extension: str) -> Line:
        line = self._lines.get(extension)
        if line is None:
            line = self._lines[extension] = Line(extension, self._new_id)
        return line
