"""Facts on disk until CloudLink has committed them: an SQLite file that survives the process.

Each fact has a sequence number; numbers of a spool start at 1 and have no gaps, across restarts too. When one of the
two sides was put back to an earlier state (restored, replaced, or lost in a power failure), the numbers no longer meet:
CloudLink holds more than the spool ever gave, or less than the spool has forgotten. The spool then becomes a new one
by ``renew``, and nothing that it still holds is lost.

Beside the facts stand the calls in being, so that a gateway that starts again can tell how they went on. A call's end
and its record are one transaction.

A spool belongs to one gateway: its facts are of that gateway's account. One process at a time may have it open, which
the lock of SQLite's file enforces as long as that process lives.

The spool is bounded. When it holds ``limit`` facts, it takes no more line states, which are stale soon anyway; when it
holds a tenth more, no more call records either. What it has stays, since numbers may have no gaps.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from cloudlink import uplink
from cloudlink.uplink import CallRecorded, Publish
from gateway.calls import memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cloudlink.uplink import Fact
    from gateway.calls.leg import Leg

DEFAULT_LIMIT = 100_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (sequence INTEGER PRIMARY KEY, frame TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spool (id TEXT NOT NULL, last INTEGER NOT NULL, extensions TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS legs (version INTEGER NOT NULL, extension TEXT NOT NULL, leg TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS legs_of_extension ON legs (extension);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_GATEWAY = "gateway"
_HEARD = "heard"


class SpoolUnusable(Exception):
    """The file cannot be this gateway's spool; the text is a sentence for the operator, who may choose another file."""


class Spool:
    """Methods block for as long as the disk takes, and may be called from any thread. Raises ``sqlite3.Error``.

    Opening raises ``SpoolUnusable`` for a file that is no spool, is open elsewhere, or is another gateway's.
    """

    def __init__(self, path: Path, *, gateway_id: str, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._file = _open(path)
        try:
            self._claim(gateway_id)
            self.spool_id, self._last = self._file.execute("SELECT id, last FROM spool").fetchone()
            self._held = self._file.execute("SELECT count(*) FROM facts").fetchone()[0]
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        """Facts that CloudLink has not acknowledged."""
        return int(self._held)

    @property
    def last(self) -> int:
        """The last number given."""
        return int(self._last)

    def meets(self, received: int) -> bool:
        """Whether CloudLink, holding ``received``, can take the next fact that is held here."""
        return bool(self._last - self._held <= received <= self._last)

    def close(self) -> None:
        """Nothing may be called after it."""
        with self._lock:
            self._file.close()

    def append(
        self, facts: Sequence[Fact], legs: Mapping[str, Sequence[str]] | None = None, heard: datetime | None = None
    ) -> int:
        """Keeps the facts, in one transaction; answers how many were dropped because the spool is full.

        ``legs`` are all calls in being of some extensions, as ``memory`` writes them, and replace those kept before;
        ``heard`` is when the PBX was last heard.
        """
        with self._lock:
            kept = self._fitting(facts)
            rows = [(n, uplink.encode(Publish(n, fact))) for n, fact in enumerate(kept, self._last + 1)]
            with self._file:
                self._file.executemany("INSERT INTO facts VALUES (?, ?)", rows)
                self._file.execute("UPDATE spool SET last = ?", (self._last + len(rows),))
                self._replace_legs(legs or {})
                if heard is not None:
                    self._note(_HEARD, heard.isoformat())
            self._last += len(rows)
            self._held += len(rows)
        return len(facts) - len(kept)

    def legs(self) -> list[Leg]:
        """The calls in being when the process that had the spool before ended; what cannot be read is left out."""
        with self._lock:
            rows = self._file.execute("SELECT version, leg FROM legs ORDER BY rowid").fetchall()
        read = (memory.load(version, text) for version, text in rows)
        return [leg for leg in read if leg is not None]

    def heard(self) -> datetime | None:
        """When that process had last heard the PBX."""
        with self._lock:
            value = self._noted(_HEARD)
        return datetime.fromisoformat(value) if value else None

    def after(self, sequence: int, limit: int = 200) -> list[tuple[int, str]]:
        """The next facts behind a number, oldest first: number and uplink frame."""
        query = "SELECT sequence, frame FROM facts WHERE sequence > ? ORDER BY sequence LIMIT ?"
        with self._lock:
            return self._file.execute(query, (sequence, limit)).fetchall()

    def forget(self, sequence: int) -> None:
        """CloudLink has everything up to this number."""
        with self._lock, self._file:
            self._held -= self._file.execute("DELETE FROM facts WHERE sequence <= ?", (sequence,)).rowcount

    def renew(self) -> None:
        """Becomes a new spool with the same facts, numbered from 1."""
        with self._lock:
            facts = [
                uplink.decode(frame) for (frame,) in self._file.execute("SELECT frame FROM facts ORDER BY sequence")
            ]
            rows = [(n, uplink.encode(Publish(n, f.fact))) for n, f in enumerate(facts, 1) if isinstance(f, Publish)]
            spool_id = uuid.uuid4().hex
            with self._file:
                self._file.execute("DELETE FROM facts")
                self._file.executemany("INSERT INTO facts VALUES (?, ?)", rows)
                self._file.execute("UPDATE spool SET id = ?, last = ?", (spool_id, len(rows)))
            self.spool_id, self._last, self._held = spool_id, len(rows), len(rows)

    def remember_extensions(self, extensions: Iterable[str]) -> None:
        """What CloudLink told to monitor, for a start at which it cannot be asked."""
        with self._lock, self._file:
            self._file.execute("UPDATE spool SET extensions = ?", (" ".join(extensions),))

    def extensions(self) -> tuple[str, ...]:
        """What CloudLink last told to monitor."""
        with self._lock, closing(self._file.execute("SELECT extensions FROM spool")) as rows:
            return tuple(rows.fetchone()[0].split())

    def _replace_legs(self, legs: Mapping[str, Sequence[str]]) -> None:
        self._file.executemany("DELETE FROM legs WHERE extension = ?", [(extension,) for extension in legs])
        rows = [(memory.VERSION, extension, text) for extension, texts in legs.items() for text in texts]
        self._file.executemany("INSERT INTO legs VALUES (?, ?, ?)", rows)

    def _claim(self, gateway_id: str) -> None:
        with self._file:
            owner = self._noted(_GATEWAY)
            if owner not in {None, gateway_id}:
                raise SpoolUnusable(
                    f"the spool belongs to gateway {owner}, not to {gateway_id}; set another file for this one"
                )
            self._note(_GATEWAY, gateway_id)
            if not self._file.execute("SELECT count(*) FROM spool").fetchone()[0]:
                self._file.execute("INSERT INTO spool VALUES (?, 0, '')", (uuid.uuid4().hex,))

    def _note(self, name: str, value: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def _noted(self, name: str) -> str | None:
        row = self._file.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _fitting(self, facts: Sequence[Fact]) -> list[Fact]:
        room = self._limit - self._held
        if len(facts) <= room:
            return list(facts)
        records: list[Fact] = [fact for fact in facts if isinstance(fact, CallRecorded)]
        return records[: max(0, room + self._limit // 10)]


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpoolUnusable(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    file = None
    try:
        file = sqlite3.connect(path, timeout=0, check_same_thread=False)
        # EXCLUSIVE, set before the first access: the lock is then held until the file is closed.
        file.execute("PRAGMA locking_mode = EXCLUSIVE")
        file.execute("PRAGMA journal_mode = WAL")
        # FULL: a fact that was sent must not vanish from the file, or its number would be given a second time.
        file.execute("PRAGMA synchronous = FULL")
        file.executescript(_SCHEMA)
    except sqlite3.Error as error:
        if file is not None:
            file.close()
        raise SpoolUnusable(_sentence(path, error)) from error
    return file


def _sentence(path: Path, error: sqlite3.Error) -> str:
    # The low byte is the cause, the others its details.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} is in use by another gateway or program; each gateway needs a file of its own"
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return f"{path} is not a spool: {error}"
        case _:
            return f"{path} cannot be opened: {error}"
