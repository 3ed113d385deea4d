"""Facts on disk until CloudLink has committed them: an SQLite file that survives the process.

**Numbers.** Each fact has a sequence number; those of a spool grow from 1, across restarts too, and may leave some out
(see *Room*). CloudLink and the spool meet when CloudLink's number is one that this spool has forgotten up to or may
have sent. They do not when one of the two sides was put back to an earlier state: restored, replaced, lost in a power
failure, or killed before a number that it had sent from memory was on its disk. The spool then becomes a new one by
``renew``: what it still holds is sent as if it never was, and CloudLink knows a call that it has by the call's own id.

**Room.** The facts on disk are bounded by ``limit`` octets. When they reach it, line states that a newer one of the
same extension has overtaken are removed; the last state of each extension stays, which is little. What then finds no
room, or what the disk does not take because it is full or broken, waits in memory, from where it is sent like the
rest, and goes to the disk as soon as there is room. When what waits in memory reaches ``memory`` octets too, call
records are lost: they are counted, and CloudLink is told how many as soon as something can be kept again.

**Calls in being** stand beside the facts, so that a gateway that starts again can tell how they went on. A call's end
and its record are one transaction.

A spool belongs to one gateway: its facts are of that gateway's account. One process at a time may have it open, which
the lock of SQLite's file enforces as long as that process lives.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from bisect import bisect_right
from contextlib import closing
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from cloudlink import uplink
from cloudlink.uplink import CallRecorded, CallsLost, LineChanged
from gateway.calls import memory as legs_memory
from gateway.coalesce import latest, tells
from gateway.spool_file import SpoolUnusable, no_room, open_file, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cloudlink.uplink import Fact
    from gateway.calls.leg import Leg

DEFAULT_LIMIT = 512 * 1024 * 1024
DEFAULT_MEMORY = 32 * 1024 * 1024

_GATEWAY = "gateway"
_HEARD = "heard"
_REACHED = "reached"
# What a row takes on the disk beside its fact, about.
_ROW_OCTETS = 40
# One transaction: what is left over, should the disk get full, is tried in parts of this size.
_ROWS_AT_ONCE = 2000
_HEAD = "UPDATE spool SET id = ?, last = ?, forgotten = ?"
_OVERTAKEN = """
DELETE FROM facts WHERE tells > 0 AND EXISTS (
    SELECT 1 FROM facts newer WHERE newer.extension = facts.extension AND newer.sequence > facts.sequence
    AND newer.tells > 0 AND newer.tells & facts.tells = facts.tells
) RETURNING length(fact)
"""


class _Entry(NamedTuple):
    """A row of the file."""

    sequence: int
    extension: str
    tells: int
    fact: bytes

    @property
    def octets(self) -> int:
        return len(self.fact) + _ROW_OCTETS


class Kept(NamedTuple):
    """``lost`` are call records for which there was no room; ``waiting`` are facts that the disk does not have."""

    lost: int
    waiting: int


class Spool:
    """Methods block for as long as the disk takes, and may be called from any thread.

    Opening raises ``SpoolUnusable`` for a file that is no spool, is open elsewhere, or is another gateway's. A disk
    that takes nothing more raises nothing: ``fault`` says what is wrong. Other faults raise ``sqlite3.Error``.
    """

    def __init__(
        self, path: Path, *, gateway_id: str, limit: int = DEFAULT_LIMIT, memory: int = DEFAULT_MEMORY
    ) -> None:
        self._limit = limit
        self._memory = memory
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._waiting_octets = 0
        self._legs: dict[str, Sequence[str]] = {}
        self._heard: datetime | None = None
        self._lost = 0
        # Whether a line state was written since overtaken ones were last removed.
        self._states_written = True
        self.fault: str | None = None
        self._file = open_file(path)
        try:
            self._claim(gateway_id)
            head = self._file.execute("SELECT id, last, forgotten, extensions FROM spool").fetchone()
            self.spool_id, self._last, self._forgotten, extensions = head
            self._extensions = tuple(extensions.split())
            # The highest number that CloudLink may have: as it was when something was last sent, also over starts
            # at which nothing was.
            noted = self._noted(_REACHED)
            self._reached = self._last if noted is None else int(noted)
            self._reached_is_noted = self._write(lambda: self._note(_REACHED, str(self._reached)))
            self._held, self._octets = self._file.execute(
                "SELECT count(*), coalesce(sum(length(fact) + ?), 0) FROM facts", (_ROW_OCTETS,)
            ).fetchone()
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        """Facts that CloudLink has not acknowledged."""
        return int(self._held) + len(self._waiting)

    @property
    def octets(self) -> int:
        """What they take, on disk and in memory."""
        return int(self._octets) + self._waiting_octets

    @property
    def waiting(self) -> int:
        """How many of them the disk does not have."""
        return len(self._waiting)

    @property
    def last(self) -> int:
        """The last number given."""
        return int(self._last)

    def meets(self, received: int) -> bool:
        """Whether CloudLink, holding ``received``, can take the next fact that is held here."""
        return bool(self._forgotten <= received <= self._reached)

    def close(self) -> None:
        """Nothing may be called after it."""
        with self._lock:
            self._file.close()

    def append(
        self, facts: Sequence[Fact], legs: Mapping[str, Sequence[str]] | None = None, heard: datetime | None = None
    ) -> Kept:
        """Keeps the facts, in one transaction, and tries again what waits.

        ``legs`` are all calls in being of some extensions, as ``memory`` writes them, and replace those kept before;
        ``heard`` is when the PBX was last heard.
        """
        with self._lock:
            lost = self._take(facts)
            self._legs.update(legs or {})
            self._heard = heard or self._heard
            self._save()
            return Kept(lost, len(self._waiting))

    def legs(self) -> list[Leg]:
        """The calls in being when the process that had the spool before ended; what cannot be read is left out."""
        with self._lock:
            rows = self._file.execute("SELECT version, leg FROM legs ORDER BY rowid").fetchall()
        read = (legs_memory.load(version, text) for version, text in rows)
        return [leg for leg in read if leg is not None]

    def heard(self) -> datetime | None:
        """When that process had last heard the PBX."""
        with self._lock:
            value = self._noted(_HEARD)
        return datetime.fromisoformat(value) if value else None

    def after(self, sequence: int, octets: int = uplink.MAX_FACTS_BYTES) -> list[tuple[int, bytes]]:
        """The next facts behind a number, by their numbers, as ``uplink.encode_publish`` takes them.

        They are of so many octets together; the first may be longer.
        """
        with self._lock:
            found: list[tuple[int, bytes]] = []
            for number, fact in self._behind(sequence):
                octets -= len(fact)
                if found and octets < 0:
                    break
                found.append((number, fact))
            if found:
                self._reached = max(self._reached, found[-1][0])
                self._note_sending()
        return found

    def oldest(self) -> datetime | None:
        """When the first fact that is held was made."""
        with self._lock:
            fact = next((uplink.decode_fact(fact) for _, fact in self._behind(0)), None)
        match fact:
            case CallRecorded(call=call):
                return call.end_time or call.created_on
            case LineChanged(at=at):
                return at
            case _:
                return None

    def forget(self, sequence: int) -> None:
        """CloudLink has everything up to this number."""
        with self._lock:
            self._forgotten = max(self._forgotten, sequence)
            self._keep_waiting(self._waiting[self._place(sequence) :])
            # What comes back after a power failure is only sent again.
            self._remove("DELETE FROM facts WHERE sequence <= ? RETURNING length(fact)", sequence)
            self._write(self._save_head)

    def coalesce(self) -> None:
        """Removes line states that newer ones have overtaken, so that CloudLink need not hear them."""
        with self._lock:
            self._keep_waiting(latest(self._waiting, _about))
            self._remove_overtaken()

    def renew(self) -> None:
        """Becomes a new spool with the same facts."""
        with self._lock:
            self.spool_id, self._forgotten, self._reached = uuid.uuid4().hex, 0, self._last
            self._write(self._save_head)

    def remember_extensions(self, extensions: Iterable[str]) -> None:
        """What CloudLink told to monitor, for a start at which it cannot be asked."""
        with self._lock:
            self._extensions = tuple(extensions)
            text = " ".join(self._extensions)
            self._write(lambda: self._file.execute("UPDATE spool SET extensions = ?", (text,)))

    def extensions(self) -> tuple[str, ...]:
        """What CloudLink last told to monitor."""
        return self._extensions

    # -- what is taken

    def _take(self, facts: Sequence[Fact]) -> int:
        """Gives numbers to the facts, which then wait; answers how many call records found no room."""
        lost = 0
        # Told once after each want of room, not again and again during it.
        if self._lost and self._waiting_octets < self._memory // 2:
            facts = [CallsLost(self._lost), *facts]
            self._lost = 0
        for fact in latest(facts, lambda fact: (getattr(fact, "extension", ""), tells(fact))):
            entry = _Entry(self._last + 1, getattr(fact, "extension", ""), tells(fact), uplink.encode_fact(fact))
            if not self._fits(entry):
                lost += 1
                continue
            self._last += 1
            self._waiting.append(entry)
            self._waiting_octets += entry.octets
        self._lost += lost
        return lost

    def _fits(self, entry: _Entry) -> bool:
        if entry.tells or self._waiting_octets + entry.octets <= self._memory:
            return True
        self._keep_waiting(latest(self._waiting, _about))
        return self._waiting_octets + entry.octets <= self._memory

    # -- what is written

    def _save(self) -> None:
        """What waits and fits. Calls in being follow when all of it does: a call must not end without its record."""
        if self._octets + self._waiting_octets > self._limit and self._states_written:
            self._remove_overtaken()
        while (rows := self._fitting()) or (not self._waiting and (self._legs or self._heard)):
            if not self._write(partial(self._save_rows, rows), durable=True):
                return
            octets = sum(row.octets for row in rows)
            self._held += len(rows)
            self._octets += octets
            self._states_written |= any(row.tells for row in rows)
            if len(rows) == len(self._waiting):
                self._legs, self._heard = {}, None
            self._waiting, self._waiting_octets = self._waiting[len(rows) :], self._waiting_octets - octets
        self.fault = f"the spool has its {self._limit} octets" if self._waiting else None

    def _fitting(self) -> list[_Entry]:
        """The first of what waits, as far as there is room for it."""
        room = self._limit - self._octets
        if self._waiting_octets <= room and len(self._waiting) <= _ROWS_AT_ONCE:
            return self._waiting
        rows: list[_Entry] = []
        for entry in self._waiting[:_ROWS_AT_ONCE]:
            room -= entry.octets
            if room < 0:
                break
            rows.append(entry)
        return rows

    def _save_rows(self, rows: list[_Entry]) -> None:
        self._file.executemany("INSERT INTO facts VALUES (?, ?, ?, ?)", rows)
        self._save_head()
        if len(rows) < len(self._waiting):
            return
        self._file.executemany("DELETE FROM legs WHERE extension = ?", [(extension,) for extension in self._legs])
        legs = [(legs_memory.VERSION, extension, text) for extension, texts in self._legs.items() for text in texts]
        self._file.executemany("INSERT INTO legs VALUES (?, ?, ?)", legs)
        if self._heard is not None:
            self._note(_HEARD, self._heard.isoformat())

    def _save_head(self) -> None:
        self._file.execute(_HEAD, (self.spool_id, self._last, self._forgotten))

    def _remove_overtaken(self) -> None:
        if self._remove(_OVERTAKEN):
            self._states_written = False

    def _remove(self, statement: str, *parameters: int) -> bool:
        octets: list[int] = []
        work = lambda: octets.extend(length + _ROW_OCTETS for (length,) in self._file.execute(statement, parameters))  # noqa: E731
        if not self._write(work):
            return False
        self._held -= len(octets)
        self._octets -= sum(octets)
        return True

    def _note_sending(self) -> None:
        """From now on CloudLink may have whatever stands on the disk."""
        if self._reached_is_noted and self._write(
            lambda: self._file.execute("DELETE FROM notes WHERE name = ?", (_REACHED,))
        ):
            self._reached_is_noted = False

    def _write(self, work: Callable[[], object], *, durable: bool = False) -> bool:
        """Whether the disk has taken what ``work`` writes. Raises ``sqlite3.Error`` for what room would not mend."""
        self._file.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        try:
            with transaction(self._file):
                work()
        except sqlite3.Error as error:
            if not no_room(error):
                raise
            self.fault = str(error)
            return False
        if not self._waiting:
            self.fault = None
        return True

    def _claim(self, gateway_id: str) -> None:
        owner = self._noted(_GATEWAY)
        if owner not in {None, gateway_id}:
            raise SpoolUnusable(
                f"the spool belongs to gateway {owner}, not to {gateway_id}; set another file for this one"
            )
        if owner is None:
            with transaction(self._file):
                self._note(_GATEWAY, gateway_id)
                self._file.execute("INSERT INTO spool VALUES (?, 0, 0, '')", (uuid.uuid4().hex,))

    def _note(self, name: str, value: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def _noted(self, name: str) -> str | None:
        row = self._file.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    # -- what is read

    def _behind(self, sequence: int) -> Iterator[tuple[int, bytes]]:
        after = max(sequence, self._forgotten)
        query = "SELECT sequence, fact FROM facts WHERE sequence > ? ORDER BY sequence"
        with closing(self._file.execute(query, (after,))) as rows:
            yield from rows
        for entry in self._waiting[self._place(after) :]:
            yield entry.sequence, entry.fact

    def _place(self, sequence: int) -> int:
        """Where in what waits the first lies that is behind the number."""
        return bisect_right(self._waiting, sequence, key=attrgetter("sequence"))

    def _keep_waiting(self, entries: list[_Entry]) -> None:
        if len(entries) < len(self._waiting):
            self._waiting, self._waiting_octets = entries, sum(entry.octets for entry in entries)


def _about(entry: _Entry) -> tuple[str, int]:
    return entry.extension, entry.tells
