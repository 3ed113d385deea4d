"""Keeps a monitor running on every extension that is served, on one connection to the PBX."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.asking import UNDONE
from gateway.csta.errors import Refused, UnexpectedAnswer
from gateway.csta.messages import Done, MonitorStarted
from gateway.pace import Progress, Window
from gateway.silence import Silence
from gateway.snapshots import SILENT, Snapshots, reason_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Coroutine, Iterator, Sequence, Set
    from typing import Any

    from gateway.calls.lines import Lines
    from gateway.csta.asking import Asking
    from gateway.csta.messages import Answer, CallEvent, FeatureEvent
    from gateway.pbx import PbxProfile

logger = logging.getLogger(__name__)

_NO_LICENCE = "overallMonitorLimitExceeded"
_TOO_MANY_AT_ONCE = {"outstandingReqLimitExceeded", "performanceLimitExceeded"}
_ENDED = "the PBX has ended the monitor"
_BUSY = {SILENT, _ENDED, "resourceBusy", "internalResourceBusy", "networkBusy", *_TOO_MANY_AT_ONCE}

MAX_NAMED = 20
"""Extensions that one line of the log names."""


class Monitors:
    """One connection's monitors. ``wanted`` gives the extensions; ``news`` is set when they change.

    ``refused`` maps an extension without a monitor to the PBX's reason.
    """

    def __init__(
        self,
        asking: Asking,
        profile: PbxProfile,
        lines: Lines,
        *,
        counters: Counter[str],
        wanted: Callable[[], Set[str]],
        news: asyncio.Event,
    ) -> None:
        self.refused: dict[str, str] = {}
        self._asking = asking
        self._profile = profile
        self._lines = lines
        self._counters = counters
        self._wanted = wanted
        self._news = news
        self._extensions: dict[str, str] = {}  # by monitor cross reference
        self._references: dict[str, str] = {}  # the same the other way round
        self._surplus: list[str] = []  # cross references of second monitors on an extension
        self._window = Window(profile.in_flight)
        self._no_licence = False  # in this round
        self._resting: set[str] = set()  # extensions that are not tried in the next round
        self.snapshots = Snapshots(
            asking, profile, lines, counters=counters, is_monitored=self._references.__contains__
        )
        self.silence = Silence(
            self.snapshots, profile, lines, counters=counters, is_monitored=self._references.__contains__
        )

    @property
    def running(self) -> int:
        """Extensions with a monitor."""
        return len(self._references)

    @property
    def licence_limit_reached(self) -> bool:
        """Whether the PBX has no licence left for another monitor."""
        return _NO_LICENCE in self.refused.values()

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
                extra = {"refused": len(self.refused), "unseen": len(self.snapshots.unseen)}
                logger.info("trying again what the PBX did not do", extra=extra)

    def hear(self, event: CallEvent | FeatureEvent) -> None:
        """An event; one under a cross reference that was never given belongs to nobody."""
        extension = self._extensions.get(event.monitor)
        if extension is None:
            self._counters["events_unmonitored"] += 1
            return
        self._counters["events"] += 1
        self._lines.hear(extension, event)

    def hear_end(self, reference: str) -> None:
        """The PBX has ended a monitor; another one is started after a while, lest both be busy with nothing else."""
        extension = self._extensions.pop(reference, None)
        if extension is None:
            return
        logger.warning("the PBX has ended a monitor", extra={"extension": extension})
        del self._references[extension]
        self.snapshots.unseen.pop(extension, None)
        self.refused[extension] = _ENDED
        self._lines.retain(self._wanted() - {extension})
        self._resting.add(extension)
        self._news.set()

    def doubt(self) -> None:
        """Events were lost: every extension needs a snapshot."""
        self.snapshots.doubt(self._references, "events were lost")
        self._news.set()

    # -- one round

    async def _round(self) -> None:
        before = (self._asking.answered, self._asking.client.namespace)
        silent = self._asking.silent
        self._no_licence = False
        wanted = self._wanted()
        self.refused = {extension: why for extension, why in self.refused.items() if extension in wanted}
        await self._window.run(map(self._stop, self._let_go(wanted)))
        await self._window.run(self._works(wanted))
        if self._asking.answered == before[0] and self._asking.silent > silent:
            await self._probe()
        if self.refused and self._asking.client.namespace != before[1]:
            # Asked in an edition that the PBX does not speak; its own is known by now.
            self._news.set()

    def _works(self, wanted: Set[str]) -> Iterator[Coroutine[Any, Any, None]]:
        """Who has a monitor already comes first: what is told of them may be wrong."""
        unseen = [*self.snapshots.unseen]
        new = sorted(wanted - self._references.keys() - self._resting)
        self._resting.clear()
        progress = Progress("starting monitors", len(unseen) + len(new))
        for work, extensions in ((self.snapshots.take_all, unseen), (self._start, new)):
            for extension in extensions:
                yield self._paced(work(extension), progress)

    async def _paced(self, work: Coroutine[Any, Any, str | None], progress: Progress) -> None:
        width = self._window.width
        if await work in _TOO_MANY_AT_ONCE:
            self._window.narrow(width)
        progress.step()

    async def _start(self, extension: str) -> str | None:
        """Gives what keeps it from being done."""
        given_up = False

        def arrived(answer: Answer) -> None:
            # Here and not below, since the monitor's first events may stand right behind its answer.
            if isinstance(answer, MonitorStarted):
                self._adopt(answer.monitor, extension)
                if given_up:
                    self._news.set()

        if self._no_licence:
            self.refused[extension] = _NO_LICENCE
            return _NO_LICENCE
        request = writer.monitor_start(self._asking.client.namespace, self._profile.device.format(extension=extension))
        try:
            await self._asking.ask(request, MonitorStarted, arrived)
        except UNDONE as error:
            given_up = True
            reason = self.refused[extension] = reason_of(error)
            if reason == _NO_LICENCE:
                self._no_licence = True
            return reason
        return await self.snapshots.take_all(extension)

    def _adopt(self, reference: str, extension: str) -> None:
        """A monitor is running; the PBX may have started it long after we stopped waiting, and another one since."""
        if extension in self._references:
            self._surplus.append(reference)
            self._news.set()
            return
        self._extensions[reference] = extension
        self._references[extension] = reference
        self.refused.pop(extension, None)
        self.snapshots.doubt([extension], "not asked yet")

    def _let_go(self, wanted: Set[str]) -> Sequence[str]:
        """Forgets extensions that are wanted no more; answers the cross references of monitors to stop."""
        gone = [extension for extension in self._references if extension not in wanted]
        references = [self._references.pop(extension) for extension in gone]
        for extension, reference in zip(gone, references, strict=True):
            del self._extensions[reference]
            self.snapshots.unseen.pop(extension, None)
        self._lines.retain(wanted)
        surplus, self._surplus = self._surplus, []
        return references + surplus

    async def _stop(self, reference: str) -> None:
        try:
            await self._asking.ask(writer.monitor_stop(self._asking.client.namespace, reference), Done)
        except UNDONE as error:
            logger.warning("a monitor was not stopped", extra={"reason": str(error)})

    async def _probe(self) -> None:
        """Nothing was answered in a whole round. Raises ``NoAnswer`` unless the PBX answers at least this."""
        with suppress(Refused, UnexpectedAnswer):
            await self._asking.ask(writer.request_system_status(self._asking.client.namespace), Done)

    # -- what could not be done

    def _pause(self) -> float | None:
        reasons = {*self.refused.values(), *self.snapshots.unseen.values()}
        if not reasons:
            return None
        return self._profile.retry_busy if _BUSY & reasons else self._profile.retry_monitor

    def _report(self) -> None:
        unseen = self.snapshots.unseen
        self._counters["monitors"] = len(self._references)
        self._counters["monitors_refused"] = len(self.refused)
        self._counters["monitors_unseen"] = len(unseen)
        if not self.refused and not unseen:
            logger.info("monitoring", extra={"monitored": len(self._references)})
            return
        extra = {
            "monitored": len(self._references),
            "refused": len(self.refused),
            "unseen": len(unseen),
            "reasons": dict([*self.refused.items(), *unseen.items()][:MAX_NAMED]),
        }
        logger.error("monitoring is degraded: the PBX refused monitors or snapshots", extra=extra)
