"""The figures of somebody's calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.vocabulary import brief, buttons, card, execute, line, paragraph, plain, title
from cloudlink.statistics import MOST, Period

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.cards.vocabulary import Card, Part
    from cloudlink.model import Call
    from cloudlink.statistics import Statistics
    from i18n import Translator

STATISTICS_VERB = "statistics"
PERIODS = {"7": Period.WEEK, "30": Period.MONTH, "90": Period.QUARTER, "all": Period.ALL}
"""By the word that a button carries."""
_MOST_LISTED = 5


@dataclass(frozen=True, slots=True)
class StatisticsView:
    """The figures of a period. ``now`` is aware; ``zone`` is the IANA zone of the person who reads it."""

    period: Period
    figures: Statistics
    now: datetime
    zone: str


def statistics_card(view: StatisticsView, say: Translator) -> Card:
    """Sums, the busiest hour and weekday, the longest waits and who is called most; buttons for other periods."""
    heading = say("Statistics of calls")
    summary = f"{heading} · {_named(view.period, say)}"
    body = [*_figures(view, say)] if view.figures.count.total else [paragraph(say("You have no calls in this time."))]
    return card([title(heading), buttons(*_periods(view, say)), *body], lang=say.language, summary=summary)


def _periods(view: StatisticsView, say: Translator) -> Iterator[Part]:
    for word, period in PERIODS.items():
        name = _named(period, say)
        text = f"✓ {name}" if period is view.period else name
        yield execute(text, {"verb": STATISTICS_VERB, "period": word})


def _named(period: Period, say: Translator) -> str:
    if period.value is None:
        return say("All calls")
    return say.plural("{n} day", "{n} days", period.value)


def _figures(view: StatisticsView, say: Translator) -> Iterator[Part]:
    figures, count = view.figures, view.figures.count
    yield _fact(say("All calls"), say.number(count.total))
    yield _fact(say("Answered"), _share(count.answered, count.incoming, say))
    yield _fact(say("Missed"), _share(count.missed, count.incoming, say))
    yield _fact(say("Outgoing"), say.number(count.outgoing))
    yield _fact(say("Time talked"), say.duration(figures.talked))
    yield _fact(say("Busiest hour"), say.hour(_busiest([each.total for each in figures.hours])))
    weekday = _busiest([each.total for each in figures.weekdays])
    yield _fact(say("Busiest weekday"), dict(say.weekdays())[weekday])
    yield from _list(say("Longest waits"), [_wait(call, view, say) for call in figures.waits])
    contacts = figures.contacts[:_MOST_LISTED]
    told = [(each.name or each.number, say.plural("{n} call", "{n} calls", each.calls)) for each in contacts]
    yield from _list(say("Top contacts"), told)
    if figures.cut and figures.oldest:
        when = say.when(figures.oldest, now=view.now, zone=view.zone)
        cut = say("These are the figures of your newest {n} calls, since {when}. Older calls are not counted.",
                  n=say.number(MOST), when=when)  # fmt: skip
        yield paragraph(cut)


def _busiest(totals: list[int]) -> int:
    return totals.index(max(totals))


def _share(part: int, whole: int, say: Translator) -> str:
    return f"{say.number(part)} ({say.percent(part / whole)})" if whole else say.number(part)


def _wait(call: Call, view: StatisticsView, say: Translator) -> tuple[str, str]:
    when = say.when(call.created_on, now=view.now, zone=view.zone)
    return call.peer_name or call.peer or say("Unknown number"), f"{say.duration(call.ring_time)} · {when}"


def _fact(name: str, value: str) -> Part:
    return line(plain(f"{name}: ", isSubtle=True), plain(value, weight="bolder"), spacing="small")


def _list(heading: str, told: list[tuple[str, str]]) -> Iterator[Part]:
    if told:
        yield line(plain(heading, weight="bolder"), spacing="medium")
    for who, what in told:
        yield line(plain(brief(who)), plain(f" · {what}", isSubtle=True), spacing="none")
