"""How connections to PostgreSQL are made, what they ask of the server, and its migration."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from sqlalchemy import NullPool, text
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from store.database import DatabaseUnavailable, UnsupportedDatabase, decode_json
from store.migrations import migrate
from store.postgres.errors import name_causes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Dialect
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CONNECT_WITHIN_S = 10.0
STATEMENTS_KEPT = 500
_COMMAND_WITHIN_S = 120.0

# Signs of life keep firewalls from forgetting an idle connection, and tell the server of a client that has vanished.
_SESSION = {
    "application_name": "mitel-assistant",
    "jit": "off",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}
READING = {**_SESSION, "default_transaction_read_only": "on"}
# Whoever holds the lock for longer has stopped: the others are told so, and the server ends its transaction.
WRITING = {**_SESSION, "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}

# Any number that no other program takes in the same database: "MITEL" in ASCII.
LOCK = text("SELECT pg_advisory_xact_lock(331942741324)")

_URL = (
    "the address of PostgreSQL cannot be read: write postgresql://user:password@host:port/name, "
    "with percent-encoding for whatever is no letter or digit"
)


async def connect(engine: AsyncEngine) -> AsyncConnection:
    """A connection from its pool. Raises ``DatabaseUnavailable``, ``UnsupportedDatabase``."""
    try:
        return await engine.connect()
    except (OSError, PoolTimeout) as error:
        raise DatabaseUnavailable(str(error) or type(error).__name__) from None
    except ValueError:
        raise UnsupportedDatabase(_URL) from None


def new_engine(url: str, session: Mapping[str, str], *, patient: bool = False, **options: Any) -> AsyncEngine:
    """For connections with such a ``session``; ``options`` are of ``create_engine``, ``patient`` waits without end."""
    # asyncpg reads the URL itself, since it knows the parameters that libpq knows.
    arguments = {
        "dsn": url,
        "timeout": CONNECT_WITHIN_S,
        "command_timeout": None if patient else _COMMAND_WITHIN_S,
        "prepared_statement_cache_size": STATEMENTS_KEPT,
        "server_settings": dict(session),
    }
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args=arguments,
        json_deserializer=decode_json,
        hide_parameters=True,
        **options,
    )
    name_causes(engine)
    return engine


async def migrate_database(url: str) -> Dialect:
    """One process at a time, for as long as it takes; answers the dialect as this server speaks it."""
    engine = new_engine(url, _SESSION, patient=True, poolclass=NullPool)
    try:
        async with aclosing(await connect(engine)) as connection, connection.begin():
            await connection.execute(LOCK)
            if await connection.scalar(text("SHOW server_encoding")) != "UTF8":
                raise UnsupportedDatabase("the PostgreSQL database must have the encoding UTF8")
            await connection.run_sync(migrate)
    except InterfaceError:
        # Of asyncpg's reading of the URL, which may be quoted in the error.
        raise UnsupportedDatabase(_URL) from None
    finally:
        await engine.dispose()
    return engine.dialect
