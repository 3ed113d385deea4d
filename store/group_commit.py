"""One thread that writes, and commits together whatever waits for it.

While one group is being committed the next gathers, so a busy server pays for one transaction, and one change of
threads, for many writes. For 32 tasks that write a row each into SQLite this was measured at twice the writes in a
second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from store.database import T, Work

R = TypeVar("R")

_LARGEST_GROUP = 100


class Transact(Protocol):
    """Runs work in one transaction, on the thread that calls it, and answers its result once that is committed.

    What the work raises is raised, after a rollback. Raises ``DatabaseUnavailable`` when the database is away: before
    the commit nothing has happened, during it nobody knows.
    """

    def __call__(self, work: Work[R], /, *, durable: bool) -> R: ...


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    done: asyncio.Future[Any]
    durable: bool


_Outcome = tuple[Any, Exception | None]


class GroupCommit:
    """Runs jobs in their order on the one thread of ``thread``.

    When a job of a group fails, the group is rolled back and each of its jobs runs again in a transaction of its own:
    so a failure undoes its own job alone, and the usual case costs no savepoints. When the database goes away nothing
    runs again, since the group may have been committed.
    """

    def __init__(self, thread: Executor, transact: Transact) -> None:
        self._thread = thread
        self._transact = transact
        self._waiting: deque[_Job] = deque()
        self._busy = False

    async def run(self, work: Work[T], *, durable: bool = False) -> T:
        """The result of ``work`` once it is committed; its exception when it was rolled back."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Job(work, done, durable))
        if not self._busy:
            self._start_group()
        return await done

    def _start_group(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _LARGEST_GROUP))]
        self._busy = bool(group)
        if group:
            self._thread.submit(self._write, group, asyncio.get_running_loop())

    def _write(self, group: Sequence[_Job], loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(self._deliver, group, self._outcomes(group))

    def _outcomes(self, group: Sequence[_Job]) -> Sequence[_Outcome]:
        durable = any(job.durable for job in group)
        try:
            results = self._transact(lambda connection: [job.work(connection) for job in group], durable=durable)
        except DatabaseUnavailable as error:
            return [(None, DatabaseUnavailable(str(error))) for _ in group]
        except Exception as error:  # noqa: BLE001 - it is raised where its job was asked for
            return [(None, error)] if len(group) == 1 else [self._outcomes([job])[0] for job in group]
        return [(result, None) for result in results]

    def _deliver(self, group: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
        for job, (result, error) in zip(group, outcomes, strict=True):
            if job.done.cancelled():
                continue
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)
        self._start_group()
