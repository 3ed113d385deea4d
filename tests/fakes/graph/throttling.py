"""How Graph refuses for a while: windows with the documented limits (throttling-limits), and faults on demand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.graph.exchange import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.graph.exchange import Call

# Requests (for the directory, resource units) and the seconds in which one application may use them up in one tenant.
LIMITS = {"directory": (3500, 10.0), "teams": (30, 1.0), "presence": (1500, 30.0)}
_CODES = {503: "serviceNotAvailable", 504: "timeout", 500: "generalException", 429: "TooManyRequests"}


@dataclass
class Fault:
    """What happens to the next ``times`` requests whose method and path contain ``where``, such as ``POST /users``.

    ``status`` is an HTTP status, or 0: the connection is reset without an answer, after the request was carried out
    if ``done``.
    """

    status: int
    where: str = ""
    times: int = 1
    retry_after: int | None = None
    done: bool = False

    def hits(self, call: Call) -> bool:
        """Whether it is this request's turn; if so, one less is left."""
        hit = self.times > 0 and self.where in f"{call.method} {call.path}"
        self.times -= hit
        return hit

    @property
    def refusal(self) -> Refused:
        """As Graph answers it."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Refused(self.status, _CODES.get(self.status, "UnknownError"), "A fault of the test.", headers=headers)


@dataclass
class Windows:
    """Counts what was asked, by tenant and service. Refused ones count too. ``clock`` is in seconds."""

    clock: Callable[[], float]
    limits: dict[str, tuple[int, float]] = field(default_factory=lambda: dict(LIMITS))
    _counts: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)

    def count(self, tenant_id: str, service: str, cost: int) -> None:
        """Raises ``Refused`` (429) with the seconds until the window ends."""
        most, length = self.limits[service]
        now = self.clock()
        began, used = self._counts.get((tenant_id, service), (now, 0))
        if now - began >= length:
            began, used = now, 0
        used += cost
        self._counts[tenant_id, service] = (began, used)
        if used > most:
            headers = {"Retry-After": str(max(1, math.ceil(began + length - now)))}
            raise Refused(429, "TooManyRequests", "Too many requests.", headers=headers)
