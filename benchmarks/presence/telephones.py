"""What the simulators say that telephones do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SPEAKS = frozenset({"initiated", "connected", "queued", "hold"})


@dataclass(frozen=True, slots=True)
class Change:
    """A telephone from a moment on, of the monotonic clock: ``on_call`` is what Teams should show as a call."""

    object_id: str
    on_call: bool
    do_not_disturb: bool
    at: float


class Telephones:
    """Reads the file of one simulator while it grows. ``object_ids`` are those of the users, by extension."""

    def __init__(self, path: Path, object_ids: Mapping[str, str]) -> None:
        self.changes: list[Change] = []
        self.object_ids = object_ids
        self._file = path.open(encoding="utf-8")
        self._rest = ""

    def read(self) -> Sequence[Change]:
        """What is new; ``changes`` grows by it."""
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        told = [json.loads(line) for line in lines]
        new = [
            Change(
                self.object_ids[each["extension"]],
                _on_call(each["connections"]),
                each["doNotDisturb"],
                each["monotonic"],
            )
            for each in told
        ]
        self.changes += new
        return new

    def close(self) -> None:
        """Nothing more is read."""
        self._file.close()


def _on_call(connections: Sequence[str]) -> bool:
    """By what a telephone with several connections shows: whoever speaks or holds a call is in one."""
    return not _SPEAKS.isdisjoint(connections)
