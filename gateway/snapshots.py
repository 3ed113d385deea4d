"""What monitored extensions do now, since a monitor tells only what changes: SnapshotDevice, and SnapshotCall after it.

Do not disturb is no part of a snapshot, and is asked for by itself (GetDoNotDisturb).

Answers are taken in the read loop, in the order of arrival: an event behind an answer is newer than it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.csta import writer
from gateway.csta.asking import UNDONE
from gateway.csta.errors import NoAnswer, Refused, ServiceNotOffered
from gateway.csta.messages import CallSnapshot, DeviceSnapshot, DoNotDisturbTold, SnapshotSegment

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from gateway.calls.lines import Lines
    from gateway.csta.asking import Asking
    from gateway.csta.messages import Answer, CallSegment, SnapshotEntry
    from gateway.pbx import PbxProfile

logger = logging.getLogger(__name__)

SILENT = "no answer"

MAX_ITEMS = 1000
"""Calls of one telephone or parties of one call; a PBX that tells of more never comes to an end."""


def reason_of(error: Exception) -> str:
    """What keeps a request from being done, in the PBX's own word where it gave one."""
    if isinstance(error, Refused):
        return error.value or error.category
    return SILENT if isinstance(error, NoAnswer) else str(error)


@dataclass(slots=True)
class _Pieces:
    """A snapshot that arrives in segments; ``take`` gets all of it."""

    take: Callable[[list[Any]], None]
    items: list[Any] = field(default_factory=list)
    complete: asyncio.Event = field(default_factory=asyncio.Event)


class Snapshots:
    """Of one connection. ``unseen`` maps an extension that has not been looked at to the reason."""

    def __init__(
        self,
        asking: Asking,
        profile: PbxProfile,
        lines: Lines,
        *,
        counters: Counter[str],
        is_monitored: Callable[[str], bool],
    ) -> None:
        self.unseen: dict[str, str] = {}
        self._asking = asking
        self._profile = profile
        self._lines = lines
        self._counters = counters
        self._is_monitored = is_monitored
        self._began = lines.now()
        self._pieces: dict[str, _Pieces] = {}  # by service cross reference

    def doubt(self, extensions: Iterable[str], reason: str) -> None:
        """These need a snapshot."""
        self.unseen |= dict.fromkeys(extensions, reason)

    def hear_segment(self, segment: SnapshotSegment | CallSegment) -> None:
        """A piece of a snapshot."""
        pieces = self._pieces.get(segment.reference)
        if pieces is None:
            self._counters["segments_unexpected"] += 1
            return
        pieces.items += segment.entries if isinstance(segment, SnapshotSegment) else segment.parties
        if segment.last or len(pieces.items) > MAX_ITEMS:
            del self._pieces[segment.reference]
        if segment.last:
            pieces.take(pieces.items)
            pieces.complete.set()

    async def take_all(self, extension: str) -> str | None:
        """As ``take``, and do not disturb, which may have been switched while nobody listened."""
        reason = await self.take(extension)
        if reason is None:
            await self._ask_do_not_disturb(extension)
        return reason

    async def take(self, extension: str) -> str | None:
        """Looks at one extension; gives what keeps it from that, which is in ``unseen`` too. Raises ``LinkLost``."""
        try:
            await self._look(extension)
            for call in self._lines.calls_to_ask(extension):
                await self._ask_parties(extension, call)
        except UNDONE as error:
            reason = reason_of(error)
            if extension in self.unseen:
                self.unseen[extension] = reason
            self._counters["snapshots_refused"] += 1
            logger.warning("no snapshot", extra={"extension": extension, "reason": str(error)})
            return reason
        return None

    async def _look(self, extension: str) -> None:
        asked_at = self._lines.now()
        device = self._profile.device.format(extension=extension)
        request = writer.snapshot_device(self._asking.client.namespace, device)
        pieces = _Pieces(lambda entries: self._compare(extension, entries, asked_at))

        def arrived(answer: Answer) -> None:
            if isinstance(answer, DeviceSnapshot):
                self._arrived(answer.reference, answer.entries, pieces)

        try:
            await self._asking.ask_optional("SnapshotDevice", request, DeviceSnapshot, arrived)
        except ServiceNotOffered:
            # Nobody will tell what goes on from before this connection: it ends here, marked as unheard.
            self._compare(extension, (), self._began)
            return
        await self._all_of(pieces)

    async def _ask_do_not_disturb(self, extension: str) -> None:
        device = self._profile.device.format(extension=extension)
        request = writer.get_do_not_disturb(self._asking.client.namespace, device)

        def arrived(answer: Answer) -> None:
            if isinstance(answer, DoNotDisturbTold) and self._is_monitored(extension):
                self._lines.tell_do_not_disturb(extension, on=answer.on)

        # Without it the next change is told all the same.
        with suppress(*UNDONE):
            await self._asking.ask_optional("GetDoNotDisturb", request, DoNotDisturbTold, arrived)

    async def _ask_parties(self, extension: str, call: str) -> None:
        device = self._profile.device.format(extension=extension)
        request = writer.snapshot_call(self._asking.client.namespace, call, device)
        told: list[CallSnapshot] = []

        def take(parties: list[Any]) -> None:
            answer = told[0]
            snapshot = CallSnapshot(answer.calling, answer.called, tuple(parties))
            self._lines.tell_parties(extension, call, snapshot)

        pieces = _Pieces(take)

        def arrived(answer: Answer) -> None:
            if isinstance(answer, CallSnapshot):
                told.append(answer)
                self._arrived(answer.reference, answer.parties, pieces)

        try:
            await self._asking.ask_optional("SnapshotCall", request, CallSnapshot, arrived)
        except (Refused, ServiceNotOffered):
            # The call may be over by now, and a call without names is a call too.
            return
        await self._all_of(pieces)

    def _arrived(self, reference: str | None, items: Sequence[Any], pieces: _Pieces) -> None:
        if reference is None:
            pieces.take([*items])
            pieces.complete.set()
        else:
            self._pieces[reference] = pieces

    async def _all_of(self, pieces: _Pieces) -> None:
        try:
            async with asyncio.timeout(self._profile.request_timeout):
                await pieces.complete.wait()
        except TimeoutError:
            self._pieces = {reference: other for reference, other in self._pieces.items() if other is not pieces}
            raise NoAnswer("a snapshot is incomplete") from None

    def _compare(self, extension: str, entries: Sequence[SnapshotEntry], asked_at: datetime) -> None:
        # The answer may be late, and the extension be taken off meanwhile.
        if self._is_monitored(extension):
            self.unseen.pop(extension, None)
            self._lines.compare(extension, entries, asked_at)
