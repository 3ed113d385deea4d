"""Copies of a SQLite database: made while it is in use, put back while it is not.

A copy is one file without a log beside it. It is written under another name and gets its own only when it is whole and
on the disk, so a file that bears the name is a good one.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from store.clock import Clock, utc_now
from store.database import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART = ".part"
_LOG_FILES = ("-wal", "-shm", "-journal")


class BackupRefused(Exception):
    """A copy that cannot be made or put back; the text says why."""


def back_up(database: Path, copy: Path) -> None:
    """Copies the database as it is at one moment; writers need not stop. Raises ``BackupRefused``.

    The copy is readable by its owner alone. It holds hashes and encrypted secrets, not the key of the latter.
    """
    with _part_of(copy) as part:
        _copy(database, part)
        _give_name(part, copy)


async def restore(copy: Path, database: Path, now: Clock = utc_now) -> Path | None:
    """Puts the copy, migrated to the present schema, in the place of the database.

    Answers where the replaced database is kept, beside it; ``None`` when there was none. Raises ``BackupRefused`` when
    the database is in use or the copy is none, and ``migrations.SchemaTooNew``; then nothing has changed.
    """
    with _part_of(database) as part:
        _copy(copy, part)
        await (await open_database(f"sqlite:///{part}")).close()
        return _replace(part, database, f".replaced-{now():%Y%m%dT%H%M%SZ}")


def path_of(database_url: str) -> Path | None:
    """The file of a SQLite URL; ``None`` for a private database or another engine."""
    if not database_url.startswith("sqlite:"):
        return None
    name = make_url(database_url).database
    return Path(name) if name and name != ":memory:" else None


def _copy(source: Path, target: Path) -> None:
    try:
        # Whoever only reads cannot remove the log's index at the end, which the server may then not be able to write.
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy)
    except sqlite3.Error as error:
        raise BackupRefused(f"{source} cannot be copied: {error}") from None
    _sync(target)


def _check(copy: sqlite3.Connection) -> None:
    faults = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
    if faults != ["ok"]:
        raise BackupRefused(f"the database is damaged: {faults[0]}")
    if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        raise BackupRefused("it is no database of Mitel Assistant")


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """A new, empty file beside ``path`` for its owner alone, gone at the end if it has not got a name of its own."""
    part = path.with_name(path.name + _PART)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise BackupRefused(f"{part} is there: another copy is being made, or one was cut short (remove it)") from None
    try:
        yield part
    finally:
        for end in ("", *_LOG_FILES):
            part.with_name(part.name + end).unlink(missing_ok=True)


def _give_name(part: Path, name: Path) -> None:
    try:
        # Unlike a renaming, a link never replaces a file.
        os.link(part, name)
    except FileExistsError:
        raise BackupRefused(f"{name} exists already") from None
    _sync(name.parent)


def _replace(part: Path, database: Path, end: str) -> Path | None:
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    if not database.exists():
        _move_logs(database, database.with_name(database.name + end))
        _give_name(part, database)
        return None
    _take_owner(part, database.stat())
    _sync(part)
    with _alone(database):
        kept = _set_aside(database, end)
        part.replace(database)
        _sync(database.parent)
    return kept


def _take_owner(part: Path, of: os.stat_result) -> None:
    """Whoever restores need not be the user whom the server runs as."""
    part.chmod(stat.S_IMODE(of.st_mode))
    if sys.platform != "win32":
        os.chown(part, of.st_uid, of.st_gid)


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Nobody else has the database open, nor can use it meanwhile. Raises ``BackupRefused``."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            # Leaving the write-ahead log takes an exclusive lock, which every other connection forbids.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise BackupRefused(f"{database} is in use, stop the server first: {error}") from None
        except sqlite3.DatabaseError:
            # So damaged that no server can use it, which is why it is to be replaced.
            connection.close()
        yield


def _set_aside(database: Path, end: str) -> Path:
    """Gives the database a second name."""
    kept = database.with_name(database.name + end)
    try:
        os.link(database, kept)
    except FileExistsError:
        raise BackupRefused(f"{kept} exists already") from None
    _move_logs(database, kept)
    return kept


def _move_logs(database: Path, kept: Path) -> None:
    """What a damaged or deleted database has left behind must not be taken for the new one's."""
    for log in _LOG_FILES:
        with suppress(FileNotFoundError):
            database.with_name(database.name + log).rename(kept.with_name(kept.name + log))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
