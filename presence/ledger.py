"""What one tenant's people are to be shown as, what they may be shown as, and what is due. Pure: no I/O.

Levels, not edges: of each person the newest wanted state and what our session may show are kept, and a write is decided
only when it is taken. So a set never queues behind its own clear, a burst is one write, and what is shown already is
none. Who is neither shown nor to be shown takes no memory.

What Graph has surely not done leaves what is shown as it was. What it may have done (an answer that was lost) makes it
unsure, and is written again even if it should be right already. Whatever happens, a session that is not renewed ends at
Graph by itself, and counts as over here then. All times are of the monotonic ``clock``; the time of day is no matter.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from presence.policy import UNCHANGED, Shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from presence.policy import Wanted


class Result(StrEnum):
    """What became of a write."""

    DONE = "done"
    GONE = "gone"
    """The tenant has no such person."""
    LATER = "later"
    """Throttled, Graph is away, or its answer was lost."""
    REFUSED = "refused"
    """Not permitted."""


# Minutes that a session lasts unless it is renewed, so how long a crash may leave somebody in a call. Most calls end
# before (their mean is 3 minutes); do not disturb and absence last longer, and harm less when they stay.
_LASTS = {Shown.IN_A_CALL: 10, Shown.PRESENTING: 60, Shown.AWAY: 60}
# A session is renewed somewhere in this part of its time: what began together is spread, and a renewal that fails can
# be repeated for a fifth of it.
_RENEWED_FROM, _RENEWED_TO = 0.6, 0.8
# A request whose answer was lost may have been carried out after we had given it up.
_MARGIN_S = 60.0
# An end waits so long from the event on, since a transfer may put the person into the next call at once.
_END_SETTLES_S = 0.08
# Whoever was written of is written of again after so long at the earliest: flicker is one write more, not many.
_SETTLES_S = 0.2
# What an earlier life has left is renewed within this time, and not in one burst.
_SPREAD_S = 60.0
# Each wait is twice the last one. Of whom Graph permits nothing, it is asked every few minutes at last.
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = {Result.LATER: 30.0, Result.REFUSED: 300.0}
# Of what is taken, what nobody has just done (renewals, a start) gets at least this part.
_REST = 4
# Whom Graph does not know is asked about again after so long: they stay matched, and may have got Teams since.
_GONE_FOR_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Write:
    """One request to Graph: a session that shows ``shown`` for ``minutes``, or the end of it where that is ``None``.

    ``since`` is when it became wanted, as ``Ledger.want`` was told, and ``None`` for a renewal.
    """

    object_id: str
    shown: Shown | None
    minutes: int
    renewal: bool
    since: float | None


class _Person:
    """``shown`` is what may be shown until ``ends``; not ``sure``: or something else, or nothing.

    A change may be written from ``at`` on and, like everything, not before ``held_until``. ``wake`` is the person's
    place in a queue.
    """

    __slots__ = (
        "at", "behind", "ends", "held_until", "renew_at", "retries", "shown", "since", "sure", "wake", "wanted",
        "writing", "wrote_at",
    )  # fmt: skip

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.shown: Shown | None = None
        self.sure = True
        self.writing = self.behind = False
        self.at = self.held_until = self.wrote_at = self.renew_at = self.ends = _EVER
        self.since: float | None = None
        self.wake: float | None = None
        self.retries = 0

    @property
    def in_sync(self) -> bool:
        return self.wanted is UNCHANGED or (self.sure and self.wanted is self.shown)

    @property
    def idle(self) -> bool:
        """Nothing is known that had to be remembered."""
        return not (self.writing or self.shown or isinstance(self.wanted, Shown))

    @property
    def due(self) -> float | None:
        """When it is to be written of."""
        if self.writing or self.wanted is UNCHANGED or self.idle:
            return None
        return max(self.held_until, self.renew_at if self.in_sync else self.at)

    @property
    def next(self) -> float | None:
        """When it is to be looked at."""
        if self.writing or self.shown is None:
            return self.due
        return self.ends if self.due is None else min(self.due, self.ends)

    def end(self) -> None:
        """Surely nothing is shown."""
        self.shown, self.sure = None, True


_EVER = float("-inf")
_Queue = list[tuple[float, str]]


class Ledger:
    """One tenant's people, by object id. ``jitter`` answers a number from 0 to 1."""

    def __init__(self, clock: Callable[[], float], jitter: Callable[[], float] = random.random) -> None:
        self.backlog = 0
        """People of whom Teams does not surely show what it is to."""
        self.under_way = 0
        """Writes that were taken and not settled."""
        self._clock = clock
        self._jitter = jitter
        self._people: dict[str, _Person] = {}
        # Until when.
        self._gone: dict[str, float] = {}
        self._over: set[str] = set()
        # What has just happened comes before renewals and the thousands of a start. Places are left behind when a
        # person gets another one, and skipped when they come up.
        self._fresh: _Queue = []
        self._rest: _Queue = []
        # What was taken since the rest had its part, so that it has it even where one is taken at a time.
        self._owed = 0

    def want(self, object_id: str, wanted: Wanted, *, since: float | None = None) -> None:
        """The newest state. ``UNCHANGED`` neither writes nor renews, but lets an end that was wanted happen.

        ``since`` is when it came about; without it, it gives way to what has just happened to others.
        """
        person = self._people.get(object_id)
        if self._is_gone(object_id) or not (person or isinstance(wanted, Shown)):
            return
        if person is None:
            person = self._people[object_id] = _Person(None)
        if person.wanted is wanted or (wanted is UNCHANGED and person.wanted is None):
            return
        began = self._clock() if since is None else since
        person.wanted, person.since = wanted, since
        person.at = max(began + (_END_SETTLES_S if wanted is None else 0), person.wrote_at + _SETTLES_S)
        self._place(object_id, person)

    def remember(self, object_id: str, shown: Shown) -> None:
        """An earlier life may have left that in Teams; nothing is done about it until something is wanted."""
        person = self._people.setdefault(object_id, _Person(UNCHANGED))
        if person.shown is None:
            now = self._clock()
            person.shown = shown
            person.ends = now + _LASTS[shown] * 60 + _MARGIN_S
            person.renew_at = now + _SPREAD_S * self._jitter()
        self._place(object_id, person)

    def forget(self, object_id: str) -> None:
        """Ends the session if there is one; whoever was gone may be there again."""
        self._gone.pop(object_id, None)
        self.want(object_id, None)

    def take(self, most: int) -> list[Write]:
        """What is due, oldest first, and never of somebody whose last write is under way; each must be settled."""
        now = self._clock()
        taken: list[Write] = []
        rest = (self._owed + most) // _REST
        for queue, until in ((self._fresh, most - rest), (self._rest, most), (self._fresh, most)):
            while len(taken) < until and (due := self._pop(queue, now)) is not None:
                taken.append(self._write(*due, now))
        self._owed = (self._owed + len(taken)) % _REST
        return taken

    def settle(self, write: Write, result: Result, retry_after: float | None = None, *, undone: bool = False) -> None:
        """What became of a write that was taken. What failed is tried again after ``retry_after`` seconds, or after a
        wait that grows, as it is wanted then; ``undone``: Graph has surely not carried it out.
        """
        object_id, person, now = write.object_id, self._people[write.object_id], self._clock()
        person.writing = False
        self.under_way -= 1
        if result is Result.DONE:
            self._done(write, person, now)
        elif result is Result.GONE:
            person.end()
            self._over.add(object_id)
            if isinstance(person.wanted, Shown):
                self._gone[object_id] = now + _GONE_FOR_S
            person.wanted = None
        else:
            self._failed(write, person, now, undone=undone or result is Result.REFUSED)
            person.held_until = now + self._wait(person, result, retry_after)
        self._place(object_id, person)

    def next_due(self) -> float | None:
        """Seconds until ``take`` is worth while: 0 for now, ``None`` for not before something is wanted."""
        heads = [queue[0][0] for queue in (self._fresh, self._rest) if self._clean(queue)]
        return max(0.0, min(heads) - self._clock()) if heads else None

    def in_sync(self, object_id: str) -> bool:
        """Whether Teams surely shows of somebody what it is to; not, of somebody who is gone."""
        person = self._people.get(object_id)
        if person is None:
            return object_id not in self._gone
        over = person.shown is not None and self._clock() >= person.ends
        return person.in_sync and not (over and person.wanted is person.shown)

    def over(self) -> set[str]:
        """Whose sessions have surely ended since this was last asked."""
        over, self._over = self._over, set()
        return over

    def _is_gone(self, object_id: str) -> bool:
        if self._gone.get(object_id, _EVER) > self._clock():
            return True
        self._gone.pop(object_id, None)
        return False

    def _pop(self, queue: _Queue, now: float) -> tuple[str, _Person] | None:
        """The next one who is to be written of; whose session has run out before is written of no more."""
        while self._clean(queue) and queue[0][0] <= now:
            _, object_id = heapq.heappop(queue)
            person = self._people[object_id]
            person.wake = None
            if person.shown is not None and now >= person.ends:
                person.end()
                self._over.add(object_id)
            if (due := person.due) is not None and due <= now:
                return object_id, person
            self._place(object_id, person)
        return None

    def _write(self, object_id: str, person: _Person, now: float) -> Write:
        shown = None if person.wanted is UNCHANGED else person.wanted
        renewal = person.in_sync
        person.writing, person.wrote_at = True, now
        self.under_way += 1
        if shown is not None:
            self._over.discard(object_id)
        return Write(object_id, shown, _LASTS[shown] if shown else 0, renewal, None if renewal else person.since)

    def _done(self, write: Write, person: _Person, now: float) -> None:
        person.shown, person.sure, person.retries, person.held_until = write.shown, True, 0, _EVER
        if person.wanted is write.shown:
            person.since = None
        if write.shown is None:
            self._over.add(write.object_id)
            return
        part = _RENEWED_FROM + (_RENEWED_TO - _RENEWED_FROM) * self._jitter()
        person.renew_at = person.wrote_at + write.minutes * 60 * part
        person.ends = now + write.minutes * 60 + _MARGIN_S

    @staticmethod
    def _failed(write: Write, person: _Person, now: float, *, undone: bool) -> None:
        if undone:
            return
        person.sure = person.shown is None and write.shown is None
        if write.shown is not None:
            person.shown = write.shown
            person.ends = max(person.ends, now + write.minutes * 60 + _MARGIN_S)

    def _wait(self, person: _Person, result: Result, retry_after: float | None) -> float:
        if retry_after is not None:
            return retry_after
        person.retries += 1
        growing = min(_LONGEST_WAIT_S[result], _FIRST_WAIT_S * 2.0 ** min(person.retries - 1, 10))
        return growing * (1 + self._jitter() / 2)

    def _place(self, object_id: str, person: _Person) -> None:
        """Whatever has changed of a person, their place in the queues is right again."""
        self.backlog += (not person.in_sync) - person.behind
        person.behind = not person.in_sync
        if person.idle:
            del self._people[object_id]
        elif (wake := person.next) is None:
            person.wake = None
        elif wake != person.wake:
            person.wake = wake
            self._push(self._rest if person.since is None else self._fresh, (wake, object_id))

    def _push(self, queue: _Queue, place: tuple[float, str]) -> None:
        heapq.heappush(queue, place)
        # Places that were left behind take no more memory than the others.
        if len(queue) > 2 * len(self._people) + 64:
            queue[:] = {place for place in queue if self._valid(place)}
            heapq.heapify(queue)

    def _clean(self, queue: _Queue) -> bool:
        """Whether anybody is in it."""
        while queue and not self._valid(queue[0]):
            heapq.heappop(queue)
        return bool(queue)

    def _valid(self, place: tuple[float, str]) -> bool:
        person = self._people.get(place[1])
        return person is not None and person.wake == place[0]
