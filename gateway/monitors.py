"""Keeps a monitor running on every wanted extension, on one connection to the PBX."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.errors import NoAnswer, Refused, UnexpectedAnswer
from gateway.csta.messages import CallSnapshot, DeviceSnapshot, Done, MonitorStarted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Set
    from datetime import datetime

    from gateway.calls.lines import Lines
    from gateway.csta.client import CstaClient
    from gateway.csta.messages import Answer, CallEvent, FeatureEvent, SnapshotEntry, SnapshotSegment
    from gateway.pbx import PbxProfile

logger = logging.getLogger(__name__)

_LIMIT = "overallMonitorLimitExceeded"
_BUSY = {
    "resourceBusy",
    "internalResourceBusy",
    "networkBusy",
    "outstandingReqLimitExceeded",
    "performanceLimitExceeded",
}


@dataclass(slots=True)
class _Segments:
    """A snapshot that arrives in pieces."""

    extension: str
    asked_at: datetime
    entries: list[SnapshotEntry] = field(default_factory=list)


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
        self._refused: dict[str, str] = {}  # extension to the PBX's reason, of the last round
        self._doubtful = False

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
                logger.info("trying refused monitors again", extra={"refused": len(self._refused)})

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
            self._lines.compare(snapshot.extension, snapshot.entries, snapshot.asked_at)

    def doubt(self) -> None:
        """Events were lost: every extension needs a snapshot."""
        self._doubtful = True
        self._news.set()

    # -- one round

    async def _round(self) -> None:
        monitored = set(self._extensions.values())
        self._refused = {}
        if self._doubtful:
            self._doubtful = False
            await asyncio.gather(*(self._snapshot(extension) for extension in monitored))
        gone = {reference: ext for reference, ext in self._extensions.items() if ext not in self._wanted()}
        await asyncio.gather(*(self._stop(reference, ext) for reference, ext in gone.items()))
        await asyncio.gather(*(self._start(extension) for extension in sorted(self._wanted() - monitored)))

    async def _start(self, extension: str) -> None:
        def arrived(answer: Answer) -> None:
            # Here and not below, since the monitor's first events may stand right behind its answer.
            if isinstance(answer, MonitorStarted):
                self._extensions[answer.monitor] = extension

        if _LIMIT in self._refused.values():
            self._refused[extension] = _LIMIT
            return
        request = writer.monitor_start(self._client.namespace, self._device(extension))
        try:
            await self._client.request(request, MonitorStarted, arrived)
        except (Refused, NoAnswer, UnexpectedAnswer) as error:
            self._refused[extension] = error.value if isinstance(error, Refused) else str(error)
            return
        await self._snapshot(extension)

    async def _stop(self, reference: str, extension: str) -> None:
        del self._extensions[reference]
        self._lines.forget(extension)
        try:
            await self._client.request(writer.monitor_stop(self._client.namespace, reference), Done)
        except (Refused, NoAnswer) as error:
            logger.warning("a monitor was not stopped", extra={"reason": str(error)})

    async def _snapshot(self, extension: str) -> None:
        """What the device does now: a monitor alone tells only what changes."""
        asked_at = self._lines.now()

        def arrived(answer: Answer) -> None:
            # In the order of arrival: an event behind the answer is newer than the snapshot.
            if isinstance(answer, DeviceSnapshot) and answer.reference is not None:
                self._segments[answer.reference] = _Segments(extension, asked_at)
            elif isinstance(answer, DeviceSnapshot):
                self._lines.compare(extension, answer.entries, asked_at)

        request = writer.snapshot_device(self._client.namespace, self._device(extension))
        try:
            await self._client.request(request, DeviceSnapshot, arrived)
            await self._ask_names(extension)
        except (Refused, NoAnswer, UnexpectedAnswer) as error:
            self._counters["snapshots_refused"] += 1
            logger.warning("no snapshot", extra={"extension": extension, "reason": str(error)})

    async def _ask_names(self, extension: str) -> None:
        for call in self._lines.nameless_calls(extension):
            request = writer.snapshot_call(self._client.namespace, call, self._device(extension))
            self._lines.name_parties(extension, call, await self._client.request(request, CallSnapshot))

    def _device(self, extension: str) -> str:
        return self._profile.device.format(extension=extension)

    # -- what could not be done

    def _pause(self) -> float | None:
        if not self._refused:
            return None
        return self._profile.retry_busy if _BUSY & set(self._refused.values()) else self._profile.retry_monitor

    def _report(self) -> None:
        self._counters["monitors"] = len(self._extensions)
        self._counters["monitors_refused"] = len(self._refused)
        if not self._refused:
            logger.info("monitoring", extra={"monitored": len(self._extensions)})
            return
        extra = {"monitored": len(self._extensions), "refused": dict(list(self._refused.items())[:20])}
        logger.error("monitoring is degraded: the PBX refused monitors", extra=extra)
