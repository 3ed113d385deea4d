"""The thread that writes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING

from sqlalchemy import text

from store.database import DatabaseUnavailable
from store.postgres.engines import LOCK, WRITING, connect, new_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from store.database import Work
    from store.group_commit import R

# They stand last, where they also tell a transaction that has failed: its COMMIT would roll back without a word.
_FLUSH = text("SET LOCAL synchronous_commit = on")
_NO_FLUSH = text("SET LOCAL synchronous_commit = off")


class Writer:
    """The connection that writes and the event loop that drives it; both belong to ``thread``."""

    def __init__(self, url: str) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        # A loop of the same kind as the caller's.
        self._runner = asyncio.Runner(loop_factory=type(asyncio.get_running_loop()))
        self._engine = new_engine(url, WRITING, pool_size=1, max_overflow=0)

    def transact(self, work: Work[R], /, *, durable: bool) -> R:
        return self._runner.run(self._transact(work, durable=durable))

    def close(self) -> None:
        self._runner.run(self._engine.dispose())
        self._runner.close()

    async def _transact(self, work: Callable[[Connection], R], *, durable: bool) -> R:
        try:
            connection = await self._begin()
        except DatabaseUnavailable:
            # The server may have gone since the last write, and come back.
            connection = await self._begin()
        async with aclosing(connection):
            result = await connection.run_sync(work)
            await connection.execute(_FLUSH if durable else _NO_FLUSH)
            await connection.commit()
        return result

    async def _begin(self) -> AsyncConnection:
        """A transaction that holds the lock."""
        connection = await connect(self._engine)
        try:
            await connection.execute(LOCK)
        except BaseException:
            await connection.close()
            raise
        return connection
