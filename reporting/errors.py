"""The last errors of each person, so that a report can name what support finds in the log.

They are in the memory of the server that told them, and few: a database that fails is one of the things that they are
about. What is kept are a time, a kind and the log's ids, never an address or a text.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cloudlink import correlation
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.model import Principal

EACH = 5
_MOST_PEOPLE = 2_000


class ErrorKind(StrEnum):
    """Where it was."""

    PAGE = "page"
    CHAT = "chat"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Happened:
    """An error that a person was told of: ``reference`` is what they read, if anything."""

    at: datetime
    kind: ErrorKind
    reference: str
    correlation_id: str


class RecentErrors:
    """The last five of each of the 2,000 people who had one last."""

    def __init__(self, now: Clock = utc_now) -> None:
        self._now = now
        self._people: OrderedDict[Principal, deque[Happened]] = OrderedDict()

    def note(self, who: Principal, kind: ErrorKind, reference: str = "") -> None:
        """Something went wrong in the request that is being answered."""
        happened = self._people.setdefault(who, deque(maxlen=EACH))
        happened.append(Happened(self._now(), kind, reference, correlation.current()))
        self._people.move_to_end(who)
        if len(self._people) > _MOST_PEOPLE:
            self._people.popitem(last=False)

    def of(self, who: Principal) -> Sequence[Happened]:
        """Newest first."""
        return tuple(reversed(self._people.get(who, ())))
