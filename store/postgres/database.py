"""The ``Database`` on PostgreSQL."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Self

import asyncpg
from sqlalchemy.exc import DataError

from store.database import DatabaseUnavailable, decode_json
from store.group_commit import GroupCommit
from store.postgres.engines import (
    CONNECT_WITHIN_S,
    READING,
    STATEMENTS_KEPT,
    connect,
    migrate_database,
    new_engine,
)
from store.postgres.errors import is_unstorable_text
from store.postgres.writer import Writer
from store.prepared import Statements

if TYPE_CHECKING:
    from sqlalchemy import Executable, Select
    from sqlalchemy.ext.asyncio import AsyncEngine

    from store.database import Parameters, Rows, T, Work

_READERS = 10
_SCANNERS = 2
_READ_WITHIN_S = 10.0

# The type float8 in PostgreSQL's catalogue.
_FLOAT8 = 701


class PostgresDatabase:
    """Fulfils ``Database``."""

    def __init__(self, readers: asyncpg.Pool, scanning: AsyncEngine, statements: Statements, writer: Writer) -> None:
        self._readers = readers
        self._scanning = scanning
        self._statements = statements
        self._writer = writer
        self._commits = GroupCommit(writer.thread, writer.transact)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Opens and migrates the database. Raises as ``open_database`` does."""
        dialect = await migrate_database(url)
        readers = asyncpg.create_pool(
            url,
            min_size=1,
            max_size=_READERS,
            init=_decode_json_columns,
            reset=_keep,
            timeout=CONNECT_WITHIN_S,
            command_timeout=_READ_WITHIN_S,
            statement_cache_size=STATEMENTS_KEPT,
            server_settings=READING,
        )
        try:
            await readers
        except (asyncpg.PostgresError, OSError) as error:
            raise DatabaseUnavailable(str(error) or type(error).__name__) from None
        scanning = new_engine(
            url, READING, isolation_level="AUTOCOMMIT", pool_size=_SCANNERS, max_overflow=0, pool_pre_ping=True
        )
        return cls(readers, scanning, Statements(dialect, _FLOAT8), Writer(url))

    async def read(self, statement: Select[*tuple[Any, ...]], parameters: Parameters | None = None) -> Rows:
        prepared = self._statements.prepare(statement)
        try:
            return prepared.decode(await self._readers.fetch(prepared.sql, *prepared.values(parameters or {})))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if is_unstorable_text(error):
                return ()
            # The connection may have been lost long ago: SQLAlchemy asks once more on one that it has tried, and
            # raises what every caller knows.
            return await self.scan(statement, parameters)

    async def scan(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        async with aclosing(await connect(self._scanning)) as connection:
            try:
                return (await connection.execute(statement, parameters)).fetchall()
            except DataError as error:
                if error.orig is not None and is_unstorable_text(error.orig):
                    return ()
                raise

    async def write(self, work: Work[T], *, durable: bool = False) -> T:
        return await self._commits.run(work, durable=durable)

    async def close(self) -> None:
        # Jobs run in their order, so this one ends after all that were asked for before.
        with suppress(DatabaseUnavailable):
            await self._commits.run(lambda _connection: None)
        await asyncio.get_running_loop().run_in_executor(self._writer.thread, self._writer.close)
        self._writer.thread.shutdown()
        await self._scanning.dispose()
        await self._readers.close()


async def _decode_json_columns(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("json", schema="pg_catalog", encoder=str, decoder=decode_json)


async def _keep(_connection: asyncpg.Connection) -> None:
    """A read leaves nothing behind that a connection would have to be cleared of."""
