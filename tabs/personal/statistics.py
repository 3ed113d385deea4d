"""``/tabs/calls/statistics``: what the person's calls add up to. The figures are tables; bars only repeat them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.statistics import MOST, Count, Period, of_period
from i18n import clock_of
from tabs.personal.navigation import CALLS
from tabs.personal.rows import fate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import Call
    from cloudlink.port import CloudLink
    from cloudlink.statistics import Statistics
    from i18n import Translator
    from tabs.personal.frame import PersonalVisit

_PERIODS = {"7": Period.WEEK, "30": Period.MONTH, "90": Period.QUARTER, "all": Period.ALL}
_STANDARD = "30"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table, and the lengths of its bar's parts in hundredths of the longest bar."""

    name: str
    count: Count
    answered: float
    missed: float
    outgoing: float


@dataclass(frozen=True, slots=True)
class Wait:
    """An incoming call that rang for long."""

    who: str
    when: str
    fate: str
    waited: str


class StatisticsPages:
    """Handlers."""

    def __init__(self, cloudlink: CloudLink) -> None:
        self._cloudlink = cloudlink

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """The figures of ``days``: 7, 30, 90 or ``all``; 404 for others."""
        days = visit.request.query.get("days", _STANDARD)
        if days not in _PERIODS:
            raise web.HTTPNotFound
        figures = await of_period(self._cloudlink, visit.who, _PERIODS[days], visit.now, clock_of(visit.zone))
        return visit.page(
            "statistics.html",
            periods=[
                (f"{CALLS.path}/statistics?days={key}", _named(period, visit.say), key == days)
                for key, period in _PERIODS.items()
            ],
            figures=figures,
            tables=[
                (visit.say("Calls by hour"), visit.say("Hour"), _hours(figures, visit.say)),
                (visit.say("Calls by weekday"), visit.say("Weekday"), _weekdays(figures, visit.say)),
            ],
            waits=[_wait(call, visit) for call in figures.waits],
            oldest=visit.say.when(figures.oldest, now=visit.now, zone=visit.zone) if figures.oldest else "",
            most=MOST,
        )


def _named(period: Period, say: Translator) -> str:
    if period.value is None:
        return say("All calls")
    return say.plural("{n} day", "{n} days", period.value)


def _hours(figures: Statistics, say: Translator) -> list[Line]:
    """From the first hour in which there was a call to the last."""
    busy = [hour for hour, count in enumerate(figures.hours) if count.total]
    shown = range(busy[0], busy[-1] + 1) if busy else range(0)
    return _lines([(say.hour(hour), figures.hours[hour]) for hour in shown])


def _weekdays(figures: Statistics, say: Translator) -> list[Line]:
    return _lines([(name, figures.weekdays[day]) for day, name in say.weekdays()])


def _lines(named: Sequence[tuple[str, Count]]) -> list[Line]:
    unit = 100 / max([count.total for _, count in named] + [1])

    def length(calls: int) -> float:
        return round(calls * unit, 2)

    return [
        Line(name, count, length(count.answered), length(count.missed), length(count.outgoing)) for name, count in named
    ]


def _wait(call: Call, visit: PersonalVisit) -> Wait:
    say = visit.say
    return Wait(
        who=call.peer_name or call.peer or say("Unknown number"),
        when=say.when(call.created_on, now=visit.now, zone=visit.zone),
        fate=fate(call, say),
        waited=say.duration(call.ring_time),
    )
