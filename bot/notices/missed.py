"""Missed calls: which of them are news, and the cards that tell them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.notices import MissedView, missed_call, missed_meanwhile
from bot.cards.repeats import group_repeats
from bot.notices.listening import NEWS_FOR
from cloudlink.model import Cause, Direction
from cloudlink.port import CallKind, UnknownId
from store.local_times import next_morning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.notices.post import Post
    from bot.notices.readers import Reader
    from cloudlink.model import Call, Principal
    from cloudlink.port import CloudLink
    from store.clock import Clock
    from store.dial_links import DialLinks
    from store.notices import Notice, Notices

TOGETHER = timedelta(minutes=10)
"""How long after a message about a caller another call of theirs is added to it."""
# More callers than these at once are one card: that happens after a break.
_MOST_CARDS = 3
_RECENT = 50
# A summary that comes so soon after the quiet hours tells their calls.
_SOON_AFTER = timedelta(minutes=30)
# Somebody else took it, or it was sent elsewhere before it rang: there was nothing to answer here.
_TAKEN = frozenset({Cause.REDIRECTED, Cause.TRANSFER, Cause.CALL_FORWARD_ALWAYS})
_SIDE_BY_SIDE = timedelta(seconds=2)


class MissedCards:
    """Draws missed calls of a person. ``dial_url`` makes the address of a dial link's page."""

    def __init__(self, cloudlink: CloudLink, dial_links: DialLinks, dial_url: Callable[[str], str]) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links
        self._dial_url = dial_url

    async def view(self, who: Principal, calls: Sequence[Call], zone: str, note: str = "") -> MissedView:
        """Of calls of one caller, the oldest first."""
        newest = calls[-1]
        return MissedView(
            call_id=newest.call_id,
            name=next((call.peer_name for call in reversed(calls) if call.peer_name), None),
            number=newest.peer,
            at=newest.created_on,
            zone=zone,
            times=len(calls),
            dial_url=(await self.urls(who, [newest])).get(newest.call_id),
            note=note,
        )

    async def urls(self, who: Principal, calls: Sequence[Call]) -> Mapping[str, str]:
        """Where each call is called back, by call id."""
        links = await self._dial_links.for_calls(who, calls)
        return {call_id: self._dial_url(link) for call_id, link in links.items()}

    async def known(self, who: Principal, call_ids: Sequence[str]) -> list[Call]:
        """Those that still are in the person's log, the oldest first."""
        found = []
        for call_id in call_ids:
            try:
                found.append(await self._cloudlink.call(who, call_id))
            except UnknownId:
                continue
        return sorted(found, key=lambda call: call.created_on)


class MissedCalls:
    """Tells them."""

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
        """What becomes of the person's missed calls that are due. Raises ``CloudLinkError``."""
        news = await self._news(reader, batch) if reader.preferences.missed_calls else {}
        fresh = [each for each in batch if each.subject in news]
        await self._notices.drop([each for each in batch if each.subject not in news], self._worker)
        over = reader.preferences.quiet_until(self._now(), reader.zone)
        if over is not None:
            await self._keep(reader, fresh, news, over)
            return
        kept = any(each.kept for each in fresh)
        groups = _by_caller(fresh, news)
        if kept or len(groups) > _MOST_CARDS:
            await self._together(reader, fresh, news, quiet=kept)
            return
        for caller, group in groups:
            await self._one(reader, caller, group, news)

    async def _news(self, reader: Reader, batch: Sequence[Notice]) -> dict[str, Call]:
        calls = await self._drawing.known(reader.who, [each.subject for each in batch])
        if not calls:
            return {}
        kept = {each.subject for each in batch if each.kept}
        oldest = self._now() - NEWS_FOR
        recent = (await self._cloudlink.calls(reader.who, CallKind.INCOMING, limit=_RECENT)).items
        return {
            call.call_id: call
            for call in calls
            if (call.call_id in kept or _ended(call) >= oldest)
            and call.missed
            and not _taken(call, recent)
            and not await self._notices.answered_elsewhere(reader.who, call.call_id)
        }

    async def _keep(self, reader: Reader, fresh: Sequence[Notice], news: Mapping[str, Call], over: datetime) -> None:
        """Until the quiet is over; what a summary tells about then is left to it."""
        summarised = [
            each
            for each in fresh
            if reader.preferences.daily_summary
            and next_morning(_ended(news[each.subject]), reader.zone) <= over + _SOON_AFTER
        ]
        await self._notices.drop(summarised, self._worker)
        await self._notices.later([x for x in fresh if x not in summarised], self._worker, over, kept=True)

    async def _together(
        self, reader: Reader, fresh: Sequence[Notice], news: Mapping[str, Call], *, quiet: bool
    ) -> None:
        newest_first = sorted(news.values(), key=lambda call: call.created_on, reverse=True)
        # The links of the rows that are shown; a storm of calls is not a storm of links.
        urls = await self._drawing.urls(reader.who, newest_first[:_RECENT])
        rows = group_repeats(newest_first, urls)
        await self._post.deliver(reader, fresh, missed_meanwhile(rows, len(news), reader.zone, reader.say, quiet=quiet))

    async def _one(self, reader: Reader, caller: str | None, group: Sequence[Notice], news: Mapping[str, Call]) -> None:
        since = self._now() - TOGETHER
        told = await self._notices.told(reader.user, reader.who, caller, since) if caller else None
        before = await self._drawing.known(reader.who, told.call_ids) if told else []
        calls = [*before, *(news[each.subject] for each in group)]
        view = await self._drawing.view(reader.who, sorted(calls, key=lambda call: call.created_on), reader.zone)
        await self._post.deliver(reader, group, missed_call(view, reader.say), caller=caller, into=told)


def _by_caller(fresh: Sequence[Notice], news: Mapping[str, Call]) -> list[tuple[str | None, list[Notice]]]:
    """Withheld numbers are never taken for the same caller."""
    groups: dict[str, tuple[str | None, list[Notice]]] = {}
    for notice in fresh:
        caller = news[notice.subject].peer
        groups.setdefault(caller or f"withheld {notice.subject}", (caller, []))[1].append(notice)
    return list(groups.values())


def _taken(call: Call, recent: Sequence[Call]) -> bool:
    """Whether the call was answered elsewhere: by another who took it, or by another telephone of the person."""
    return call.cause in _TAKEN or any(answered_by(call, other) for other in recent)


def answered_by(missed: Call, other: Call) -> bool:
    """Whether ``other``, of the same person, is the same call on another telephone, where it was answered.

    That telephone begins to ring together with this one or while it rings. A conversation that was there before is
    another call, though a company may show one number for all of its people.
    """
    return (
        other.completed
        and other.direction == Direction.INBOUND
        and other.call_id != missed.call_id
        and other.peer == missed.peer
        and missed.peer is not None
        and missed.created_on - _SIDE_BY_SIDE <= other.created_on <= _ended(missed)
    )


def _ended(call: Call) -> datetime:
    return call.end_time or call.created_on
