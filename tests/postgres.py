"""Databases on a real PostgreSQL server.

To make and drop a database takes most of a second, to delete what a test has left in one takes a few milliseconds. So
``Reused`` keeps one database for a whole session and hands it to one test after the other, each time empty.

``TEST_POSTGRES_URL`` names the server (a superuser's URL). Without a server the tests skip, except where ``CI`` is set.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from store.database import open_database
from tests.fakes.relay import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from store.database import Database

T = TypeVar("T")

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def run(job: Coroutine[object, object, T]) -> T:
    """Runs it to its end in a loop of its own, whatever loop a test has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, job).result()


def url_of(name: str, address: str | None = None) -> str:
    """Of a database on the server, reached at another ``host:port`` when one is given."""
    server = urlsplit(SERVER)
    user = server.netloc.rpartition("@")[0]
    return urlunsplit(server._replace(path=f"/{name}", netloc=f"{user}@{address}" if address else server.netloc))


async def execute(statement: str) -> None:
    """As the superuser, outside of any database of a test."""
    connection = await asyncpg.connect(SERVER)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def new_name() -> str:
    """No other session's, nor an earlier one's."""
    return f"mitel_test_{uuid4().hex}"


def require_server() -> None:
    """Skips the test when there is no server; fails it where the server is promised."""
    try:
        run(execute("SELECT 1"))
    except (OSError, asyncpg.PostgresError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL for TEST_POSTGRES_URL: {error}")


async def make_template() -> str:
    """The name of a new, migrated database that nobody is connected to."""
    name = new_name()
    await execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    await (await open_database(url_of(name))).close()
    return name


async def copy(template: str) -> str:
    """The name of a new database like the template."""
    name = new_name()
    await execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


async def drop(name: str) -> None:
    """Also ends whatever is still connected to it."""
    await execute(f"DROP DATABASE {name} WITH (FORCE)")


# A trigger keeps the audit log from being changed; replicas run no triggers, and check no foreign keys.
_EMPTY = """
    SET session_replication_role = replica;
    SET synchronous_commit = off;
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    DO $$
    DECLARE name regclass;
    BEGIN
      FOR name IN
        SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
      LOOP
        EXECUTE 'DELETE FROM ' || name;
      END LOOP;
      PERFORM setval(oid::regclass, 1, false) FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
    END $$;
"""

# Whatever a test may have changed but rows, in one text.
_STRUCTURE = """
    SELECT md5(concat(
      (SELECT version_num FROM alembic_version),
      (SELECT string_agg(concat_ws(' ', oid, relname, relkind), ',' ORDER BY oid)
         FROM pg_class WHERE relnamespace = 'public'::regnamespace),
      (SELECT string_agg(concat_ws(' ', attrelid, attname, atttypid, attnotnull), ',' ORDER BY attrelid, attnum)
         FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0),
      (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint),
      (SELECT string_agg(concat_ws(' ', oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
      (SELECT string_agg(concat_ws(' ', oid, prosrc), ',' ORDER BY oid)
         FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
      (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting
         JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database())
    ))
"""

# Deleted rows stay in the files until they are vacuumed, and a vacuum would teach the planner what no fresh database
# knows. A table that has grown to so many bytes costs more than a new database.
_GROWN = "SELECT max(pg_relation_size(oid)) > 1000000 FROM pg_class WHERE relnamespace = 'public'::regnamespace"


class Reused:
    """A copy of the template that each test gets empty; made anew when a test has changed more than rows."""

    def __init__(self, template: str) -> None:
        # One connection serves all tests, so that the server prepares itself for the questions once.
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._template = template
        self._connection: asyncpg.Connection | None = None
        self._structure = self._run(self._renew())

    @property
    def url(self) -> str:
        return url_of(self._name)

    def empty(self) -> None:
        """Also ends whatever is still connected to it."""
        self._run(self._empty())

    def drop(self) -> None:
        self._run(self._drop())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _run(self, job: Coroutine[object, object, T]) -> T:
        return self._thread.submit(self._runner.run, job).result()

    async def _renew(self) -> object:
        self._name = await copy(self._template)
        return await (await self._connected()).fetchval(_STRUCTURE)

    async def _drop(self) -> None:
        await self._disconnect()
        await drop(self._name)

    async def _empty(self) -> None:
        connection = await self._connected()
        if await connection.fetchval(_STRUCTURE) == self._structure and not await connection.fetchval(_GROWN):
            await connection.execute(_EMPTY)
        else:
            await self._drop()
            await self._renew()

    async def _connected(self) -> asyncpg.Connection:
        try:
            if self._connection is not None:
                await self._connection.execute("SELECT 1")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # A test has ended all connections to its database.
            await self._disconnect()
        if self._connection is None:
            self._connection = await asyncpg.connect(self.url)
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


@asynccontextmanager
async def relayed(database_url: str) -> AsyncIterator[tuple[Database, Relay]]:
    """The database as it is reached over a wire that can be cut, which then carries plain text."""
    server = urlsplit(database_url)
    async with Relay(str(server.hostname), server.port or 5432) as relay:
        url = url_of(server.path.removeprefix("/"), relay.address)
        database = await open_database(f"{url}?sslmode=disable")
        try:
            yield database, relay
        finally:
            await database.close()
