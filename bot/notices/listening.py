"""From events to pending notices, at once and with nothing but the store: the next event waits meanwhile.

What the call was and whether it is still news is asked when it is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.model import Principal
from cloudlink.topics import CALL_RECORDED
from store.clock import Clock, utc_now
from store.notices import Kind, Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.directory import Directory
    from store.notices import Notices
    from store.outbox import Event

NEWS_FOR = timedelta(hours=2)
"""A missed call that ended longer ago is no news: the call log has it."""
# Somebody's other telephone may have been answered: its news comes with or just after this call's.
_SETTLES_IN = timedelta(seconds=1)


class Listener:
    """The consumer ``notices`` of the outbox, for the bot ``app_id``. ``wake`` tells the worker of a new row."""

    def __init__(
        self, directory: Directory, notices: Notices, *, app_id: str, wake: Callable[[], None], now: Clock = utc_now
    ) -> None:
        self._directory = directory
        self._notices = notices
        self._app_id = app_id
        self._wake = wake
        self._now = now

    async def on_event(self, event: Event) -> None:
        """Writes a row for each Teams user who is signed in as the person called."""
        now = self._now()
        if event.topic != CALL_RECORDED or not event.payload.get("missed") or event.created_on < now - NEWS_FOR:
            return
        who = Principal(event.account_id, str(event.payload["principal_id"]))
        people = [user for user in await self._directory.teams_users_of(who) if user.app_id == self._app_id]
        if not people:
            return
        due = now + _SETTLES_IN if await self._notices.several_lines(who) else now
        await self._notices.add([Notice(user, who, Kind.MISSED, str(event.payload["call_id"]), due) for user in people])
        self._wake()
