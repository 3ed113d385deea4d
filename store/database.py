"""The ``Database`` protocol, which every module of state is written against, and how to open one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Select

T = TypeVar("T")
Parameters = Mapping[str, object]
Rows = Sequence[Sequence[Any]]
Work = Callable[[Connection], T]


class Database(Protocol):
    """What executes SQLAlchemy Core statements. Safe to share between all tasks of one event loop."""

    async def read(self, statement: Select[*tuple[Any, ...]], parameters: Parameters | None = None) -> Rows:
        """The rows of a short, indexed query as of now. SQLite answers on the event loop, so it must take microseconds.

        The statement is built once, with ``bindparam`` (none of them expanding), and given its ``parameters`` here.
        """

    async def scan(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """The rows of a query that may take long; never holds up the event loop."""

    async def write(self, work: Work[T], *, durable: bool = False) -> T:
        """Runs ``work`` in one transaction, off the event loop, and answers its result once that is committed.

        What is committed outlives the process; ``durable`` has it outlive a power failure too, for a disk flush more.
        An exception rolls back and is raised here. Writes run one after another, so ``work`` may read and then decide.
        It may be run again after a rollback, so all that it changes it must change through its connection.
        """

    async def close(self) -> None:
        """Finishes what was asked and lets the database go."""


class UnsupportedDatabase(ValueError):
    """A database URL that names no engine of ours."""


async def open_database(url: str) -> Database:
    """Migrates the database to the present schema and opens it.

    ``sqlite:///path`` is a file (made when it is not there; an absolute path has four slashes); ``sqlite://`` is a
    private database that is gone when closed. Raises ``UnsupportedDatabase``, ``migrations.SchemaTooNew``.
    """
    if not url.startswith("sqlite:"):
        raise UnsupportedDatabase("the database URL must begin with sqlite:///")
    from store.sqlite import SqliteDatabase  # noqa: PLC0415 - only the engine in use is imported

    return await SqliteDatabase.open(url)
