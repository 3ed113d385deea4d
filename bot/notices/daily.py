"""The card of a day: how many calls there were, and the missed ones that nobody has called back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.cards.notices import DayView, day
from bot.cards.repeats import group_repeats
from bot.notices.summaries import LATE
from cloudlink.model import Direction
from cloudlink.port import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.notices.missed import MissedCards
    from bot.notices.post import Post
    from bot.notices.readers import Reader
    from cloudlink.model import Call, Principal
    from cloudlink.port import CloudLink
    from store.clock import Clock
    from store.notices import Notice, Notices

# Nobody makes more calls in a day.
_MOST_PAGES = 10
_LINKS = 50


class DailySummary:
    """Tells it."""

    def __init__(
        self, cloudlink: CloudLink, notices: Notices, drawing: MissedCards, post: Post, *, worker: str, now: Clock
    ) -> None:
        self._cloudlink = cloudlink
        self._notices = notices
        self._drawing = drawing
        self._post = post
        self._worker = worker
        self._now = now

    async def tell(self, reader: Reader, batch: Sequence[Notice]) -> None:
        """The newest of the days that are due; nothing of a day without calls. Raises ``CloudLinkError``."""
        notice = max(batch, key=lambda each: each.subject)
        end, start = datetime.fromisoformat(notice.subject), datetime.fromisoformat(str(notice.details["since"]))
        await self._notices.drop([each for each in batch if each is not notice], self._worker)
        over = reader.preferences.quiet_until(self._now(), reader.zone)
        since = await self._since(reader.who, start) if reader.preferences.daily_summary else []
        calls = [call for call in since if call.created_on < end]
        if not calls or (self._now() - end >= LATE and not notice.kept):
            await self._notices.drop([notice], self._worker)
        elif over is not None:
            await self._notices.later([notice], self._worker, over, kept=True)
        else:
            await self._post.deliver(reader, [notice], day(await self._view(reader, calls, since), reader.say))

    async def _since(self, who: Principal, start: datetime) -> list[Call]:
        """The person's calls from then until now, newest first."""
        calls: list[Call] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._cloudlink.calls(who, cursor=cursor, limit=MAX_PAGE)
            calls += [call for call in page.items if call.created_on >= start]
            cursor = page.next_cursor
            if cursor is None or page.items[-1].created_on < start:
                break
        return calls

    async def _view(self, reader: Reader, calls: Sequence[Call], since: Sequence[Call]) -> DayView:
        still_open = [call for call in calls if call.missed and not _settled(call, since)]
        urls = await self._drawing.urls(reader.who, still_open[:_LINKS])
        return DayView(
            missed=sum(call.missed for call in calls),
            answered=sum(call.direction == Direction.INBOUND and call.completed for call in calls),
            outgoing=sum(call.direction == Direction.OUTBOUND for call in calls),
            rows=group_repeats(still_open, urls),
            zone=reader.zone,
        )


def _settled(missed: Call, since: Sequence[Call]) -> bool:
    """Whether the two have spoken afterwards, or the person has at least called back."""
    return missed.peer is not None and any(
        call.peer == missed.peer
        and call.created_on > missed.created_on
        and (call.completed or call.direction == Direction.OUTBOUND)
        for call in since
    )
