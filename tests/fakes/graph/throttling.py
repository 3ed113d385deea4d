"""How Graph refuses for a while: windows with the documented limits (throttling-limits), and faults on demand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.graph.exchange import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.graph.exchange import Call

# Requests (for the directory, resource units) and the seconds in which one application may use them up in one tenant.
LIMITS = {
    "directory": (3500, 10.0),
    "teams": (30, 1.0),
    "presenceReads": (1500, 30.0),
    "presenceWrites": (1500, 30.0),
}
# By the present table; ``LIMITS`` holds the older one's 1,500.
NEWER_PRESENCE_WRITES = (10_000, 30.0)
FOREVER = math.inf
_CODES = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "generalException",
    503: "serviceNotAvailable",
    504: "timeout",
}


@dataclass
class Fault:
    """What happens to the next ``times`` requests whose method and path contain ``where``, such as ``POST /users``.

    ``status`` is an HTTP status, or 0: the connection is reset without an answer, after the request was carried out
    if ``done``. With ``lost`` it was carried out too, and the answer of an item is missing in that of its batch.
    ``tenant_id`` confines it to a tenant, and ``every`` to every second request or so; ``times`` may be ``FOREVER``.
    """

    status: int
    where: str = ""
    times: float = 1
    retry_after: int | None = None
    done: bool = False
    lost: bool = False
    tenant_id: str = ""
    every: int = 1
    _seen: int = 0

    def hits(self, call: Call, tenant_id: str) -> bool:
        """Whether it is this request's turn; if so, one less is left."""
        if self.tenant_id not in {"", tenant_id} or self.where not in f"{call.method} {call.path}":
            return False
        self._seen += 1
        hit = self.times > 0 and self._seen % self.every == 0
        self.times -= hit
        return hit

    @property
    def refusal(self) -> Refused:
        """As Graph answers it."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Refused(self.status, _CODES.get(self.status, "UnknownError"), "A fault of the test.", headers=headers)


@dataclass
class Windows:
    """Counts what an application asked of a service in a tenant. Refused ones count too. ``clock`` is in seconds.

    ``fullest`` is the most that was asked of a service in any window, and ``total`` all of it.
    """

    clock: Callable[[], float]
    limits: dict[str, tuple[int, float]] = field(default_factory=lambda: dict(LIMITS))
    fullest: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    _counts: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)

    def count(self, tenant_id: str, application: str, service: str, cost: int) -> None:
        """Raises ``Refused`` (429) with the seconds until the window ends."""
        most, length = self.limits[service]
        now = self.clock()
        began, used = self._counts.get((tenant_id, application, service), (now, 0))
        if now - began >= length:
            began, used = now, 0
        used += cost
        self._counts[tenant_id, application, service] = (began, used)
        self.fullest[service] = max(self.fullest[service], used)
        self.total[service] += cost
        if used > most:
            headers = {"Retry-After": str(max(1, math.ceil(began + length - now)))}
            raise Refused(429, "TooManyRequests", "Too many requests.", headers=headers)
