"""The SQLite executor: what is committed, seen, undone and refused."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from store.database import Database, UnsupportedDatabase, open_database
from store.schema import activities_seen, dial_links

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Executable

KEYS = select(activities_seen.c.activity_key).order_by(activities_seen.c.activity_key)


def adding(key: str) -> Executable:
    return insert(activities_seen).values(activity_key=key, seen_at=datetime(2026, 1, 1, tzinfo=UTC))


async def keys(database: Database) -> list[str]:
    return [row[0] for row in await database.read(KEYS)]


async def test_a_read_sees_what_was_committed_just_before(database: Database) -> None:
    await database.write(lambda connection: connection.execute(adding("a")))
    assert await keys(database) == ["a"]
    await database.write(lambda connection: connection.execute(adding("b")))
    assert await keys(database) == ["a", "b"]


async def test_a_read_sees_what_another_process_has_committed(database: Database, database_url: str) -> None:
    assert await keys(database) == []
    other = await open_database(database_url)
    await other.write(lambda connection: connection.execute(adding("theirs")))
    await other.close()
    assert await keys(database) == ["theirs"]


async def test_only_a_durable_write_waits_for_the_disk(database: Database) -> None:
    def flushes(connection: Connection) -> bool:
        # 2 is FULL: the log is flushed at each commit.
        return connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2

    assert not await database.write(flushes)
    assert await database.write(flushes, durable=True)
    assert not await database.write(flushes)


async def test_a_failed_write_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def work(connection: Connection) -> None:
        connection.execute(adding("first"))
        connection.execute(adding("first"))

    with pytest.raises(IntegrityError):
        await database.write(work)
    assert await keys(database) == []

    await database.write(lambda connection: connection.execute(adding("second")))
    assert await keys(database) == ["second"]


async def test_a_read_goes_on_while_a_transaction_is_open(database: Database) -> None:
    began, may_end = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(adding("late"))
        began.set()
        assert may_end.wait(60)

    writing = asyncio.create_task(database.write(work))
    await asyncio.to_thread(began.wait, 60)
    assert await keys(database) == []
    may_end.set()
    await writing
    assert await keys(database) == ["late"]


async def test_writes_at_once_are_all_kept_one_after_another(database: Database) -> None:
    def work(connection: Connection) -> int:
        count = len(connection.execute(KEYS).all())
        connection.execute(adding(f"{count:03}"))
        return count

    counts = await asyncio.gather(*(database.write(work) for _ in range(50)))

    assert sorted(counts) == list(range(50))
    assert len(await keys(database)) == 50


async def test_of_writes_that_are_committed_together_one_that_fails_undoes_itself_alone(database: Database) -> None:
    began, may_end = threading.Event(), threading.Event()

    def hold_the_thread(_connection: Connection) -> None:
        began.set()
        assert may_end.wait(60)

    def fail(connection: Connection) -> None:
        connection.execute(adding("undone"))
        raise RuntimeError("this one alone")

    holding = asyncio.create_task(database.write(hold_the_thread))
    await asyncio.to_thread(began.wait, 60)
    waiting = [
        asyncio.create_task(database.write(work))
        for work in (lambda c: c.execute(adding("before")), fail, lambda c: c.execute(adding("after")))
    ]
    may_end.set()
    _, failed, _ = await asyncio.gather(*waiting, return_exceptions=True)
    await holding

    assert str(failed) == "this one alone"
    assert await keys(database) == ["after", "before"]


async def test_a_write_that_nobody_waits_for_any_more_is_whole(database: Database) -> None:
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(connection: Connection) -> None:
        connection.execute(adding("a"))
        loop.call_soon_threadsafe(began.set)
        connection.execute(adding("b"))

    task = asyncio.create_task(database.write(work))
    await began.wait()
    task.cancel()
    await asyncio.wait([task])
    await database.write(lambda connection: connection.execute(adding("c")))
    assert await keys(database) == ["a", "b", "c"]


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.scan(adding("x").returning(activities_seen.c.activity_key))  # type: ignore[attr-defined]


async def test_foreign_keys_hold(database: Database) -> None:
    row = {
        "dial_id": "d",
        "account_id": "nobody's",
        "principal_id": "p",
        "number": "201",
        "created_on": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        await database.write(lambda connection: connection.execute(insert(dial_links), row))


async def test_a_private_database_is_gone_when_closed() -> None:
    first = await open_database("sqlite://")
    second = await open_database("sqlite://")
    await first.write(lambda connection: connection.execute(adding("mine")))
    assert await keys(second) == []
    await first.close()
    await second.close()


async def test_refuses_an_engine_that_it_does_not_have() -> None:
    with pytest.raises(UnsupportedDatabase, match="must begin with sqlite:///"):
        await open_database("mysql://somewhere/else")


async def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="unable to open database file"):
        await open_database(f"sqlite:///{tmp_path / 'missing' / 'store.db'}")
