"""Facts on disk until CloudLink has committed them: an SQLite file that survives the process.

Each fact has a sequence number; numbers of a spool start at 1 and have no gaps, across restarts too. When one of the
two sides was put back to an earlier state (restored, replaced, or lost in a power failure), the numbers no longer meet:
CloudLink holds more than the spool ever gave, or less than the spool has forgotten. The spool then becomes a new one
by ``renew``, and nothing that it still holds is lost.

The spool is bounded. When it holds ``limit`` facts, it takes no more line states, which are stale soon anyway; when it
holds a tenth more, no more call records either. What it has stays, since numbers may have no gaps.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

from cloudlink import uplink
from cloudlink.uplink import CallRecorded, Publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cloudlink.uplink import Fact

DEFAULT_LIMIT = 100_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (sequence INTEGER PRIMARY KEY, frame TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spool (id TEXT NOT NULL, last INTEGER NOT NULL, extensions TEXT NOT NULL);
"""


class Spool:
    """Methods block for as long as the disk takes, and may be called from any thread. Raises ``sqlite3.Error``."""

    def __init__(self, path: Path, *, limit: int = DEFAULT_LIMIT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._limit = limit
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False)
        # FULL: a fact that was sent must not vanish from the file, or its number would be given a second time.
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(_SCHEMA)
        with self._file:
            fresh = self._file.execute("SELECT count(*) FROM spool").fetchone()[0] == 0
            if fresh:
                self._file.execute("INSERT INTO spool VALUES (?, 0, '')", (uuid.uuid4().hex,))
        self.spool_id, self._last = self._file.execute("SELECT id, last FROM spool").fetchone()
        self._held = self._file.execute("SELECT count(*) FROM facts").fetchone()[0]

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

    def append(self, facts: Sequence[Fact]) -> int:
        """Keeps the facts, in one transaction; answers how many were dropped because the spool is full."""
        with self._lock:
            kept = self._fitting(facts)
            rows = [(n, uplink.encode(Publish(n, fact))) for n, fact in enumerate(kept, self._last + 1)]
            with self._file:
                self._file.executemany("INSERT INTO facts VALUES (?, ?)", rows)
                self._file.execute("UPDATE spool SET last = ?", (self._last + len(rows),))
            self._last += len(rows)
            self._held += len(rows)
        return len(facts) - len(kept)

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

    def _fitting(self, facts: Sequence[Fact]) -> list[Fact]:
        room = self._limit - self._held
        if len(facts) <= room:
            return list(facts)
        records: list[Fact] = [fact for fact in facts if isinstance(fact, CallRecorded)]
        return records[: max(0, room + self._limit // 10)]
