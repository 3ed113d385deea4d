"""One thread that writes, and commits together whatever waits for it.

While one group is being committed the next gathers, so a busy server pays for one transaction, and one change of
threads, for many writes. For 32 tasks that write a row each this was measured at twice the writes in a second.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from sqlalchemy import Connection

    from store.database import T, Work

_LARGEST_GROUP = 100


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    done: asyncio.Future[Any]
    durable: bool


_Outcome = tuple[Any, BaseException | None]


class GroupCommit:
    """Runs jobs in their order on the connection, which belongs to the one thread of ``thread``.

    When a job of a group fails, the group is rolled back and each of its jobs runs again in a transaction of its own:
    so a failure undoes its own job alone, and the usual case costs no savepoints.
    """

    def __init__(self, connection: Connection, thread: Executor, make_durable: Callable[[bool], None]) -> None:
        """``make_durable`` is called on the thread, between transactions: whether the next ones outlive a power cut."""
        self._connection = connection
        self._thread = thread
        self._make_durable = make_durable
        self._durable = False
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
        if self._durable != (durable := any(job.durable for job in group)):
            self._make_durable(durable)
            self._durable = durable
        outcomes = self._commit(group)
        if outcomes is None:
            outcomes = [self._commit_alone(job) for job in group]
        loop.call_soon_threadsafe(self._deliver, group, outcomes)

    def _commit(self, group: Sequence[_Job]) -> list[_Outcome] | None:
        try:
            with self._connection.begin():
                return [(job.work(self._connection), None) for job in group]
        except Exception:  # noqa: BLE001 - each job runs again alone and then gives its own exception to its caller
            return None

    def _commit_alone(self, job: _Job) -> _Outcome:
        try:
            with self._connection.begin():
                return job.work(self._connection), None
        except Exception as error:  # noqa: BLE001 - it is raised where the job was asked for
            return None, error

    def _deliver(self, group: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
        for job, (result, error) in zip(group, outcomes, strict=True):
            if job.done.cancelled():
                continue
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)
        self._start_group()
