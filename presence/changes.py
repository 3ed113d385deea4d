"""Reads the presence of those whom Graph has named, a moment after the first of them.

Only for accounts that this server looks after. A notification that reaches another server is dropped: the one that does
look after the account asks Graph for everybody every few seconds anyway, so to hand it over would cost more than it
saves. For the same reason nothing is tried twice, and nothing is kept over a restart.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

from graph.errors import GraphError
from graph.presence import LARGEST_READ, read_presences
from graph.retry import Patience
from graph.timing import Timing
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from graph.client import TenantGraph
    from graph.presence import Presence

logger = logging.getLogger(__name__)

GATHERED_S = 0.2
"""How long others are waited for before the first is read."""
MOST_WAITING = 5_000
"""Of one account. A round of everybody is as quick for more."""
_ONCE = Patience(attempts=1, longest_wait=3.0)


class Account(Protocol):
    """One that this server looks after: its tenant, and who is told what Teams shows."""

    @property
    def graph(self) -> TenantGraph:
        """By the application's own permission."""

    async def saw(self, presences: Iterable[Presence]) -> None:
        """Of some of its people, or of others, who do not matter."""


class Changes:
    """``of_account`` finds an account that this server looks after and that wants to hear from Teams."""

    def __init__(self, of_account: Callable[[str], Account | None], timing: Timing | None = None) -> None:
        self._of_account = of_account
        self._timing = timing or Timing()
        self._waiting: dict[str, dict[str, None]] = {}
        self._bell = asyncio.Event()

    def told(self, account_id: str, object_ids: Sequence[str]) -> None:
        """Their presence has changed."""
        if self._of_account(account_id) is None:
            return
        waiting = self._waiting.setdefault(account_id, {})
        waiting.update(dict.fromkeys(object_ids[: MOST_WAITING - len(waiting)]))
        self._bell.set()

    async def run(self) -> NoReturn:
        """Until cancelled. A tenant that is slow makes only its own people wait."""
        async with asyncio.TaskGroup() as reading:
            under_way: dict[str, asyncio.Task[None]] = {}
            while True:
                await self._bell.wait()
                self._bell.clear()
                for account_id in self._waiting.keys() - under_way.keys():
                    task = reading.create_task(self._read(account_id), name="presence changes")
                    under_way[account_id] = task
                    task.add_done_callback(partial(self._done, under_way, account_id))

    def _done(self, under_way: dict[str, asyncio.Task[None]], account_id: str, _: asyncio.Task[None]) -> None:
        del under_way[account_id]
        # Others may have been named meanwhile.
        self._bell.set()

    async def _read(self, account_id: str) -> None:
        await self._timing.sleep(GATHERED_S)
        object_ids, account = list(self._waiting.pop(account_id, {})), self._of_account(account_id)
        if account is None:
            return
        try:
            for start in range(0, len(object_ids), LARGEST_READ):
                some = object_ids[start : start + LARGEST_READ]
                await account.saw(await read_presences(account.graph.within(_ONCE), some))
        except (GraphError, DatabaseUnavailable) as error:
            logger.info("changes of presence not read", extra={"account_id": account_id, "cause": str(error)})
