"""``stats``: what one's own calls add up to, as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.cards.statistics import PERIODS, StatisticsView, statistics_card
from bot.features import OutOfDate
from bot.turn import Reply
from bot.zones import zone_of
from cloudlink.statistics import Period, of_period
from i18n import clock_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards.vocabulary import Card
    from bot.commands import Command
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from store.clock import Clock


class CallStatistics:
    """Reads the port, and draws."""

    def __init__(self, cloudlink: CloudLink, now: Clock) -> None:
        self._cloudlink = cloudlink
        self._now = now

    async def said(self, turn: Turn, who: Principal, _: Command) -> Reply:
        """The figures of a month."""
        return Reply(card=await self._show(turn, who, Period.MONTH))

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """The figures of another period. Raises ``OutOfDate`` for none of ours."""
        asked = data.get("period")
        if not isinstance(asked, str) or asked not in PERIODS:
            raise OutOfDate("no such period")
        return await self._show(turn, who, PERIODS[asked])

    async def _show(self, turn: Turn, who: Principal, period: Period) -> Card:
        zone, now = await zone_of(self._cloudlink, turn, who), self._now()
        figures = await of_period(self._cloudlink, who, period, now, clock_of(zone))
        return statistics_card(StatisticsView(period, figures, now, zone), turn.say)
