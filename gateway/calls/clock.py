"""Time that only goes forward, at the pace of time itself.

A machine's clock may be put right while calls last, by seconds or by years. Calls are followed in steady time, so that
no such step is in a duration; what is told of them is put into the machine's time as it is by then.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

logger = logging.getLogger(__name__)

STEP = timedelta(seconds=1)
"""A difference that is no step: a process may be held between its two looks at the clocks."""

_NONE = timedelta(0)


class SteadyClock:
    """``wall`` gives aware UTC and may step; ``monotonic`` gives seconds since any moment and may not.

    ``correction`` leads from steady time to the machine's; it is news after each step.
    """

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._began = wall()
        self._first = monotonic()
        self.correction = _NONE

    @classmethod
    def on(cls, now: Callable[[], datetime]) -> SteadyClock:
        """Time that is known never to step, as that of a simulation."""
        first = now()

        def elapsed() -> float:
            return (now() - first).total_seconds()

        return cls(now, elapsed)

    def __call__(self) -> datetime:
        """Steady time, which was the machine's when this clock was made."""
        steady = self._began + timedelta(seconds=self._monotonic() - self._first)
        apart = self._wall() - steady
        if abs(apart - self.correction) > STEP:
            logger.warning("the clock was set", extra={"seconds": (apart - self.correction).total_seconds()})
            self.correction = apart
        return steady
