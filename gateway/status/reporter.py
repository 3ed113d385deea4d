"""Gathers what there is to tell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.gateway_report import MOST_NAMED, GatewayReport, PbxReport, QueueReport, RefusedMonitor
from gateway.status.rate import Rate

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from datetime import datetime

    from gateway.capacity import BusyHour
    from gateway.pbx import PbxProfile
    from gateway.side import PbxSide
    from gateway.spool import Spool


# A PBX may say what it likes, and a report has to fit into one frame.
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a report tells of. ``address`` is where the PBX is, ``version`` the gateway's own."""

    side: PbxSide
    profile: PbxProfile
    address: str
    spool: Spool
    busy_hour: BusyHour
    counters: Counter[str]
    version: str


class Reporter:
    """Call ``sample`` every few seconds, for the rate of events."""

    def __init__(self, watched: Watched, now: Callable[[], datetime]) -> None:
        self._watched = watched
        self._now = now
        self._started_at = now()
        self._events = Rate()

    def sample(self) -> None:
        """Notes how many events there were until now."""
        self._events.sample(self._watched.counters["events"])

    def line(self) -> str:
        """How it is, in a few words."""
        now = self._watched.side.monitoring()
        pbx = "PBX connected" if now.connected_since else "no PBX"
        return f"{pbx}, {now.running} of {now.wanted} extensions followed, {len(self._watched.spool)} facts wait"

    async def report(self) -> GatewayReport:
        """How it is now."""
        # The disk may be slow.
        queue = await asyncio.to_thread(self._queue)
        return GatewayReport(
            at=self._now(),
            started_at=self._started_at,
            version=self._watched.version,
            pbx=self._pbx(),
            queue=queue,
        )

    def _pbx(self) -> PbxReport:
        now, profile = self._watched.side.monitoring(), self._watched.profile
        refused = [RefusedMonitor(extension, reason[:_LONGEST]) for extension, reason in sorted(now.refused.items())]
        return PbxReport(
            model=profile.name,
            address=self._watched.address,
            connected_since=now.connected_since,
            error=None if now.connected_since or now.error is None else now.error[:_LONGEST],
            status=now.status[:_LONGEST] if now.status else None,
            wanted=now.wanted,
            running=now.running,
            refused=tuple(refused[:MOST_NAMED]),
            refused_count=len(refused),
            surplus=tuple(now.surplus[:MOST_NAMED]),
            surplus_count=len(now.surplus),
            unseen=len(now.unseen),
            licence_limit_reached=now.licence_limit_reached,
            users=profile.users,
            calls=self._watched.busy_hour.calls(self._now()),
            bhcc=profile.bhcc,
            events_per_second=self._events.per_second(),
        )

    def _queue(self) -> QueueReport:
        spool = self._watched.spool
        return QueueReport(
            facts=len(spool),
            octets=spool.octets,
            oldest=spool.oldest(),
            fault=spool.fault,
            lost=self._watched.counters["records_lost"],
        )
