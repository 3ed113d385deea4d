"""When a day is told: at eight o'clock on each person's clocks, once.

The row is written in the transaction that moves the person's next time on, so that of several servers one writes it,
and none writes it again after a restart.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from store.local_times import last_morning, next_morning
from store.notices import Kind, Notice, add
from store.preferences import pass_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from store.clock import Clock
    from store.database import Database
    from store.directory import Directory
    from store.identity import TeamsUser
    from store.preferences import DueSummary, PreferenceStore

LATE = timedelta(hours=12)
"""A summary that could not be told for so long is left out: the evening is no time for it."""
_AT_ONCE = 200
_INSTANT = timedelta(microseconds=1)


class Summaries:
    """Plans them."""

    def __init__(
        self, database: Database, preferences: PreferenceStore, directory: Directory, *, app_id: str, now: Clock
    ) -> None:
        self._database = database
        self._preferences = preferences
        self._directory = directory
        self._app_id = app_id
        self._now = now

    async def plan(self) -> None:
        """Writes a row for each person whose morning has come, two hundred people a transaction."""
        while due := await self._preferences.due_summaries(_AT_ONCE):
            now = self._now()
            people = [(each, await self._teams_users(each)) for each in due]
            await self._database.write(_passing(people, now))

    async def _teams_users(self, due: DueSummary) -> Sequence[TeamsUser]:
        users = await self._directory.teams_users_of(due.who) if due.active else []
        return [user for user in users if user.app_id == self._app_id]


def _passing(people: Sequence[tuple[DueSummary, Sequence[TeamsUser]]], now: datetime) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        for due, users in people:
            start, end = period(due, now)
            if pass_summary(connection, due, next_morning(now, due.zone), max(end, due.told_until or end)):
                told = {"since": start.isoformat()}
                rows = [Notice(user, due.who, Kind.SUMMARY, end.isoformat(), now, told) for user in users]
                add(connection, rows if start < end and now - end < LATE else [], now)

    return work


def period(due: DueSummary, now: datetime) -> tuple[datetime, datetime]:
    """The day up to the person's last morning, without what an earlier summary told: nothing when all of it was."""
    end = last_morning(now, due.zone)
    start = last_morning(end - _INSTANT, due.zone)
    return (max(start, due.told_until) if due.told_until else start), end
