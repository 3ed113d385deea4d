"""The SQLite file of a spool: how it is opened, made, and written in transactions.

``synchronous = FULL`` has a commit on the disk before it returns; ``NORMAL`` leaves it to the next one that is. What
must be on the disk is what nobody could tell again.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The form of the tables below.
_FORM = 2
_SCHEMA = f"""
CREATE TABLE facts (sequence INTEGER PRIMARY KEY, extension TEXT NOT NULL, tells INTEGER NOT NULL, fact BLOB NOT NULL);
CREATE INDEX states ON facts (extension, sequence) WHERE tells > 0;
CREATE TABLE spool (id TEXT NOT NULL, last INTEGER NOT NULL, forgotten INTEGER NOT NULL, extensions TEXT NOT NULL);
CREATE TABLE legs (version INTEGER NOT NULL, extension TEXT NOT NULL, leg TEXT NOT NULL);
CREATE INDEX legs_of_extension ON legs (extension);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
PRAGMA user_version = {_FORM};
"""

# The low byte of SQLite's error code is the cause, the others its details.
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


class SpoolUnusable(Exception):
    """The file cannot be this gateway's spool; the text is a sentence for the operator, who may choose another file."""


def open_file(path: Path) -> sqlite3.Connection:
    """Raises ``SpoolUnusable``."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpoolUnusable(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    file = None
    try:
        file = sqlite3.connect(path, timeout=0, check_same_thread=False, isolation_level=None)
        # EXCLUSIVE, set before the first access: the lock is then held until the file is closed.
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        # With locking_mode alone, another process would be refused only after the first write of this one.
        with transaction(file):
            _make(file, path)
    except (sqlite3.Error, SpoolUnusable) as error:
        if file is not None:
            file.close()
        if isinstance(error, SpoolUnusable):
            raise
        raise SpoolUnusable(_sentence(path, error)) from error
    return file


def _make(file: sqlite3.Connection, path: Path) -> None:
    (form,) = file.execute("PRAGMA user_version").fetchone()
    if form == _FORM:
        return
    if form or file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise SpoolUnusable(f"{path} was made by another version of the gateway; set another file")
    for statement in filter(str.strip, _SCHEMA.split(";\n")):
        file.execute(statement)


@contextmanager
def transaction(file: sqlite3.Connection) -> Iterator[None]:
    """All that is written in the block, or nothing."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        # Some errors have SQLite roll back by itself.
        if file.in_transaction:
            file.execute("ROLLBACK")
        raise


def no_room(error: sqlite3.Error) -> bool:
    """Whether the disk is full, or does not take what is written to it for another reason."""
    return _cause(error) in _NO_ROOM


def _cause(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _sentence(path: Path, error: sqlite3.Error) -> str:
    match _cause(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} is in use by another gateway or program; each gateway needs a file of its own"
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return f"{path} is not a spool: {error}"
        case _:
            return f"{path} cannot be opened: {error}"
