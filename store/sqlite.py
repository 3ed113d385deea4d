"""SQLite by synchronous SQLAlchemy Core.

Write-ahead logging lets one connection read on the event loop while another writes on its own thread: readers never
wait for the writer. A page read through an asynchronous bridge was measured at a tenth of the speed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import DataError

from store.database import DatabaseUnavailable, decode_json
from store.group_commit import GroupCommit
from store.migrations import migrate
from store.prepared import Statements

if TYPE_CHECKING:
    from sqlalchemy import Executable, Select
    from sqlalchemy.engine import ExceptionContext

    from store.database import Parameters, Rows, T, Work
    from store.group_commit import R

# Another process (a backup, a second server during a restart) may hold the lock for a moment.
_BUSY_TIMEOUT_MS = 10_000
# Primary result codes that blame the moment or the disk, not the statement.
_UNAVAILABLE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}


class SqliteDatabase:
    """Fulfils ``Database``: ``read`` on the calling thread, ``scan`` and ``write`` on one dedicated thread."""

    def __init__(self, url: str, writer: Connection, thread: ThreadPoolExecutor) -> None:
        reading = _engine(url, "PRAGMA query_only = ON")
        self._reader = reading.connect()
        self._statements = Statements(reading.dialect)
        self._scanner = reading.connect()
        self._writer = writer
        self._durable = False
        self._thread = thread
        self._commits = GroupCommit(thread, self._transact)
        self._folder: TemporaryDirectory[str] | None = None

    @classmethod
    async def open(cls, url: str) -> Self:
        """Opens ``sqlite:///path``, or a temporary file for ``sqlite://``, and migrates it."""
        folder = None
        if make_url(url).database in {None, "", ":memory:"}:
            # Two connections cannot share SQLite's memory database without table locks, so a file stands in for it.
            folder = TemporaryDirectory(prefix="mitel-assistant-")
            url = f"sqlite:///{Path(folder.name) / 'store.db'}"
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            writer = await asyncio.get_running_loop().run_in_executor(thread, _open_writer, url)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        database = cls(url, writer, thread)
        database._folder = folder
        return database

    async def read(self, statement: Select[*tuple[Any, ...]], parameters: Parameters | None = None) -> Rows:
        driver: Any = self._reader.connection.driver_connection
        prepared = self._statements.prepare(statement)
        try:
            return prepared.decode(driver.execute(prepared.sql, prepared.values(parameters or {})).fetchall())
        except UnicodeEncodeError:
            return ()
        except (sqlite3.Error, OverflowError):
            # SQLAlchemy asks once more, and raises what every caller knows.
            return self._reader.execute(statement, parameters).fetchall()

    async def scan(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        def query() -> Rows:
            try:
                return self._scanner.execute(statement, parameters).fetchall()
            except DataError as error:
                if error.orig is not None and isinstance(error.orig.__cause__, UnicodeEncodeError):
                    return ()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._thread, query)

    async def write(self, work: Work[T], *, durable: bool = False) -> T:
        return await self._commits.run(work, durable=durable)

    async def close(self) -> None:
        # Jobs run in their order, so this one ends after all that were asked for before.
        with suppress(DatabaseUnavailable):
            await self._commits.run(lambda _connection: None)
        self._thread.shutdown()
        for connection in (self._reader, self._scanner, self._writer):
            connection.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _transact(self, work: Work[R], /, *, durable: bool) -> R:
        if self._durable != durable:
            driver: Any = self._writer.connection.driver_connection
            driver.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable
        with self._writer.begin():
            return work(self._writer)


def _open_writer(url: str) -> Connection:
    engine = _engine(url)
    # An immediate transaction takes the write lock first, so that it cannot fail later for having read an old state.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    connection = engine.connect()
    try:
        with connection.begin():
            migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _name_cause(context: ExceptionContext) -> None:
    error = context.original_exception
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNAVAILABLE:
        raise DatabaseUnavailable(str(error)) from None
    # A lone surrogate, or an integer of more than 64 bits.
    if isinstance(error, UnicodeEncodeError | OverflowError):
        cause = ValueError("a value does not fit its column")
        cause.__cause__ = error
        raise DataError(context.statement, None, cause, hide_parameters=True) from None


def _engine(url: str, *pragmas: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={"check_same_thread": False},
        json_deserializer=decode_json,
        hide_parameters=True,
    )

    def prepare(connection: Any, _record: object) -> None:
        # Without this the driver opens transactions by its own rules; now a lone SELECT sees, and leaves, no snapshot.
        connection.isolation_level = None
        for pragma in (
            f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            "PRAGMA foreign_keys = ON",
            *pragmas,
        ):
            connection.execute(pragma)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "handle_error", _name_cause)
    return engine
