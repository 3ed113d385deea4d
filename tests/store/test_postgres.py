"""What only PostgreSQL has: other processes that write, connections that are lost, types that are strict."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from store.database import Database, DatabaseUnavailable, UnsupportedDatabase, open_database
from store.migrations import HEAD
from store.outbox import Event, Outbox, append
from store.schema import activities_seen, outbox_cursors
from tests import postgres
from tests.conftest import SteppedClock, consuming
from tests.fakes.relay import Relay
from tests.postgres import relayed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WRITE_LOCK = "331942741324"
CONSUMERS = select(outbox_cursors.c.consumer).order_by(outbox_cursors.c.consumer)
SEEN = select(func.count()).select_from(activities_seen)


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


@pytest.fixture
async def admin(database_url: str, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Another program that is connected to the same database."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def adding(consumer: str) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(outbox_cursors).values(consumer=consumer, position=0))

    return work


async def consumers(database: Database) -> list[str]:
    return [row[0] for row in await database.read(CONSUMERS)]


async def until(connection: asyncpg.Connection, condition: str) -> None:
    """Asks until the condition holds."""
    async with asyncio.timeout(30):
        while not await connection.fetchval(f"SELECT {condition}"):
            pass


async def test_events_of_two_processes_come_in_order_and_none_is_skipped(
    database: Database, database_url: str, clock: SteppedClock
) -> None:
    async def tell(writer: Database, name: str) -> None:
        for number in range(60):
            topic = f"{name} {number}"
            await writer.write(lambda c, topic=topic: append(c, "account", topic, {}, clock()))  # type: ignore[misc]

    other = await open_database(database_url)
    events: list[Event] = []
    complete = asyncio.Event()

    async def collect(event: Event) -> None:
        events.append(event)
        if len(events) == 360:
            complete.set()

    outbox = Outbox(database, clock)
    async with consuming(outbox, "reader", collect):
        names = [(writer, f"{which}{task}") for which, writer in (("a", database), ("b", other)) for task in range(3)]
        await asyncio.gather(*(tell(writer, name) for writer, name in names))
        outbox.wake()
        await asyncio.wait_for(complete.wait(), 60)
    await other.close()

    assert [event.id for event in events] == sorted({event.id for event in events})
    for _, name in names:
        assert [event.topic for event in events if event.topic.startswith(f"{name} ")] == [
            f"{name} {number}" for number in range(60)
        ]


async def test_work_may_read_and_then_decide_whoever_else_writes(database: Database, database_url: str) -> None:
    def count_and_add(connection: Connection) -> None:
        counted = len(connection.execute(CONSUMERS).all())
        adding(f"{counted:03}")(connection)

    other = await open_database(database_url)
    await asyncio.gather(*(writer.write(count_and_add) for _ in range(40) for writer in (database, other)))
    await other.close()

    assert await consumers(database) == [f"{number:03}" for number in range(80)]


async def test_a_write_waits_for_the_one_of_another_process(database: Database, admin: asyncpg.Connection) -> None:
    await admin.execute(f"SELECT pg_advisory_lock({WRITE_LOCK})")
    writing = asyncio.create_task(database.write(adding("late")))
    await until(admin, "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
    assert await consumers(database) == []
    await admin.execute(f"SELECT pg_advisory_unlock({WRITE_LOCK})")
    await writing
    assert await consumers(database) == ["late"]


async def test_a_lock_that_is_not_let_go_is_unavailability(database: Database, admin: asyncpg.Connection) -> None:
    await admin.execute("SELECT pg_advisory_lock(1)")

    def work(connection: Connection) -> None:
        connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))

    with pytest.raises(DatabaseUnavailable, match="lock timeout"):
        await database.write(work)
    await database.write(adding("next"))


async def test_only_a_durable_write_waits_for_the_disk(database: Database, admin: asyncpg.Connection) -> None:
    await admin.execute("""
        CREATE TABLE commits (how text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER note AFTER INSERT ON outbox_cursors DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION note();
    """)
    for consumer, durable in (("a", False), ("b", True), ("c", False)):
        await database.write(adding(consumer), durable=durable)
    assert [row["how"] for row in await admin.fetch("SELECT how FROM commits")] == ["off", "on", "off"]


async def test_scans_that_take_long_leave_reads_alone(database: Database, admin: asyncpg.Connection) -> None:
    async with admin.transaction():
        await admin.execute("LOCK TABLE activities_seen IN ACCESS EXCLUSIVE MODE")
        scans = [asyncio.create_task(database.scan(SEEN)) for _ in range(20)]
        await until(admin, "EXISTS (SELECT FROM pg_locks WHERE locktype = 'relation' AND NOT granted)")
        assert await consumers(database) == []
        assert not any(scan.done() for scan in scans)
    assert [(await scan)[0][0] for scan in scans] == [0] * 20


async def test_a_savepoint_undoes_its_part_alone(database: Database) -> None:
    def work(connection: Connection) -> None:
        adding("kept")(connection)
        with pytest.raises(IntegrityError), connection.begin_nested():
            adding("kept")(connection)
        adding("kept too")(connection)

    await database.write(work)
    assert await consumers(database) == ["kept", "kept too"]


async def test_work_that_hides_its_failure_is_not_taken_for_committed(database: Database) -> None:
    def work(connection: Connection) -> None:
        adding("first")(connection)
        with pytest.raises(IntegrityError):
            adding("first")(connection)

    with pytest.raises(DBAPIError, match="transaction is aborted"):
        await database.write(work)
    assert await consumers(database) == []


async def test_connections_that_the_server_has_ended_are_replaced(
    database: Database, admin: asyncpg.Connection
) -> None:
    await database.write(adding("before"))
    assert await database.scan(CONSUMERS)
    await admin.execute("""
        SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """)
    assert await consumers(database) == ["before"]
    assert await database.scan(CONSUMERS)
    await database.write(adding("after"))
    assert await consumers(database) == ["after", "before"]


async def test_a_database_that_is_away_is_said_to_be_and_comes_back(database_url: str) -> None:
    async with relayed(database_url) as (database, relay):
        await database.write(adding("before"))
        await relay.cut()
        for question in (database.read(CONSUMERS), database.scan(CONSUMERS), database.write(adding("never"))):
            with pytest.raises(DatabaseUnavailable):
                await question
        await relay.mend()
        await database.write(adding("after"))
        assert await consumers(database) == ["after", "before"]


async def test_a_consumer_waits_for_a_database_that_is_away_and_misses_nothing(
    database_url: str, clock: SteppedClock
) -> None:
    events: asyncio.Queue[Event] = asyncio.Queue()
    waiting, may_go_on = asyncio.Event(), asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await may_go_on.wait()

    async with relayed(database_url) as (database, relay):
        outbox = Outbox(database, clock, sleep)
        async with consuming(outbox, "reader", events.put):
            await database.write(lambda connection: append(connection, "account", "one", {}, clock()))
            outbox.wake()
            first = await events.get()
            await relay.cut()
            outbox.wake()
            await waiting.wait()
            await relay.mend()
            await database.write(lambda connection: append(connection, "account", "two", {}, clock()))
            may_go_on.set()
            topics = [first.topic]
            # The cursor may not have been moved past the first one when the database went away.
            while topics[-1] != "two":
                topics.append((await events.get()).topic)
    assert topics in (["one", "two"], ["one", "one", "two"])


async def test_a_database_that_is_away_at_the_start_is_unavailable(database_url: str) -> None:
    async with Relay("127.0.0.1", 1) as relay:
        address = relay.address
    with pytest.raises(DatabaseUnavailable):
        await open_database(postgres.url_of("any", address))


async def test_a_database_that_goes_away_while_idle_can_still_be_closed(database_url: str) -> None:
    async with relayed(database_url) as (_, relay):
        await relay.cut()


async def test_what_may_have_been_committed_is_not_done_again(database_url: str) -> None:
    async with relayed(database_url) as (database, relay):
        started: list[str] = []

        def work(connection: Connection) -> None:
            started.append("once")
            adding("committed")(connection)

        relay.cut_after(b"COMMIT")
        with pytest.raises(DatabaseUnavailable):
            await database.write(work)
        assert started == ["once"]
        assert await consumers(database) == ["committed"]


async def test_processes_that_start_at_once_migrate_one_after_another() -> None:
    postgres.require_server()
    name = postgres.new_name()
    await postgres.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    try:
        opened = await asyncio.gather(*(open_database(postgres.url_of(name)) for _ in range(3)))
        for database in opened:
            assert await database.scan(text("SELECT version_num FROM alembic_version")) == [(HEAD,)]
            await database.close()
    finally:
        await postgres.drop(name)


async def test_a_database_of_another_encoding_is_refused() -> None:
    postgres.require_server()
    name = postgres.new_name()
    await postgres.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(UnsupportedDatabase, match="UTF8"):
            await open_database(postgres.url_of(name))
    finally:
        await postgres.drop(name)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2#secret@127.0.0.1/name",
        "postgresql://user:hunter2/secret@127.0.0.1:5432/name",
        "postgresql://user:hunter2@127.0.0.1:port/name",
        "postgresql://user:hunter2@[127.0.0.1/name",
        "postgresql://user:hunter2@127.0.0.1/name?sslmode=hunter2",
    ],
)
async def test_an_address_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UnsupportedDatabase) as refused:
        await open_database(url)
    assert "hunter2" not in str(refused.value)
    assert "percent" in str(refused.value)


@pytest.mark.parametrize("way", ["scan", "read"])
async def test_a_question_that_is_cancelled_ends_as_cancelled(
    database: Database, admin: asyncpg.Connection, way: str
) -> None:
    """Not as if the database were away: whoever goes on after that, as consumers do, would never end."""
    slow = select(text("pg_sleep(30)")) if way == "scan" else select(func.pg_sleep(30))
    asking = database.scan(slow) if way == "scan" else database.read(slow)
    task = asyncio.ensure_future(asking)
    others = "state = 'active' AND pid <> pg_backend_pid()"
    running = f"count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND {others}"
    await until(admin, running)
    task.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([task])
    assert task.cancelled()
