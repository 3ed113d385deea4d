"""One press of a button, which may come as several: a person who sees no answer at once presses again."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cloudlink.model import Principal

ONE_PRESS = timedelta(seconds=5)
_MOST = 10_000


class Presses:
    """Those of the last seconds on this server. Another one may only see the later ones, and knows them by the time."""

    def __init__(self) -> None:
        self._first: OrderedDict[tuple[Principal, str], datetime] = OrderedDict()

    def name(self, who: Principal, button: str, now: datetime) -> str:
        """The request id of a press: the same for all within ``ONE_PRESS`` of the first."""
        self._forget(now)
        first = self._first.setdefault((who, button), now)
        return f"{button} {int(first.timestamp()) // int(ONE_PRESS.total_seconds())}"

    def _forget(self, now: datetime) -> None:
        while self._first:
            key, first = next(iter(self._first.items()))
            # A clock that was put back forgets too.
            if timedelta(0) <= now - first < ONE_PRESS and len(self._first) < _MOST:
                return
            del self._first[key]
