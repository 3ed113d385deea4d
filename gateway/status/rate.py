"""Events a second."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_OVER_SECONDS = 60.0


class Rate:
    """Of the last minute, from samples of a count that only grows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, count: int) -> None:
        """The count as it is now."""
        now = self._clock()
        self._samples.append((now, count))
        while now - self._samples[0][0] > _OVER_SECONDS:
            self._samples.popleft()

    def per_second(self) -> float:
        """Between the oldest and the newest sample."""
        if not self._samples:
            return 0.0
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        return round((last - first) / (ended - began), 2) if ended > began else 0.0
