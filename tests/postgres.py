"""Databases on a real PostgreSQL server, made for one test and dropped after it.

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
