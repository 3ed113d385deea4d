"""All monitored extensions: stamps what arrives with its time and publishes the facts that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.calls import snapshots
from gateway.calls.line import Line
from gateway.csta.messages import CallEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cloudlink.uplink import Fact
    from gateway.csta.messages import CallSnapshot, FeatureEvent, SnapshotEntry


class Lines:
    """``publish`` must not block; ``now`` gives aware UTC, ``new_id`` ids that no call record ever had."""

    def __init__(
        self, publish: Callable[[Sequence[Fact]], None], now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._publish = publish
        self.now = now
        self._new_id = new_id
        self._lines: dict[str, Line] = {}
        self._last_heard: datetime | None = None

    def hear(self, extension: str, event: CallEvent | FeatureEvent) -> None:
        """An event that the extension's monitor brought."""
        line, at = self._line(extension), self.now()
        self._publish(line.hear(event, at) if isinstance(event, CallEvent) else line.hear_feature(event, at))

    def compare(self, extension: str, entries: Sequence[SnapshotEntry], asked_at: datetime) -> None:
        """A snapshot of the extension that was asked for at ``asked_at``."""
        line = self._line(extension)
        self._publish(snapshots.reconcile(line, entries, asked_at=asked_at, at=self.now(), last_heard=self._last_heard))

    def nameless_calls(self, extension: str) -> list[str]:
        """Call ids of the switch whose parties are worth asking for."""
        return snapshots.nameless_calls(self._line(extension))

    def name_parties(self, extension: str, call: str, told: CallSnapshot) -> None:
        """Who is calling whom in such a call."""
        snapshots.name_parties(self._line(extension), call, told)

    def lose(self) -> None:
        """The link to the PBX is down: nobody knows what the lines do."""
        self._last_heard = at = self.now()
        for line in self._lines.values():
            self._publish(line.unknown(at))

    def forget(self, extension: str) -> None:
        """The extension is monitored no more."""
        line = self._lines.pop(extension, None)
        if line is not None:
            self._publish(line.unknown(self.now()))

    def _line(self, extension: str) -> Line:
        line = self._lines.get(extension)
        if line is None:
            line = self._lines[extension] = Line(extension, self._new_id)
        return line
