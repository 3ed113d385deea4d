"""Whether what a gateway has told of telephones still holds.

While a gateway is away nobody knows how its telephones are, and when it is back it takes a while to tell. MiVoice
Business tells nothing of lines before a call has ended: what its gateway is said to have told holds never.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink import gateway_report
from cloudlink.administration.gateways import PbxModel
from store.schema import gateway_reports, gateways

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from cloudlink.gateway_report import GatewayReport

BELIEVED = timedelta(minutes=3)
"""How long a link is taken to be open after it was last noted to be: a server that is killed notes nothing more."""

# A gateway that is back has told all that waited by then, unless its disk is slow.
_DRAINED = timedelta(seconds=10)
# One telephone that shows no snapshot, or takes no monitor, must not keep the others unknown for ever.
_LONGEST = timedelta(seconds=60)

_g, _r = gateways.c, gateway_reports.c
_GATEWAYS = select(
    _g.account_id, _g.gateway_id, _g.pbx, _g.linked_since, _g.seen_at, _r.report, _r.heard_at
).select_from(gateways.outerjoin(gateway_reports, _r.gateway_id == _g.gateway_id))
OF_ACCOUNT = _GATEWAYS.where(_g.account_id == bindparam("account_id"))
"""Rows for ``to_gateway``."""


class Standing(StrEnum):
    """What the line states that a gateway told are worth."""

    THERE = "there"
    SETTLING = "settling"
    """It is back, and may not have told all that changed meanwhile."""
    AWAY = "away"
    SILENT = "silent"
    """Its PBX tells nothing of lines."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway as the database knows it."""

    account_id: str
    gateway_id: str
    pbx: str | None
    linked_since: datetime | None
    seen_at: datetime | None
    report: GatewayReport | None
    heard_at: datetime | None

    def standing(self, now: datetime) -> Standing:
        """As of ``now``."""
        if self.pbx == PbxModel.BUSINESS:
            return Standing.SILENT
        if self.linked_since is None or not self._linked(now):
            return Standing.AWAY
        linked_for = now - self.linked_since
        if self.report is None or self.heard_at is None or self.heard_at < self.linked_since:
            # It reports as soon as it is linked.
            return Standing.THERE if _past(linked_for, _LONGEST) else Standing.SETTLING
        if self.report.pbx.connected_since is None:
            return Standing.AWAY
        drained = self.report.queue.facts == 0 or _past(linked_for, _DRAINED)
        # Both are times of the gateway's own clock, which may be wrong.
        connected_for = self.report.at - self.report.pbx.connected_since + (now - self.heard_at)
        seen = _all_seen(self.report) or _past(connected_for, _LONGEST)
        return Standing.THERE if drained and seen else Standing.SETTLING

    def shows(self, changed_at: datetime | None, now: datetime) -> bool:
        """Whether people may be shown a device as it told, which was so at ``changed_at`` by its own clock.

        Less than ``THERE``, since nothing is written by it: while a gateway settles, people are shown what it told last
        rather than nothing; and of a PBX that is away it tells itself that it knows no more of the lines.
        """
        return self.pbx != PbxModel.BUSINESS and self._linked(now) and self.holds(changed_at)

    def _linked(self, now: datetime) -> bool:
        return self.linked_since is not None and self.seen_at is not None and now - self.seen_at <= BELIEVED

    def holds(self, changed_at: datetime | None) -> bool:
        """While it is there: whether a device is still as it told, which was so at ``changed_at`` by its own clock.

        What was told before it started may be over for a telephone that it could not look at since.
        """
        if self.report is None or _all_seen(self.report):
            return True
        return changed_at is not None and changed_at >= self.report.started_at


def to_gateway(row: Sequence[Any]) -> Gateway:
    """From a row of the statements above."""
    account_id, gateway_id, pbx, linked_since, seen_at, report, heard_at = row
    told = None if report is None else _report(report)
    return Gateway(account_id, gateway_id, pbx, linked_since, seen_at, told, heard_at)


@lru_cache(maxsize=64)
def _report(text: str) -> GatewayReport:
    """Kept, since every page that shows lines reads it, and it is new once a minute."""
    return gateway_report.from_json(text)


def _past(passed: timedelta, wait: timedelta) -> bool:
    """A clock that was put back makes no wait longer."""
    return not timedelta(0) <= passed < wait


def _all_seen(report: GatewayReport) -> bool:
    """Whether all telephones are followed, and have been looked at."""
    return 0 < report.pbx.wanted <= report.pbx.running and report.pbx.unseen == 0
