"""What Mitel states that a PBX model carries: users, and busy hour calls. Pure.

Users beyond the limit are left out, since the PBX was never measured with them; calls beyond it are only reported.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.model import Direction
from cloudlink.uplink import CallRecorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Set
    from datetime import datetime

    from cloudlink.uplink import Fact

logger = logging.getLogger(__name__)

HOUR = timedelta(hours=1)

_HOUR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Seats:
    """``served`` of the wanted extensions, and the ``surplus`` in order."""

    served: frozenset[str]
    surplus: tuple[str, ...]


def seats(wanted: Iterable[str], serving: Set[str], most: int) -> Seats:
    """Who of the ``wanted`` is served: whoever is so already, then by the extension's order."""
    order = sorted(set(wanted), key=lambda extension: (extension not in serving, extension))
    return Seats(frozenset(order[:most]), tuple(sorted(order[most:])))


def calls_in(facts: Iterable[Fact], served: Set[str], since: datetime) -> int:
    """How many calls that ended after ``since`` the facts record: a PBX may tell older ones when it is connected.

    A call between two served extensions has two records and counts once, by the caller's. One that rings several
    telephones counts for each, so the number is an upper bound.
    """
    records = (fact.call for fact in facts if isinstance(fact, CallRecorded))
    ended = (call for call in records if call.end_time is None or call.end_time > since)
    return sum(1 for call in ended if call.direction != Direction.INBOUND or call.from_ not in served)


class BusyHour:
    """Counts calls over the last sixty minutes; says so once whenever they become more than ``limit``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._minutes: deque[tuple[int, int]] = deque()
        self._calls = 0
        self._over = False

    def calls(self, at: datetime) -> int:
        """How many there were in the hour before ``at``."""
        self._forget(_minute(at))
        return self._calls

    def count(self, at: datetime, calls: int = 1) -> None:
        """So many more. A moment before the last one counts as that one, since clocks can be set back."""
        minute = max(_minute(at), self._minutes[-1][0]) if self._minutes else _minute(at)
        self._forget(minute)
        before = self._minutes.pop()[1] if self._minutes and self._minutes[-1][0] == minute else 0
        self._minutes.append((minute, before + calls))
        self._calls += calls
        self._report()

    def _report(self) -> None:
        over = self._calls > self._limit
        if over and not self._over:
            logger.warning(
                "more calls in an hour than this PBX model is stated for; all of them are recorded",
                extra={"calls": self._calls, "stated": self._limit},
            )
        self._over = over

    def _forget(self, minute: int) -> None:
        while self._minutes and self._minutes[0][0] <= minute - _HOUR_MINUTES:
            self._calls -= self._minutes.popleft()[1]


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)
