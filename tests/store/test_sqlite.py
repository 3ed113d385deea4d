"""What only SQLite has: files, locks and the log that is flushed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import OperationalError

from store.database import DatabaseUnavailable, open_database
from store.schema import outbox_cursors

if TYPE_CHECKING:
    from pathlib import Path

CONSUMERS = select(outbox_cursors.c.consumer)


async def test_only_a_durable_write_waits_for_the_disk(sqlite_url: str) -> None:
    def flushes(connection: Connection) -> bool:
        # 2 is FULL: the log is flushed at each commit.
        return connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2

    database = await open_database(sqlite_url)
    assert not await database.write(flushes)
    assert await database.write(flushes, durable=True)
    assert not await database.write(flushes)
    await database.close()


async def test_a_private_database_is_gone_when_closed() -> None:
    first = await open_database("sqlite://")
    second = await open_database("sqlite://")
    await first.write(lambda c: c.execute(insert(outbox_cursors).values(consumer="mine", position=0)))
    assert not await second.read(CONSUMERS)
    await first.close()
    await second.close()


async def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="unable to open database file"):
        await open_database(f"sqlite:///{tmp_path / 'missing' / 'store.db'}")


async def test_a_database_that_another_program_keeps_locked_is_unavailable_until_it_lets_go(sqlite_url: str) -> None:
    database = await open_database(sqlite_url)
    await database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 1"))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="database is locked"):
            await database.write(lambda c: c.execute(insert(outbox_cursors).values(consumer="early", position=0)))
    await database.write(lambda c: c.execute(insert(outbox_cursors).values(consumer="late", position=0)))
    assert [row[0] for row in await database.read(CONSUMERS)] == ["late"]
    await database.close()
