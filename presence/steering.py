"""Has the telephones of one account follow their people's do not disturb in Teams, as ``mirror`` says.

``reader``, and ``changes`` where Graph tells of them, say what Teams shows; ``lines`` says how telephones are. What is
kept of a person is written before their telephone is told anything. Commands go out a few at a time.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NoReturn, Protocol

from cloudlink.port import CallFailed, CallProblem, CloudLinkUnavailable, UnknownId
from graph.timing import Timing
from presence import mirror_rows
from presence.mirror import NOTHING, Ended, Memory, Mirror, chosen
from presence.waiting import wait
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from graph.presence import Presence
    from presence.meters import Meters
    from store.database import Database

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Commands under way; each waits for a PBX."""
_LOOKS_AGAIN_S = 60.0
_TRIES_AGAIN_S = 1.0


class Telephones(Protocol):
    """As ``cloudlink.service.call_control.CallControl``."""

    async def set_do_not_disturb(self, account_id: str, principal_id: str, *, on: bool) -> None:
        """Of all of the person's devices. Raises ``CloudLinkError``."""


@dataclass(frozen=True, slots=True)
class Following:
    """How telephones are to follow Teams, where an account wants it: ``seconds`` is how often Teams is read."""

    telephones: Telephones
    seconds: float = 3.0


class Steering:
    """``follows`` is whether the account wants it; without, what Teams has put on is taken off."""

    def __init__(
        self,
        database: Database,
        telephones: Telephones,
        account_id: str,
        meters: Meters,
        *,
        follows: bool,
        now: Clock = utc_now,
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._telephones = telephones
        self._account_id = account_id
        self._meters = meters
        self._follows = follows
        self._now = now
        self._timing = timing or Timing()
        # Of those alone of whom there is anything to know.
        self._mirrors: dict[str, Mirror] = {}
        self._kept: dict[str, Memory] = {}
        self._people: dict[str, str] = {}
        self._object_ids: dict[str, str] = {}
        self._named_at: dict[str, float] = {}
        # In the order in which they were noted.
        self._pending: dict[str, None] = {}
        self._dirty: set[str] = set()
        self._under_way: set[str] = set()
        self._bell = asyncio.Event()

    async def start(self) -> None:
        """Takes up what an earlier life has kept. May raise ``DatabaseUnavailable``."""
        self._kept = await mirror_rows.kept(self._database, self._account_id)
        now = self._timing.clock()
        self._mirrors = {principal_id: Mirror(memory, now=now) for principal_id, memory in self._kept.items()}
        if not self._follows:
            self.let_go()

    def let_go(self) -> None:
        """From now on the account does not want it."""
        self._follows = False
        for principal_id in list(self._mirrors):
            self.gone(principal_id)

    # -- news

    @property
    def object_ids(self) -> Collection[str]:
        """Whose presence is to be read: people of the tenant who have a telephone that can follow now."""
        return self._people.keys()

    def hear(self, principal_id: str, object_id: str, *, on: bool | None) -> None:
        """How the telephones of a person of the tenant are; ``None``: no gateway tells, so nobody could tell them."""
        if not self._follows and principal_id not in self._mirrors:
            return
        if on is None or self._object_ids.get(principal_id) != object_id:
            self._leave(principal_id)
        if on is None:
            return
        self._people[object_id] = principal_id
        self._object_ids[principal_id] = object_id
        mirror = self._mirrors.get(principal_id)
        if mirror is None and on:
            mirror = self._mirrors[principal_id] = Mirror(now=self._timing.clock())
        if mirror is not None:
            mirror.hear(on, self._timing.clock())
            self._note(principal_id, mirror)

    def gone(self, principal_id: str) -> None:
        """They are nobody of the tenant any more, or nobody whose telephone is looked after."""
        self._leave(principal_id)
        if (mirror := self._mirrors.get(principal_id)) is not None:
            self._read(principal_id, mirror, choice=False)

    def only(self, principal_ids: Collection[str]) -> None:
        """These are all who are looked after: whoever else is in ``mirrors`` has gone while nobody looked."""
        for principal_id in self._mirrors.keys() - set(principal_ids):
            self.gone(principal_id)

    async def saw(self, presences: Iterable[Presence], asked_at: float | None = None) -> None:
        """What Teams shows, as asked for at that moment of the monotonic clock; ``None``: since it has just changed.

        Whoever was named as changed is not put back by an answer to an earlier question.
        """
        now = self._timing.clock()
        for presence in presences:
            principal_id = self._people.get(presence.object_id)
            if asked_at is None:
                self._named_at[presence.object_id] = now
            elif self._named_at.get(presence.object_id, asked_at) > asked_at:
                continue
            else:
                self._named_at.pop(presence.object_id, None)
            if principal_id is None or not self._follows:
                continue
            choice = chosen(presence.availability, presence.activity)
            mirror = self._mirrors.get(principal_id)
            if mirror is None and choice:
                mirror = self._mirrors[principal_id] = Mirror(now=now)
            if mirror is not None:
                self._read(principal_id, mirror, choice=choice)

    def by_teams(self, principal_id: str) -> bool:
        """Whether do not disturb of the person's telephone is Teams' own, and so nothing to show there."""
        mirror = self._mirrors.get(principal_id)
        return mirror is not None and mirror.hidden

    @property
    def busy(self) -> bool:
        """Whether there is a command to give, or to wait for, or something to keep."""
        return bool(self._pending or self._under_way or self._dirty)

    def _leave(self, principal_id: str) -> None:
        object_id = self._object_ids.pop(principal_id, None)
        if object_id is not None and self._people.get(object_id) == principal_id:
            del self._people[object_id]

    def _read(self, principal_id: str, mirror: Mirror, *, choice: bool | None) -> None:
        mirror.read(choice, self._timing.clock())
        self._note(principal_id, mirror)

    def _note(self, principal_id: str, mirror: Mirror) -> None:
        if mirror.memory != self._kept.get(principal_id, NOTHING):
            self._dirty.add(principal_id)
        if mirror.due() is None:
            self._pending.pop(principal_id, None)
        else:
            self._pending[principal_id] = None
        if principal_id in self._pending or principal_id in self._dirty:
            self._bell.set()
        elif mirror.idle:
            del self._mirrors[principal_id]

    # -- commands

    async def run(self) -> NoReturn:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._bell.clear()
                if await self._keep():
                    for principal_id in self._next():
                        # At once, since what is kept may be another thing a moment later.
                        mirror = self._mirrors[principal_id]
                        self._under_way.add(principal_id)
                        self._pending.pop(principal_id, None)
                        tasks.create_task(self._steer(principal_id, mirror, on=mirror.begin()))
                    await wait(self._bell, self._sleeps(), self._timing)
                else:
                    await self._timing.sleep(_TRIES_AGAIN_S)

    async def _keep(self) -> bool:
        """Writes what is to be kept; whether it is."""
        dirty = {principal_id: self._memory(principal_id) for principal_id in self._dirty}
        if not dirty:
            return True
        self._dirty = set()
        try:
            await mirror_rows.keep(self._database, self._account_id, dirty, self._now())
        except DatabaseUnavailable as error:
            logger.warning("do not disturb waits for the database", extra={"reason": str(error)})
            self._dirty |= dirty.keys()
            return False
        for principal_id, memory in dirty.items():
            self._kept[principal_id] = memory
            if memory == NOTHING:
                del self._kept[principal_id]
            if (mirror := self._mirrors.get(principal_id)) is not None:
                self._note(principal_id, mirror)
        return True

    def _memory(self, principal_id: str) -> Memory:
        mirror = self._mirrors.get(principal_id)
        return NOTHING if mirror is None else mirror.memory

    def _next(self) -> list[str]:
        """Whose command is due now, those whose memory is kept, as many as may go."""
        now = self._timing.clock()
        due = (
            principal_id
            for principal_id in self._pending
            if principal_id not in self._under_way
            and principal_id not in self._dirty
            and (at := self._mirrors[principal_id].due()) is not None
            and at <= now
        )
        return list(islice(due, AT_ONCE - len(self._under_way)))

    def _sleeps(self) -> float:
        """Until the next command is due; when none may go, until one has ended."""
        if len(self._under_way) >= AT_ONCE:
            return _LOOKS_AGAIN_S
        times = [
            self._mirrors[principal_id].due() for principal_id in self._pending if principal_id not in self._under_way
        ]
        now = self._timing.clock()
        return max(0.0, min((at - now for at in times if at is not None), default=_LOOKS_AGAIN_S))

    async def _steer(self, principal_id: str, mirror: Mirror, *, on: bool) -> None:
        how = Ended.UNSURE
        try:
            how = await self._switch(principal_id, on=on)
        except Exception:
            # It costs this telephone a try; everybody else's presence goes on.
            logger.exception("a telephone was not switched", extra={"account_id": self._account_id})
        finally:
            self._under_way.discard(principal_id)
            if mirror.end(how, self._timing.clock()):
                given_up = {"principal_id": principal_id, "account_id": self._account_id, "on": on}
                logger.warning("a telephone does not follow Teams", extra=given_up)
            self._note(principal_id, mirror)
            self._bell.set()

    async def _switch(self, principal_id: str, *, on: bool) -> Ended:
        try:
            await self._telephones.set_do_not_disturb(self._account_id, principal_id, on=on)
        except UnknownId:
            how = Ended.NEVER
        except CallFailed as error:
            how = Ended.UNSURE if error.problem is CallProblem.UNANSWERED else Ended.NOT_DONE
        except CloudLinkUnavailable:
            how = Ended.UNSURE
        else:
            how = Ended.DONE
        self._meters.commands += 1
        self._meters.commands_failed += how is not Ended.DONE
        return how
