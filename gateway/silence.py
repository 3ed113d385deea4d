"""Calls of which nothing was heard for long: a PBX may have lost the event of their end, and nobody will tell it again.

Until the link is lost such a call would be in being, and whoever has it in a call. So now and then the telephone is
looked at, one after the other and slowly, since a PBX has better things to do; a call that goes on is left alone for
as long again.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from datetime import datetime

    from gateway.calls.lines import Lines
    from gateway.pbx import PbxProfile
    from gateway.snapshots import Snapshots

logger = logging.getLogger(__name__)


class Silence:
    """Of one connection. ``ends_lost`` counts calls that were over."""

    def __init__(
        self,
        snapshots: Snapshots,
        profile: PbxProfile,
        lines: Lines,
        *,
        counters: Counter[str],
        is_monitored: Callable[[str], bool],
    ) -> None:
        self._snapshots = snapshots
        self._profile = profile
        self._lines = lines
        self._counters = counters
        self._is_monitored = is_monitored
        self._looked: dict[str, datetime] = {}

    async def run(self) -> NoReturn:
        """Until cancelled. Raises ``LinkLost``."""
        while True:
            await asyncio.sleep(self._profile.silence_look)
            for extension in self._due():
                await self._look(extension)
                await asyncio.sleep(self._profile.silence_pause)

    def _due(self) -> list[str]:
        """Those with a silent call that were not looked at lately. One without a monitor is about to get a snapshot."""
        before = self._lines.now() - timedelta(seconds=self._profile.silence)
        silent = self._lines.silent_since(before)
        self._looked = {extension: self._looked[extension] for extension in silent if extension in self._looked}
        return [
            extension
            for extension in silent
            if self._is_monitored(extension) and self._looked.get(extension, before) <= before
        ]

    async def _look(self, extension: str) -> None:
        before = self._looked[extension] = self._lines.now()
        silent = self._lines.silent_since(before).get(extension, frozenset())
        if await self._snapshots.take(extension) is not None:
            return
        if over := len(silent - self._lines.call_ids(extension)):
            self._counters["ends_lost"] += over
            logger.warning("the PBX has not told the end of calls", extra={"extension": extension, "calls": over})
