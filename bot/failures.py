"""Notes that a person was told of a failure, so that their problem report can name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.errors import ErrorKind
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from reporting.errors import RecentErrors
    from store.directory import Directory
    from store.identity import TeamsUser


class NotedFailures:
    """Finds out who it was; nobody is noted while the database cannot tell."""

    def __init__(self, directory: Directory, errors: RecentErrors) -> None:
        self._directory = directory
        self._errors = errors

    async def note(self, user: TeamsUser, reference: str) -> None:
        """``reference`` is what the person read."""
        try:
            who = await self._directory.principal_of(user)
        except DatabaseUnavailable:
            return
        if who is not None:
            self._errors.note(who, ErrorKind.CHAT, reference)
