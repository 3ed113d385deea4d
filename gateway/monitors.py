"""Keeps a monitor running on every wanted extension, on one connection to the PBX."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.errors import NoAnswer, Refused, UnexpectedAnswer
from gateway.csta.messages import CallSnapshot, DeviceSnapshot, Done, MonitorStarted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence, Set
    from datetime import datetime
    from typing import TypeVar

    from gateway.calls.lines import Lines
    from gateway.csta.client import CstaClient
    from gateway.csta.messages import Answer, CallEvent, FeatureEvent, SnapshotEntry, SnapshotSegment
    from gateway.pbx import PbxProfile

    AnswerT = TypeVar("AnswerT", bound=Answer)

logger = logging.getLogger(__name__)

_LIMIT = "overallMonitorLimitExceeded"
_SILENT = "no answer"
_BUSY = {
    _SILENT,
    "resourceBusy",
    "internalResourceBusy",
    "networkBusy",
    "outstandingReqLimitExceeded",
    "performanceLimitExceeded",
}


# What a request may end with while the connection is still of use.
_UNDONE = (Refused, NoAnswer, UnexpectedAnswer)


@dataclass(slots=True)
class _Segments:
    """A snapshot that arrives in pieces."""

    extension: str
    asked_at: datetime
    entries: list[SnapshotEntry] = field(default_factory=list)
    complete: asyncio.Event = field(default_factory=asyncio.Event)


class Monitors:
    """One connection's monitors. ``wanted`` gives the extensions; ``news`` is set when they change."""

    def __init__(
        self,
        client: CstaClient,
        profile: PbxProfile,
        lines: Lines,
        *,
        counters: Counter[str],
        wanted: Callable[[], Set[str]],
        news: asyncio.Event,
    ) -> None:
        self._client = client
        self._profile = profile
        self._lines = lines
        self._counters = counters
        self._wanted = wanted
        self._news = news
        self._extensions: dict[str, str] = {}  # by monitor cross reference
        self._segments: dict[str, _Segments] = {}  # by service cross reference
        self._surplus: list[str] = []  # cross references of second monitors on an extension
        self.refused: dict[str, str] = {}  # extension to the PBX's reason, of the last round
        self.unseen: dict[str, str] = {}  # monitored extension without a snapshot to the reason
        self._answered = self._silent = 0  # requests of this round

    async def run(self) -> None:
        """Starts, stops and tries again, for ever. Raises ``CstaError`` when the connection is of no more use."""
        while True:
            self._news.clear()
            await self._round()
            self._report()
            try:
                async with asyncio.timeout(self._pause()):
                    await self._news.wait()
            except TimeoutError:
                extra = {"refused": len(self.refused), "unseen": len(self.unseen)}
                logger.info("trying again what the PBX did not do", extra=extra)

    def hear(self, event: CallEvent | FeatureEvent) -> None:
        """An event; one under a cross reference that was never given belongs to nobody."""
        extension = self._extensions.get(event.monitor)
        if extension is None:
            self._counters["events_unmonitored"] += 1
            return
        self._counters["events"] += 1
        self._lines.hear(extension, event)

    def hear_segment(self, segment: SnapshotSegment) -> None:
        """A piece of a snapshot."""
        snapshot = self._segments.get(segment.reference)
        if snapshot is None:
            self._counters["segments_unexpected"] += 1
            return
        snapshot.entries += segment.entries
        if segment.last:
            del self._segments[segment.reference]
            self._compare(snapshot.extension, snapshot.entries, snapshot.asked_at)
            snapshot.complete.set()

    def doubt(self) -> None:
        """Events were lost: every extension needs a snapshot."""
        self.unseen |= dict.fromkeys(self._extensions.values(), "events were lost")
        self._news.set()

    @property
    def running(self) -> int:
        """Extensions with a monitor."""
        return len(self._extensions)

    @property
    def licence_limit_reached(self) -> bool:
        """Whether the PBX has no licence left for another monitor."""
        return _LIMIT in self.refused.values()

    # -- one round

    async def _round(self) -> None:
        self.refused = {}
        self._answered = self._silent = 0
        wanted = self._wanted()
        await asyncio.gather(*map(self._stop, self._let_go(wanted)))
        new = sorted(wanted - set(self._extensions.values()))
        await asyncio.gather(*map(self._snapshot, list(self.unseen)), *map(self._start, new))
        if self._silent and not self._answered:
            await self._probe()

    async def _start(self, extension: str) -> None:
        given_up = False

        def arrived(answer: Answer) -> None:
            # Here and not below, since the monitor's first events may stand right behind its answer.
            if isinstance(answer, MonitorStarted):
                self._adopt(answer.monitor, extension)
                if given_up:
                    self._news.set()

        if self.licence_limit_reached:
            self.refused[extension] = _LIMIT
            return
        request = writer.monitor_start(self._client.namespace, self._device(extension))
        try:
            await self._ask(request, MonitorStarted, arrived)
        except _UNDONE as error:
            given_up = True
            self.refused[extension] = _reason(error)
            return
        await self._snapshot(extension)

    def _adopt(self, reference: str, extension: str) -> None:
        """A monitor is running; the PBX may have started it long after we stopped waiting, and another one since."""
        if extension in self._extensions.values():
            self._surplus.append(reference)
            self._news.set()
            return
        self._extensions[reference] = extension
        self.unseen[extension] = "not asked yet"

    def _let_go(self, wanted: Set[str]) -> list[str]:
        """Forgets extensions that are wanted no more; answers the cross references of monitors to stop."""
        gone = [reference for reference, extension in self._extensions.items() if extension not in wanted]
        for reference in gone:
            self.unseen.pop(self._extensions.pop(reference), None)
        self._lines.retain(wanted)
        surplus, self._surplus = self._surplus, []
        return gone + surplus

    async def _stop(self, reference: str) -> None:
        try:
            await self._ask(writer.monitor_stop(self._client.namespace, reference), Done)
        except _UNDONE as error:
            logger.warning("a monitor was not stopped", extra={"reason": str(error)})

    async def _snapshot(self, extension: str) -> None:
        """What the device does now: a monitor alone tells only what changes."""
        try:
            await self._look(extension)
            await self._ask_parties(extension)
        except _UNDONE as error:
            if extension in self.unseen:
                self.unseen[extension] = _reason(error)
            self._counters["snapshots_refused"] += 1
            logger.warning("no snapshot", extra={"extension": extension, "reason": str(error)})

    async def _look(self, extension: str) -> None:
        asked_at = self._lines.now()
        pieces = _Segments(extension, asked_at)

        def arrived(answer: Answer) -> None:
            # In the order of arrival: an event behind the answer is newer than the snapshot.
            if isinstance(answer, DeviceSnapshot) and answer.reference is not None:
                self._segments[answer.reference] = pieces
            elif isinstance(answer, DeviceSnapshot):
                self._compare(extension, answer.entries, asked_at)

        request = writer.snapshot_device(self._client.namespace, self._device(extension))
        answer = await self._ask(request, DeviceSnapshot, arrived)
        if answer.reference is not None:
            await self._await_pieces(answer.reference, pieces)

    async def _await_pieces(self, reference: str, pieces: _Segments) -> None:
        try:
            async with asyncio.timeout(self._profile.request_timeout):
                await pieces.complete.wait()
        except TimeoutError:
            self._segments.pop(reference, None)
            raise NoAnswer("a snapshot is incomplete") from None

    def _compare(self, extension: str, entries: Sequence[SnapshotEntry], asked_at: datetime) -> None:
        # The answer may be late, and the extension be taken off meanwhile.
        if extension in self._extensions.values():
            self.unseen.pop(extension, None)
            self._lines.compare(extension, entries, asked_at)

    async def _ask_parties(self, extension: str) -> None:
        for call in self._lines.calls_to_ask(extension):
            request = writer.snapshot_call(self._client.namespace, call, self._device(extension))
            self._lines.tell_parties(extension, call, await self._ask(request, CallSnapshot))

    async def _ask(
        self, request: bytes, expected: type[AnswerT], arrived: Callable[[Answer], None] | None = None
    ) -> AnswerT:
        """Counts who answers: a PBX that never does is lost, whatever the network says."""
        try:
            answer = await self._client.request(request, expected, arrived)
        except NoAnswer:
            self._silent += 1
            raise
        except (Refused, UnexpectedAnswer):
            self._answered += 1
            raise
        self._answered += 1
        return answer

    async def _probe(self) -> None:
        """Nothing was answered in a whole round. Raises ``NoAnswer`` unless the PBX answers at least this."""
        with suppress(Refused, UnexpectedAnswer):
            await self._client.request(writer.request_system_status(self._client.namespace), Done)

    def _device(self, extension: str) -> str:
        return self._profile.device.format(extension=extension)

    # -- what could not be done

    def _pause(self) -> float | None:
        reasons = {*self.refused.values(), *self.unseen.values()}
        if not reasons:
            return None
        return self._profile.retry_busy if _BUSY & reasons else self._profile.retry_monitor

    def _report(self) -> None:
        self._counters["monitors"] = len(self._extensions)
        self._counters["monitors_refused"] = len(self.refused)
        self._counters["monitors_unseen"] = len(self.unseen)
        if not self.refused and not self.unseen:
            logger.info("monitoring", extra={"monitored": len(self._extensions)})
            return
        extra = {
            "monitored": len(self._extensions),
            "refused": dict(list(self.refused.items())[:20]),
            "unseen": dict(list(self.unseen.items())[:20]),
        }
        logger.error("monitoring is degraded: the PBX refused monitors or snapshots", extra=extra)


def _reason(error: Refused | NoAnswer | UnexpectedAnswer) -> str:
    if isinstance(error, Refused):
        return error.value
    return _SILENT if isinstance(error, NoAnswer) else str(error)
