"""A database that is away, told in the words of the port."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cloudlink.port import CloudLinkUnavailable
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Executable, Select

    from store.database import Database, Parameters, Rows, T, Work


class PortDatabase:
    """The ``Database`` of whoever fulfils a port: it raises ``CloudLinkUnavailable`` for ``DatabaseUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, statement: Select[*tuple[Any, ...]], parameters: Parameters | None = None) -> Rows:
        with _as_the_port_says():
            return await self._database.read(statement, parameters)

    async def scan(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        with _as_the_port_says():
            return await self._database.scan(statement, parameters)

    async def write(self, work: Work[T], *, durable: bool = False) -> T:
        with _as_the_port_says():
            return await self._database.write(work, durable=durable)

    async def close(self) -> None:
        await self._database.close()


@contextmanager
def _as_the_port_says() -> Iterator[None]:
    try:
        yield
    except DatabaseUnavailable as error:
        raise CloudLinkUnavailable("the database is away") from error
