"""Sends what is due of one tenant to Graph.

Budget first, then the decision: what is sent is what is wanted when there is room for it, not what was wanted when
somebody began to wait. A few batches are under way at once, so that one slow answer does not hold up the next event.

While the tenant takes nothing at all, one write at a time asks whether it does again, ever more rarely; everybody else
keeps their newest state, and nothing piles up.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from graph.batch import LARGEST_BATCH, send_once
from graph.budget import Service
from graph.errors import NotConsented, NotPermitted, Throttled
from graph.presence import clear_presence, set_presence
from graph.timing import Timing
from graph.tokens import TokenUnavailable
from presence.journal import Books, Journal
from presence.ledger import Ledger, Result
from presence.model import Trouble
from presence.outcomes import retry_after, trouble, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.batch import Outcome
    from graph.client import TenantGraph
    from graph.messages import Request
    from presence.ledger import Write
    from presence.meters import Meters
    from presence.outcomes import Verdict
    from presence.policy import Wanted

__all__ = ["Journal", "Writer"]

logger = logging.getLogger(__name__)

# Batches under way at once: enough for 48 writes a second, one to a batch, of a Graph that answers in 80 ms.
_AT_ONCE = 4
_FILLS_S = 0.25
_FIRST_PAUSE_S = 1.0
# While some writes are done and some throttled, the pace is halved so often at most, and each person waits as told;
# after so many throttled ones without one that was done, the whole tenant does.
_SLOWS_EVERY_S = 5.0
_THROTTLED_IN_A_ROW = 3
# How rarely a tenant is asked at last. Whom its administrator has to help is helped within minutes.
_LONGEST_PAUSE_S: Final = {Trouble.UNREACHABLE: 30.0, Trouble.THROTTLED: 60.0}
_LONGEST_OTHER_PAUSE_S = 180.0


class Writer:
    """One account's writer. ``trouble`` is why its tenant takes nothing, or less than it should.

    ``graph`` must be for this alone: its budget of presence writes is paused and slowed down here.
    """

    def __init__(
        self, graph: TenantGraph, application_id: str, journal: Journal, meters: Meters, *, timing: Timing | None = None
    ) -> None:
        self.trouble: Trouble | None = None
        self._timing = timing or Timing()
        self.ledger = Ledger(self._timing.clock)
        self._graph = graph
        self._application_id = application_id
        self._books = Books(journal, self._timing)
        self._meters = meters
        self._bucket = graph.budget(Service.PRESENCE_WRITES)
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        # Pauses in a row without a write that was done, and throttled writes in a row; when we last paused and slowed.
        self._failures = self._in_a_row = 0
        self._failed_at = self._slowed_at = float("-inf")
        self._role_missing = False

    def want(self, object_id: str, wanted: Wanted, *, since: float | None = None) -> None:
        """As ``Ledger.want``, and what is due is sent."""
        self.ledger.want(object_id, wanted, since=since)
        self._woken.set()

    def forget(self, object_id: str) -> None:
        """As ``Ledger.forget``, and what is due is sent."""
        self.ledger.forget(object_id)
        self._woken.set()

    async def run(self) -> NoReturn:
        """Until cancelled; the ledger then knows that it does not know what became of what was under way."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._books.keep())
            for _ in range(_AT_ONCE - 1):
                tasks.create_task(self._work())
            await self._work()

    async def _work(self) -> NoReturn:
        while True:
            async with self._turn:
                writes = await self._next()
                probing = self._failures > 0
                if probing:
                    await self._send(writes)
            if not probing:
                await self._send(writes)

    async def _next(self) -> list[Write]:
        """What is due, as soon as something is and the budget lets it go."""
        await self._until_due()
        # Where many wait, a moment fills a batch: at the end of a budget it would be one request for each.
        many = self.ledger.backlog >= LARGEST_BATCH and not self._failures
        reserved = await self._bucket.reserve(LARGEST_BATCH, _FILLS_S if many else 0)
        writes = self.ledger.take(1 if self._failures else reserved)
        self._bucket.give_back(reserved - len(writes))
        self._books.over(self.ledger.over())
        return writes

    async def _until_due(self) -> None:
        while (wait := self.ledger.next_due()) != 0:
            self._woken.clear()
            waiting: set[asyncio.Future[Any]] = {asyncio.create_task(self._woken.wait())}
            if wait is not None:
                waiting.add(asyncio.ensure_future(self._timing.sleep(wait)))
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waiting:
                    each.cancel()

    async def _send(self, writes: Sequence[Write]) -> None:
        allowed: list[Write] = []
        try:
            allowed = await self._books.intend(writes)
        finally:
            for write in writes:
                if write not in allowed:
                    self.ledger.settle(write, Result.LATER, undone=True)
            self._woken.set()
        if allowed:
            await self._ask(allowed)

    async def _ask(self, writes: Sequence[Write]) -> None:
        left = {write.object_id: write for write in writes}
        try:
            left_at, outcomes = await self._exchange(writes)
            verdicts = [verdict(*pair) for pair in zip(writes, outcomes, strict=True)]
            self._heed(outcomes, verdicts, left_at)
            for write, each in zip(writes, verdicts, strict=True):
                self._settle(left.pop(write.object_id), each, left_at)
        finally:
            # Whoever stopped us, those may be done or not.
            for write in left.values():
                self.ledger.settle(write, Result.LATER)
            self._books.over(self.ledger.over())
            # Renewals and what has changed meanwhile are due some time.
            self._woken.set()

    async def _exchange(self, writes: Sequence[Write]) -> tuple[float, list[Outcome]]:
        """When they left, and what became of each."""
        if self._role_missing:
            # A consent that was given since is in a new token only.
            with suppress(TokenUnavailable):
                await self._graph.tokens.fresh()
        for write in writes:
            self._meters.renewals += write.renewal
            self._meters.sets += write.shown is not None and not write.renewal
            self._meters.clears += write.shown is None
        left_at = self._timing.clock()
        return left_at, await send_once(self._graph, [self._request(write) for write in writes])

    def _request(self, write: Write) -> Request:
        if write.shown is None:
            return clear_presence(write.object_id, self._application_id)
        pair = (write.shown.availability, write.shown.activity)
        return set_presence(write.object_id, self._application_id, *pair, write.minutes)

    def _settle(self, write: Write, verdict: Verdict, left_at: float) -> None:
        self.ledger.settle(write, verdict.result, verdict.retry_after, undone=verdict.undone)
        if verdict.result is Result.DONE:
            self._meters.succeeded_at = self._timing.clock()
            if write.since is not None:
                self._meters.lag.add(left_at - write.since)

    def _heed(self, outcomes: Sequence[Outcome], verdicts: Sequence[Verdict], left_at: float) -> None:
        """What the answers say of the tenant."""
        throttled = sum(isinstance(outcome, Throttled) for outcome in outcomes)
        self._meters.throttled += throttled
        self._meters.failed += sum(each.result in {Result.LATER, Result.REFUSED} for each in verdicts) - throttled
        why = trouble(outcomes, verdicts)
        if throttled and left_at >= self._slowed_at + _SLOWS_EVERY_S:
            self._slowed_at = self._timing.clock()
            self._bucket.slow_down()
        if why is None:
            self._failures, self._in_a_row, self._role_missing = 0, 0, False
        elif left_at > self._failed_at:
            # Of several that were under way together only the first counts.
            self._in_a_row += throttled
            if why is not Trouble.THROTTLED or self._in_a_row >= _THROTTLED_IN_A_ROW:
                self._pause(why, outcomes[0])
        self._tell(why or (Trouble.THROTTLED if throttled else None))

    def _pause(self, why: Trouble, outcome: Outcome) -> None:
        self._failures += 1
        self._failed_at = self._timing.clock()
        self._role_missing = isinstance(outcome, NotPermitted) and not isinstance(outcome, NotConsented)
        growing = _FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 10)
        longest = _LONGEST_PAUSE_S.get(why, _LONGEST_OTHER_PAUSE_S)
        wait = min(growing, longest) * random.uniform(1, 1.5)  # noqa: S311 - keeps no secret
        asked = retry_after(outcome)
        self._bucket.pause(wait if asked is None else asked)

    def _tell(self, why: Trouble | None) -> None:
        if why is not self.trouble:
            logger.info("Presence of a tenant fares differently", extra={"trouble": why and why.value})
            self.trouble = why
