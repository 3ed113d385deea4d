"""What every database commits, shows, undoes and refuses."""

from __future__ import annotations

import asyncio
import threading
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from store.database import Database, UnsupportedDatabase, open_database
from store.schema import activities_seen, dial_links

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Executable

KEYS = select(activities_seen.c.activity_key).order_by(activities_seen.c.activity_key)

BY_KEY = select(activities_seen).where(activities_seen.c.activity_key == bindparam("key"))


def adding(key: str) -> Executable:
    return insert(activities_seen).values(activity_key=key, seen_at=datetime(2026, 1, 1, tzinfo=UTC))


def adding_without_time(key: str) -> Executable:
    return insert(activities_seen).values(activity_key=key, seen_at=None)


def executing(*statements: Executable) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    return work


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
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await database.scan(adding("x").returning(activities_seen.c.activity_key))  # type: ignore[attr-defined]


async def test_foreign_keys_hold(database: Database) -> None:
    row = {
        "dial_id": "d",
        "account_id": "nobody's",
        "principal_id": "p",
        "number": "201",
        "created_on": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await database.write(lambda connection: connection.execute(insert(dial_links), row))


async def test_refuses_an_engine_that_it_does_not_have() -> None:
    with pytest.raises(UnsupportedDatabase, match="must begin with sqlite:///"):
        await open_database("mysql://somewhere/else")


@pytest.mark.parametrize("text", ["an overlong key" * 10, "a lone \ud800 surrogate", "a NUL \0 inside"])
async def test_a_value_that_does_not_fit_undoes_its_own_write_alone_and_is_not_repeated(
    database: Database, database_url: str, text: str
) -> None:
    _, error, _ = await asyncio.gather(
        *(database.write(executing(adding(key))) for key in ("before", text, "after")),
        return_exceptions=True,
    )
    if database_url.startswith("sqlite:") and "surrogate" not in text:
        # SQLite's columns hold texts of any length, and any character.
        assert await keys(database) == sorted(["after", "before", text])
        return
    assert await keys(database) == ["after", "before"]
    assert isinstance(error, DataError)
    assert text not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("text", ["a lone \ud800 surrogate", "a NUL \0 inside"])
async def test_a_text_that_no_column_can_hold_is_found_nowhere(database: Database, text: str) -> None:
    await database.write(lambda connection: connection.execute(adding("a")))
    assert not await database.read(BY_KEY, {"key": text})
    assert not await database.scan(BY_KEY, {"key": text})


async def test_an_error_repeats_no_value_of_a_row(database: Database) -> None:
    add, without_time = adding("front.desk@example.com"), adding_without_time("front.desk@example.com")
    for refused_for in (executing(add, add), executing(without_time)):
        with pytest.raises(IntegrityError) as refused:
            await database.write(refused_for)
        assert "front.desk" not in "".join(traceback.format_exception(refused.value))
