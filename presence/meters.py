"""What is counted of one account, since this server looks after it. Plain numbers; others publish them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Final

BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""The upper bounds of the histogram's parts, in seconds; a last part has none."""


class Histogram:
    """How many took how long; ``counts`` by ``BOUNDS``, and ``total`` in seconds."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class Meters:
    """``sets``, ``clears`` and ``renewals`` are requests that left, ``throttled`` and ``failed`` those of them that
    Graph put off or did not do. ``lag`` is from the telephone's event to the request leaving that Graph carried out;
    ``succeeded_at`` is when it last did, by the monotonic clock. ``reads`` are answered requests for what Teams shows,
    and ``reading`` how long Graph took for each; ``commands`` were given to telephones, and some of them failed.
    """

    sets: int = 0
    clears: int = 0
    renewals: int = 0
    throttled: int = 0
    failed: int = 0
    lag: Histogram = field(default_factory=Histogram)
    succeeded_at: float | None = None
    reads: int = 0
    reads_failed: int = 0
    reading: Histogram = field(default_factory=Histogram)
    commands: int = 0
    commands_failed: int = 0
