"""The presence of one account in its tenant, for as long as this server looks after it."""

from __future__ import annotations

import asyncio
import logging
import random
from itertools import count
from typing import TYPE_CHECKING, NoReturn

from graph.errors import GraphError
from presence import match_rows, rows, sessions
from presence.gateways import Gateways
from presence.lines import Lines
from presence.matching import EVERY, SOON, match, match_users
from presence.meters import Meters
from presence.outcomes import trouble
from presence.reader import Reader
from presence.steering import Following, Steering
from presence.telling import Telling
from presence.waiting import wait
from presence.writer import Writer
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import timedelta

    from graph.client import TenantGraph
    from graph.presence import Presence
    from presence.model import Switched
    from presence.sessions import SessionJournal
    from store.database import Database

logger = logging.getLogger(__name__)

# How often the gateways are looked at, since one that is away tells of no end; while one settles, more often.
_LOOKS_S, _LOOKS_SOON_S = 5.0, 1.0
# All are read again after so long, and up to half as long more.
_RECONCILES_S = 60.0
_TELLS_S = 10.0
# After the first word of a change that may be one of many.
_SETTLES_S = 0.5
_TRIES_AGAIN_S = 1.0


class TenantPresence:
    """One account. ``inherited``: whoever looked after it before has vanished.

    What is public here may raise ``DatabaseUnavailable``; ``run`` does not.
    """

    def __init__(
        self,
        database: Database,
        graph: TenantGraph,
        switched: Switched,
        journal: SessionJournal,
        following: Following,
        *,
        inherited: bool = False,
        now: Clock = utc_now,
    ) -> None:
        timing, account_id = graph.timing, switched.account_id
        self.switched = switched
        self.meters = Meters()
        self.writer = Writer(graph, switched.application_id, journal, self.meters, timing=timing)
        self.gateways = Gateways(database, account_id, now, inherited=inherited)
        self.steering = Steering(
            database,
            following.telephones,
            account_id,
            self.meters,
            follows=switched.options.from_teams,
            now=now,
            timing=timing,
        )
        self.lines = Lines(database, switched, self.gateways, self.writer, self.steering)
        self.telling = Telling(
            database, switched, journal.server, self.writer, self.meters, now=now, clock=timing.clock
        )
        self._database = database
        self.graph = graph
        self._following = following
        self._timing = timing
        self._now = now
        self._dirty: dict[str, float | None] = {}
        self._changed = asyncio.Event()
        self._to_match: set[str] = set()
        self._to_reconcile = True
        self._due = asyncio.Event()

    def note(self, principal_id: str, *, changed: bool = False) -> None:
        """A telephone of theirs may be otherwise than before; ``changed``: they themselves may be somebody else."""
        self._dirty.setdefault(principal_id, None if changed else self._timing.clock())
        if changed:
            self._to_match.add(principal_id)
        self._changed.set()

    def note_all(self) -> None:
        """Anybody may be otherwise than before."""
        self._to_reconcile = True
        self._due.set()

    async def saw(self, presences: Iterable[Presence]) -> None:
        """What Teams shows of people who have just been named as changed."""
        await self.steering.saw(presences)

    async def start(self) -> None:
        """Takes up what an earlier life has left."""
        await self.steering.start()
        await self.lines.remember(self.writer.ledger.remember)
        await self.gateways.look()
        # Who came while nobody looked after the account was told of in vain.
        account_id, tenant_id = self.switched.account_id, self.switched.tenant_id
        self._to_match |= await match_rows.unmatched(self._database, account_id, tenant_id)

    async def run(self) -> None:
        """Until cancelled."""
        await self._persist(self.start)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.writer.run())
            tasks.create_task(self._follow())
            tasks.create_task(self._oversee())
            tasks.create_task(self._match_again_and_again())
            tasks.create_task(self._tell_again_and_again())
            tasks.create_task(self.steering.run())
            if self.switched.options.from_teams:
                tasks.create_task(self._reader().run())

    async def end(self, within: float, *, freeing: bool) -> None:
        """Ends whatever session is left, for at most so many seconds: no session outlives them.

        ``freeing``: telephones that are in do not disturb because Teams was are taken out of it, too.
        """
        await self._persist(self.start)
        self.lines.end_remembered()
        if freeing:
            self.steering.let_go()
        writing, steering = asyncio.create_task(self.writer.run()), asyncio.create_task(self.steering.run())
        try:
            until = self._timing.clock() + within
            while self._timing.clock() < until and (
                (self.writer.ledger.backlog and not writing.done()) or (freeing and self.steering.busy)
            ):
                await self._timing.sleep(_TRIES_AGAIN_S)
        finally:
            for task in (writing, steering):
                task.cancel()
            await asyncio.wait([writing, steering])
        if not writing.cancelled() and (error := writing.exception()) is not None:
            # What is left is ended at another time.
            raise error
        await self._persist(lambda: sessions.end_all(self._database, self.switched))

    def _reader(self) -> Reader:
        steering = self.steering
        return Reader(
            self.graph, lambda: steering.object_ids, steering.saw, self.meters, seconds=self._following.seconds
        )

    async def refresh(self) -> None:
        """Reads how those are now of whom something was noted."""
        dirty, self._dirty = self._dirty, {}
        try:
            if self.gateways.doubtful:
                # What has just been told may be the sign of life.
                await self.look()
            await self.lines.refresh(dirty)
        except DatabaseUnavailable:
            self._dirty = {**self._dirty, **dirty}
            raise

    async def look(self) -> None:
        """Looks whether what gateways told still holds; the rest follows soon."""
        if await self.gateways.look():
            self.note_all()

    async def reconcile(self) -> None:
        """Repairs whatever may have drifted."""
        self._to_reconcile = False
        try:
            await self.lines.reconcile()
        except DatabaseUnavailable:
            self._to_reconcile = True
            raise

    async def match(self) -> None:
        """Finds out who the people are, where that is due."""
        at = await rows.match_at(self._database, self.switched.account_id)
        if at is None or at <= self._now() or at - self._now() > EVERY:
            self._to_match.clear()
            await self._match(self._match_all)
        elif self._to_match:
            left = at - self._now()
            await self._match(lambda: self._match_some(left))

    async def _match_all(self) -> timedelta:
        switched = self.switched
        await match(self._database, self.graph, switched.account_id, switched.tenant_id, self._now)
        return EVERY

    async def _match_some(self, left: timedelta) -> timedelta | None:
        """``left`` is when all are matched: users who change again and again put it off for nobody."""
        switched, principal_ids = self.switched, self._to_match
        self._to_match = set()
        try:
            settled = await match_users(
                self._database, self.graph, switched.account_id, switched.tenant_id, principal_ids, now=self._now
            )
        except DatabaseUnavailable:
            self._to_match |= principal_ids
            raise
        return None if settled else min(SOON, left)

    async def _match(self, how: Callable[[], Awaitable[timedelta | None]]) -> None:
        try:
            again = await how()
            self.telling.matching = None
        except GraphError as error:
            logger.warning(
                "people cannot be matched", extra={"cause": error.code, "account_id": self.switched.account_id}
            )
            self.telling.matching = trouble([error], [])
            again = SOON
        await self.telling.matched(again, all_=again == EVERY)
        self.note_all()

    async def _follow(self) -> NoReturn:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._persist(self.refresh)

    async def _oversee(self) -> NoReturn:
        reconciled_at = float("-inf")
        interval = 0.0
        while True:
            await self._persist(self.look)
            if self._to_reconcile or self._timing.clock() - reconciled_at >= interval:
                await self._persist(self.reconcile)
                reconciled_at = self._timing.clock()
                interval = _RECONCILES_S * random.uniform(1, 1.5)  # noqa: S311 - keeps no secret
            await self._sleep(_LOOKS_SOON_S if self.gateways.doubtful else _LOOKS_S)

    async def _sleep(self, seconds: float) -> None:
        """Unless something is due before."""
        self._due.clear()
        if self._to_reconcile:
            return
        if await wait(self._due, seconds, self._timing):
            await self._timing.sleep(_SETTLES_S)

    async def _match_again_and_again(self) -> NoReturn:
        while True:
            await self._persist(self.match)
            await self._timing.sleep(_LOOKS_S)

    async def _tell_again_and_again(self) -> NoReturn:
        told = self.telling.trouble
        while True:
            await self._persist(self.telling.tell)
            for _ in range(int(_TELLS_S)):
                await self._timing.sleep(1.0)
                if self.telling.trouble is not told:
                    break
            told = self.telling.trouble

    async def _persist(self, work: Callable[[], Awaitable[object]]) -> None:
        """Does it as soon as the database lets it be done."""
        for attempt in count():
            try:
                await work()
            except DatabaseUnavailable as error:
                if attempt == 0:
                    logger.warning("presence waits for the database", extra={"reason": str(error)})
                # What the database told others meanwhile, nobody has heard here.
                self._to_reconcile = True
                await self._timing.sleep(_TRIES_AGAIN_S)
            else:
                return
