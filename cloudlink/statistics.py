"""What somebody's calls add up to: pure figures of call records, for the tab and for the bot."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from heapq import nlargest
from typing import TYPE_CHECKING

from cloudlink.model import Direction
from cloudlink.port import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from cloudlink.model import Call, Principal
    from cloudlink.port import CloudLink

MOST = 10_000
"""So many calls are counted, the newest."""
_LONGEST_WAITS = 5
_TOP_CONTACTS = 10


class Period(Enum):
    """How many days are counted, today among them."""

    WEEK = 7
    MONTH = 30
    QUARTER = 90
    ALL = None

    def since(self, now: datetime, clock: tzinfo) -> datetime | None:
        """The midnight with which the period begins on somebody's clocks; ``None`` when it has no beginning."""
        if self.value is None:
            return None
        today = now.astimezone(clock).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        return (today - timedelta(days=self.value - 1)).replace(tzinfo=clock)


@dataclass(slots=True)
class Count:
    """Calls of one hour, weekday or of all: ``missed`` came in, ``unanswered`` went out."""

    answered: int = 0
    missed: int = 0
    made: int = 0
    unanswered: int = 0

    @property
    def incoming(self) -> int:
        return self.answered + self.missed

    @property
    def outgoing(self) -> int:
        return self.made + self.unanswered

    @property
    def total(self) -> int:
        return self.incoming + self.outgoing

    def add(self, call: Call) -> None:
        """Counts the call."""
        if call.direction == Direction.INBOUND:
            self.answered += call.completed
            self.missed += not call.completed
        else:
            self.made += call.completed
            self.unanswered += not call.completed


@dataclass(slots=True)
class Contact:
    """Another party: ``name`` is the newest that the PBX has told; ``talked`` is in seconds."""

    number: str
    name: str | None = None
    calls: int = 0
    talked: float = 0.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of ``count.total`` calls.

    ``hours`` has 24, ``weekdays`` 7 from Monday on. ``waits`` are incoming calls, the one that rang longest first.
    ``oldest`` is when the oldest of the calls began. With ``cut`` there are older calls that were not counted.
    """

    count: Count = field(default_factory=Count)
    hours: Sequence[Count] = field(default_factory=lambda: [Count() for _ in range(24)])
    weekdays: Sequence[Count] = field(default_factory=lambda: [Count() for _ in range(7)])
    waits: Sequence[Call] = ()
    contacts: Sequence[Contact] = ()
    talked: float = 0.0
    oldest: datetime | None = None
    cut: bool = False


async def of_period(
    cloudlink: CloudLink, who: Principal, period: Period, now: datetime, clock: tzinfo, *, most: int = MOST
) -> Statistics:
    """The figures of the person's calls that are not hidden, by their clocks. Reads at most ``most`` of them."""
    since = period.since(now, clock)
    calls: list[Call] = []
    cursor = None
    while True:
        page = await cloudlink.calls(who, cursor=cursor, limit=MAX_PAGE)
        # SQLite answers without letting anybody else have a turn.
        await asyncio.sleep(0)
        within = [call for call in page.items if since is None or call.created_on >= since]
        calls += within
        cursor = page.next_cursor
        if cursor is None or len(within) < len(page.items):
            return statistics(calls[:most], clock, cut=len(calls) > most)
        if len(calls) >= most:
            return statistics(calls[:most], clock, cut=True)


def statistics(calls: Sequence[Call], clock: tzinfo, *, cut: bool = False) -> Statistics:
    """The figures of calls, newest first, by somebody's clocks."""
    count, talked = Count(), 0.0
    hours, weekdays = [Count() for _ in range(24)], [Count() for _ in range(7)]
    for call in calls:
        local = call.created_on.astimezone(clock)
        for each in (count, hours[local.hour], weekdays[local.weekday()]):
            each.add(call)
        talked += call.billing_time
    return Statistics(
        count, hours, weekdays, _waits(calls), _contacts(calls), talked, calls[-1].created_on if calls else None, cut
    )


def _waits(calls: Iterable[Call]) -> Sequence[Call]:
    rang = (call for call in calls if call.direction == Direction.INBOUND and call.ring_time > 0)
    return nlargest(_LONGEST_WAITS, rang, key=lambda call: call.ring_time)


def _contacts(calls: Iterable[Call]) -> Sequence[Contact]:
    """By number; whoever withholds theirs is nobody."""
    found: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.peer:
            found[call.peer].append(call)
    top = nlargest(_TOP_CONTACTS, found.items(), key=lambda each: len(each[1]))
    return [_contact(number, theirs) for number, theirs in top]


def _contact(number: str, calls: Sequence[Call]) -> Contact:
    name = next((call.peer_name for call in calls if call.peer_name), None)
    return Contact(number, name, len(calls), sum(call.billing_time for call in calls))
