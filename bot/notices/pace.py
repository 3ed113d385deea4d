"""How fast notices may leave, so that Teams never has to refuse one.

Microsoft's limits for one bot are 50 requests a second in a tenant, and in a conversation 7 in 1 s, 8 in 2 s, 60 in
30 s and 1,800 in an hour (rate-limit page of the Teams documentation). Notices take two fifths of the tenant's, evenly
spread, so that two servers and the replies of the bot find room beside them.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PER_SECOND = 20.0
_WINDOWS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
_LONGEST_WINDOW = _WINDOWS[-1][1]
_MOST_REMEMBERED = 10_000


class Pace:
    """Of one server. ``clock`` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, per_second: float = PER_SECOND) -> None:
        self._clock = clock
        self._gap = 1.0 / per_second
        self._next: dict[str, float] = {}
        self._sent: dict[tuple[str, str], deque[float]] = {}

    def take(self, tenant_id: str, conversation_id: str, longest: float) -> float:
        """The seconds after which one message may leave, which is then counted.

        When that is longer than ``longest`` nothing is counted, and it is to be asked for again.
        """
        now = self._clock()
        sent = self._sent.setdefault((tenant_id, conversation_id), deque(maxlen=_WINDOWS[-1][0]))
        at = max(now, self._next.get(tenant_id, now), _allowed(sent, now))
        if at - now > longest:
            return at - now
        self._next[tenant_id] = at + self._gap
        sent.append(at)
        self._forget(now)
        return at - now

    def _forget(self, now: float) -> None:
        if len(self._sent) <= _MOST_REMEMBERED:
            return
        self._sent = {key: sent for key, sent in self._sent.items() if sent and sent[-1] > now - _LONGEST_WINDOW}
        self._next = {tenant: at for tenant, at in self._next.items() if at > now}


def _allowed(sent: deque[float], now: float) -> float:
    """When the next message keeps within every window."""
    return max((sent[-most] + window for most, window in _WINDOWS if len(sent) >= most), default=now)
