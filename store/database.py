"""The ``Database`` protocol, which every module of state is written against, and how to open one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json import JSONDecoder
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Select

T = TypeVar("T")
Parameters = Mapping[str, object]
Rows = Sequence[Sequence[Any]]
Work = Callable[[Connection], T]

_JSON = JSONDecoder()


class Database(Protocol):
    """What executes SQLAlchemy Core statements. Safe to share between all tasks of one event loop.

    Every method may raise ``DatabaseUnavailable``. A statement that the database refuses raises SQLAlchemy's
    ``IntegrityError`` or ``DataError``, which hold no parameters.
    """

    async def read(self, statement: Select[*tuple[Any, ...]], parameters: Parameters | None = None) -> Rows:
        """The rows of a short, indexed query as of now. SQLite answers on the event loop, so it must take microseconds.

        The statement is built once, with ``bindparam`` (none of them expanding), and given its ``parameters`` here. One
        with a text that no column can hold (a lone surrogate; on PostgreSQL a NUL) finds nothing.
        """

    async def scan(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """The rows of a query that may take long; never holds up the event loop, nor a ``read``.

        One with a text that no column can hold finds nothing, as with ``read``.
        """

    async def write(self, work: Work[T], *, durable: bool = False) -> T:
        """Runs ``work`` in one transaction, off the event loop, and answers its result once that is committed.

        What is committed outlives the process; ``durable`` has it outlive a power failure too, for a disk flush more.
        An exception rolls back and is raised here. Writes run one after another, those of other processes too, so
        ``work`` may read and then decide, and row ids become visible in their order.
        It may be run again after a rollback, so all that it changes it must change through its connection.

        After ``DatabaseUnavailable`` the work may have been committed: the answer is what got lost.
        """

    async def close(self) -> None:
        """Finishes what was asked and lets the database go."""


class UnsupportedDatabase(ValueError):
    """A database URL that names no engine of ours, or cannot be read. The text repeats no part of the URL."""


class DatabaseUnavailable(Exception):
    """The database is away, busy for too long, or its disk fails: nothing is wrong with what was asked."""


async def open_database(url: str) -> Database:
    """Migrates the database to the present schema and opens it.

    ``sqlite:///path`` is a file (made when it is not there; an absolute path has four slashes); ``sqlite://`` is a
    private database that is gone when closed. ``postgresql://user:password@host:port/name`` is PostgreSQL, with the
    parameters and environment variables of libpq (``?sslmode=verify-full``, ``PGPASSFILE``). Raises
    ``UnsupportedDatabase``, ``DatabaseUnavailable``, ``migrations.SchemaTooNew``.
    """
    # Only the engine in use is imported.
    if url.startswith("sqlite:"):
        from store.sqlite import SqliteDatabase  # noqa: PLC0415

        return await SqliteDatabase.open(url)
    if url.startswith("postgresql:"):
        from store.postgres.database import PostgresDatabase  # noqa: PLC0415

        return await PostgresDatabase.open(url)
    raise UnsupportedDatabase("the database URL must begin with sqlite:/// or postgresql://")


def decode_json(text: str) -> Any:
    """``json.loads`` spends most of its time on space around the value, and what was stored here has none."""
    return _JSON.raw_decode(text)[0]
