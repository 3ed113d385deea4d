"""Watches the calls of a server's database from outside."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

LOOK_SECONDS = 0.005

_NEXT = """
SELECT calls.id, calls.account_id, users.extension, calls.extra_pbx_data, calls.direction, calls.completed
FROM calls JOIN users ON users.account_id = calls.account_id AND users.principal_id = calls.principal_id
WHERE calls.id > ? ORDER BY calls.id
"""


@dataclass(frozen=True, slots=True)
class Committed:
    """One record: ``seen`` is when another process could read it, in seconds of the monotonic clock."""

    seen: float
    account_id: str
    extension: str
    call: str | None
    outbound: bool
    answered: bool


class Commits:
    """A thread that looks every five milliseconds, from ``with`` to its end. ``records`` grows meanwhile."""

    def __init__(self, database: Path) -> None:
        self.records: list[Committed] = []
        self._database = database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="commits")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        # A connection of its own that only reads: it sees what is committed and nothing else.
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as file:
            last = 0
            while not self._stop.wait(LOOK_SECONDS):
                rows = file.execute(_NEXT, (last,)).fetchall()
                seen = time.monotonic()
                for number, account_id, extension, data, direction, completed in rows:
                    call = json.loads(data).get("callId")
                    self.records.append(
                        Committed(
                            seen,
                            account_id,
                            extension,
                            call,
                            direction == "outbound",
                            bool(completed),
                        )
                    )
                    last = number
