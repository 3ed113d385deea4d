"""What the simulators say that they did, against the records in CloudLink."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.load.commits import Committed

MARGIN = 1.0
"""Seconds around the beginning of a run, within which it is not asked to which side of it a call's end belongs."""


@dataclass(frozen=True, slots=True)
class Part:
    """An extension's part in a call: its last event was written at ``written``, of the monotonic clock.

    ``answered`` is ``None`` where nobody can tell: a line of SMDR has whole seconds, and none of a shorter call.
    """

    extension: str
    call: str
    outbound: bool
    answered: bool | None
    written: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """``latencies`` are seconds from the write of a call's last event to its record committed, in order of size."""

    parts: int
    lost: int
    doubled: int
    wrong: int
    latencies: Sequence[float]

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled or told wrongly."""
        return not (self.lost or self.doubled or self.wrong)


def read(path: Path) -> list[Part]:
    """All parts that have ended, in the order of their ends. A last line that is not whole yet is left out."""
    parts = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        told = json.loads(line)
        parts.append(
            Part(
                told["extension"],
                told["calls"][-1],
                told["direction"] == "outbound",
                told["answered"] if told["calls"][-1] or told["talk"] >= 1 else None,
                told["monotonic"],
            )
        )
    return parts


def compare(parts: Iterable[Part], records: Iterable[Committed], since: float, *, by_call: bool) -> Comparison:
    """Parts and records of calls that ended after ``since``, a moment at which all monitors were running.

    The n-th record of an extension and call id is that of the n-th part. ``by_call`` is false for a PBX whose records
    tell no call ids: then the n-th of the extension.
    """
    told = defaultdict(list)
    for record in sorted(records, key=lambda record: record.seen):
        told[record.extension, record.call if by_call else None].append(record)
    counts: Counter[str] = Counter()
    latencies = []
    done = defaultdict(list)
    for part in parts:
        done[part.extension, part.call if by_call else None].append(part)
    for key in told.keys() | done.keys():
        ours = [part for part in done[key] if part.written >= since - MARGIN]
        theirs = [record for record in told[key] if record.seen >= since - MARGIN]
        while ours and ours[0].written < since + MARGIN and len(ours) > len(theirs):
            del ours[0]
        while theirs and theirs[0].seen < since + MARGIN and len(theirs) > len(ours):
            del theirs[0]
        counts["parts"] += len(ours)
        counts["lost"] += max(0, len(ours) - len(theirs))
        counts["doubled"] += max(0, len(theirs) - len(ours))
        for part, record in zip(ours, theirs, strict=False):
            counts["wrong"] += part.outbound != record.outbound or part.answered not in {None, record.answered}
            latencies.append(record.seen - part.written)
    return Comparison(counts["parts"], counts["lost"], counts["doubled"], counts["wrong"], sorted(latencies))
