"""From events to pending notices, at once and with nothing but the store: the next event waits meanwhile.

What the call was and whether it is still news is asked when it is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.model import Principal
from cloudlink.topics import CALL_RECORDED, REPORT_CHANGED
from store.clock import Clock, utc_now
from store.notices import Kind, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from store.directory import Directory
    from store.identity import TeamsUser
    from store.notices import Notices
    from store.outbox import Event

NEWS_FOR = timedelta(hours=2)
"""A missed call that ended longer ago is no news: the call log has it."""
TAKEN_BACK_FOR = timedelta(hours=8)
"""A card is looked at again for so long, since the record of an answered call comes when the conversation is over."""
# Somebody's other telephone may have been answered: its news comes with or just after this call's.
_SETTLES_IN = timedelta(seconds=1)


class Listener:
    """The consumer ``notices`` of the outbox, for the bot ``app_id``. ``wake`` tells the worker of a new row.

    ``reports``: there is somebody who tells news of problem reports.
    """

    def __init__(
        self,
        directory: Directory,
        notices: Notices,
        *,
        app_id: str,
        reports: bool,
        wake: Callable[[], None],
        now: Clock = utc_now,
    ) -> None:
        self._directory = directory
        self._notices = notices
        self._app_id = app_id
        self._reports = reports
        self._wake = wake
        self._now = now

    async def on_event(self, event: Event) -> None:
        """Writes a row for each Teams user who is signed in as the person whom it concerns."""
        if event.topic == CALL_RECORDED:
            await self._called(event)
        elif event.topic == REPORT_CHANGED and self._reports:
            await self._report_changed(event)

    async def _called(self, event: Event) -> None:
        now = self._now()
        who, call_id = Principal(event.account_id, str(event.payload["principal_id"])), str(event.payload["call_id"])
        if event.created_on < now - NEWS_FOR:
            return
        people = await self._people(who)
        if not people:
            return
        if not event.payload.get("missed"):
            await self._add([each for user in people for each in await self._answered(user, who, call_id)])
            return
        due = now + _SETTLES_IN if await self._notices.several_lines(who) else now
        await self._add([Notice(user, who, Kind.MISSED, call_id, due) for user in people])

    async def _answered(self, user: TeamsUser, who: Principal, call_id: str) -> Sequence[Notice]:
        """Where cards stand that may tell of the same call; whether they do is asked later."""
        now = self._now()
        standing = await self._notices.standing(user, who, now - TAKEN_BACK_FOR)
        return [Notice(user, who, Kind.ANSWERED, call_id, now)] if standing else []

    async def _report_changed(self, event: Event) -> None:
        who = Principal(event.account_id, str(event.payload["principal_id"]))
        about = {"report": str(event.payload["report_id"])}
        # Each change is news of its own.
        subject = f"{about['report']} {event.id}"
        await self._add([Notice(u, who, Kind.REPORT, subject, self._now(), about) for u in await self._people(who)])

    async def _people(self, who: Principal) -> Sequence[TeamsUser]:
        return [user for user in await self._directory.teams_users_of(who) if user.app_id == self._app_id]

    async def _add(self, new: Sequence[Notice]) -> None:
        if new:
            await self._notices.add(new)
            self._wake()
