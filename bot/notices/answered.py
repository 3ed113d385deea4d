"""Takes a card of a missed call back when its record shows, after the conversation, that another telephone took it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.notices import missed_call, missed_call_answered
from bot.notices.listening import TAKEN_BACK_FOR
from bot.notices.missed import answered_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.notices.missed import MissedCards
    from bot.notices.post import Post
    from bot.notices.readers import Reader
    from cloudlink.model import Call
    from store.clock import Clock
    from store.notices import Notice, Notices, Told


class AnsweredElsewhere:
    """Puts the new card in the place of the old one, which disturbs nobody: quiet hours do not matter."""

    def __init__(self, notices: Notices, drawing: MissedCards, post: Post, *, worker: str, now: Clock) -> None:
        self._notices = notices
        self._drawing = drawing
        self._post = post
        self._worker = worker
        self._now = now

    async def tell(self, reader: Reader, batch: Sequence[Notice]) -> None:
        """Each answered call changes one card at most. Raises ``CloudLinkError``."""
        for notice in batch:
            if not await self._take_back(reader, notice):
                await self._notices.drop([notice], self._worker)

    async def _take_back(self, reader: Reader, notice: Notice) -> bool:
        """Whether a card tells of the call."""
        answered = await self._drawing.known(reader.who, [notice.subject])
        standing = await self._notices.standing(reader.user, reader.who, self._now() - TAKEN_BACK_FOR)
        for told in standing if answered else []:
            calls = await self._drawing.known(reader.who, told.call_ids)
            taken = [call for call in calls if answered_by(call, answered[0])]
            if taken:
                await self._change(reader, notice, told, calls, taken)
                return True
        return False

    async def _change(
        self, reader: Reader, notice: Notice, told: Told, calls: Sequence[Call], taken: Sequence[Call]
    ) -> None:
        """What the card still tells are the other calls of that caller."""
        left = [call for call in calls if call not in taken]
        view = await self._drawing.view(reader.who, left or calls, reader.zone)
        shown = missed_call(view, reader.say) if left else missed_call_answered(view, reader.say)
        if await self._post.deliver(reader, [notice], shown, into=told):
            await self._notices.withdraw(reader.user, reader.who, [call.call_id for call in taken])
