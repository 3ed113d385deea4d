"""A copy is whole whatever is written meanwhile, and comes back without losing what it replaces."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from store.backup import BackupRefused, back_up, path_of, restore
from store.database import Database, open_database
from store.migrations import SchemaTooNew
from store.schema import outbox_cursors

if TYPE_CHECKING:
    from tests.conftest import SteppedClock

CONSUMERS = select(outbox_cursors.c.consumer).order_by(outbox_cursors.c.consumer)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def file(database_url: str) -> Path:
    path = path_of(database_url)
    assert path is not None
    return path


@pytest.fixture
async def stopped(database_url: str) -> None:
    """A server has run, kept ``before`` and ended."""
    database = await open_database(database_url)
    await add(database, "before")
    await database.close()


async def add(database: Database, consumer: str) -> None:
    await database.write(lambda c: c.execute(insert(outbox_cursors).values(consumer=consumer, position=0)))


async def kept_in(path: Path) -> list[str]:
    database = await open_database(f"sqlite:///{path}")
    rows = await database.read(CONSUMERS)
    await database.close()
    return [row[0] for row in rows]


def left_behind(folder: Path) -> list[Path]:
    """Whatever a restoring that was refused must not leave."""
    return [*folder.glob("*.replaced*"), *folder.glob("*.part*")]


async def test_what_was_committed_before_the_copy_is_in_it_and_comes_back(
    database_url: str, file: Path, tmp_path: Path, clock: SteppedClock
) -> None:
    database = await open_database(database_url)
    copy = tmp_path / "copy.db"
    written: list[str] = []
    some, copied = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        while not copied.is_set() or len(written) < 200:
            name = f"{len(written):06}"
            await add(database, name)
            written.append(name)
            if len(written) == 50:
                some.set()

    writing = asyncio.create_task(write())
    await some.wait()
    committed = list(written)
    await asyncio.to_thread(back_up, file, copy)
    copied.set()
    await writing
    await database.close()

    kept = await restore(copy, file, clock)

    restored = await kept_in(file)
    assert restored[: len(committed)] == committed
    assert restored == written[: len(restored)]
    assert kept == file.with_name("store.db.replaced-20260302T140500Z")
    assert await kept_in(kept) == written


async def test_a_copy_is_one_file_for_its_owner_alone(database: Database, file: Path, tmp_path: Path) -> None:
    await add(database, "a")
    (tmp_path / "copies").mkdir()
    back_up(file, tmp_path / "copies" / "copy.db")
    (copy,) = (tmp_path / "copies").iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.usefixtures("stopped")
async def test_copying_leaves_nothing_beside_a_database_that_is_not_in_use(file: Path, tmp_path: Path) -> None:
    back_up(file, tmp_path / "copy.db")
    assert sorted(path.name for path in await asyncio.to_thread(lambda: [*tmp_path.iterdir()])) == [
        "copy.db",
        "store.db",
    ]


@pytest.mark.usefixtures("stopped")
async def test_a_copy_never_replaces_a_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(BackupRefused, match=r"copy\.db exists already"):
        back_up(file, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"
    assert not left_behind(tmp_path)


async def test_nothing_is_restored_while_a_server_uses_the_database(
    database: Database, file: Path, tmp_path: Path
) -> None:
    await add(database, "a")
    back_up(file, tmp_path / "copy.db")
    await add(database, "b")
    with pytest.raises(BackupRefused, match="in use"):
        await restore(tmp_path / "copy.db", file)
    await add(database, "c")
    assert [row[0] for row in await database.read(CONSUMERS)] == ["a", "b", "c"]
    assert not left_behind(tmp_path)


@pytest.mark.usefixtures("stopped")
async def test_a_database_that_is_damaged_is_replaced_and_kept(file: Path, tmp_path: Path) -> None:
    back_up(file, tmp_path / "copy.db")
    damaged = b"no database any more" * 1000
    await asyncio.to_thread(file.write_bytes, damaged)
    kept = await restore(tmp_path / "copy.db", file)
    assert await kept_in(file) == ["before"]
    assert kept is not None
    assert await asyncio.to_thread(kept.read_bytes) == damaged


@pytest.mark.usefixtures("stopped")
async def test_the_log_of_a_database_that_is_gone_is_not_taken_for_the_restored_ones(
    file: Path, tmp_path: Path
) -> None:
    back_up(file, tmp_path / "copy.db")
    await asyncio.to_thread(file.rename, file.with_name("store.db-wal"))
    assert await restore(tmp_path / "copy.db", file) is None
    assert await kept_in(file) == ["before"]
    (log,) = left_behind(tmp_path)
    assert log.name.endswith("-wal")


@pytest.mark.usefixtures("stopped")
async def test_the_restored_file_is_its_owners_as_the_replaced_one_was(file: Path, tmp_path: Path) -> None:
    back_up(file, tmp_path / "copy.db")
    await asyncio.to_thread(file.chmod, 0o640)
    await restore(tmp_path / "copy.db", file)
    assert stat.S_IMODE((await asyncio.to_thread(file.stat)).st_mode) == 0o640


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("kind", ["missing", "text", "damaged", "foreign"])
async def test_what_is_no_copy_of_ours_replaces_nothing(file: Path, tmp_path: Path, kind: str) -> None:
    copy = tmp_path / "copy.db"
    if kind == "text":
        copy.write_text("This is no database, only a text that is long enough to be taken for one. " * 20)
    elif kind == "damaged":
        back_up(file, copy)
        content = bytearray(copy.read_bytes())
        content[4096 * 2 : 4096 * 6] = bytes(4096 * 4)
        copy.write_bytes(content)
    elif kind == "foreign":
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("CREATE TABLE other (id INTEGER)")
    with pytest.raises(BackupRefused):
        await restore(copy, file)
    assert await kept_in(file) == ["before"]
    assert not left_behind(tmp_path)


@pytest.mark.usefixtures("stopped")
async def test_the_copy_of_a_newer_program_replaces_nothing(file: Path, tmp_path: Path) -> None:
    back_up(file, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(SchemaTooNew):
        await restore(tmp_path / "copy.db", file)
    assert await kept_in(file) == ["before"]


def test_only_a_sqlite_file_has_a_path() -> None:
    assert path_of("sqlite:///var/store.db") == Path("var/store.db")
    assert path_of("sqlite:////var/store.db") == Path("/var/store.db")
    assert [path_of(url) for url in ("sqlite://", "sqlite:///:memory:", "postgresql://localhost/x")] == [None] * 3
