"""How fast one tenant may ask each service behind Graph: a token bucket for each of both.

Graph counts by application and tenant, and by service; a tenant that uses up its own budget waits alone. Burst and rate
together stay within Microsoft's windows (throttling-limits: Teams 30 requests in a second; reading and writing presence
1,500 each in 30 s, by the older of two tables for the latter; identity 3,500 resource units in 10 s for the smallest
tenants, at most 5 for a request of ours), since Graph goes on counting while it refuses. Writes of presence go on at
their rate for minutes, so they leave room for those that left before a window and come within it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from graph.errors import Throttled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.timing import Timing


# A wait of less, in seconds, is the rounding of a sum.
_INSTANT = 0.001
# A tenant that was slowed down is never slower than this part of its rate, and is back at it after so many seconds.
_SLOWEST = 1 / 8
_RECOVERS_S = 120.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second in the long run, and how many may go at once."""

    per_second: float
    burst: int


class Service(Enum):
    """A service behind Graph that throttles by itself."""

    DIRECTORY = "directory"
    TEAMS = "teams"
    PRESENCE_READS = "presenceReads"
    PRESENCE_WRITES = "presenceWrites"

    @property
    def rate(self) -> Rate:
        """What we allow ourselves for one tenant."""
        return _RATES[self]


_RATES = {
    Service.DIRECTORY: Rate(60, 100),
    Service.TEAMS: Rate(20, 10),
    Service.PRESENCE_READS: Rate(48, 60),
    Service.PRESENCE_WRITES: Rate(48, 30),
}


def service_of(path: str) -> Service:
    """Who answers a path below ``/v1.0``."""
    resource = path.partition("?")[0]
    if resource.endswith(("/setPresence", "/clearPresence")):
        return Service.PRESENCE_WRITES
    if resource.startswith("/communications/") or "/presence" in resource:
        return Service.PRESENCE_READS
    if resource.startswith("/appCatalogs/") or "/teamwork/" in resource:
        return Service.TEAMS
    return Service.DIRECTORY


class Bucket:
    """First come, first served. Never asks for more than ``rate`` allows, and nothing while it is paused."""

    def __init__(self, rate: Rate, timing: Timing) -> None:
        self._rate = rate
        self._timing = timing
        self._left = float(rate.burst)
        self._at = self._paused_until = timing.clock()
        self._slowed_at, self._slowed_to = self._at, 1.0
        self._queue = asyncio.Lock()

    async def admit(self, cost: int, longest_wait: float) -> None:
        """Returns when ``cost`` requests (at most the burst) may be sent.

        Raises ``Throttled`` when whoever is first in the queue would have to wait longer than ``longest_wait`` seconds.
        """
        if cost > self._rate.burst:
            raise ValueError("nobody can ever ask for more than the burst at once")
        async with self._queue:
            while (wait := self._wait(cost)) > _INSTANT:
                if wait > longest_wait:
                    raise _used_up(wait)
                await self._timing.sleep(wait)
            self._left -= cost

    async def reserve(self, most: int, patience: float = 0) -> int:
        """Waits until at least one request may be sent, or for as many more as come within ``patience`` seconds;
        answers how many may, ``most`` at most, and charges them.
        """
        async with self._queue:
            while (wait := self._wait(self._worth_while(most, patience))) > _INSTANT:
                await self._timing.sleep(wait)
            reserved = max(1, min(most, int(self._left + _INSTANT)))
            self._left -= reserved
            return reserved

    def _worth_while(self, most: int, patience: float) -> int:
        return max(1, min(most, self._rate.burst, int(self._rate.per_second * self.share * patience)))

    def give_back(self, reserved: int) -> None:
        """So many of what was reserved were not sent."""
        self._left = min(float(self._rate.burst), self._left + reserved)

    def pause(self, seconds: float) -> None:
        """Graph has throttled: nothing for so long, and then no burst."""
        self._refill()
        self._left = min(self._left, 1.0)
        self._paused_until = max(self._paused_until, self._timing.clock() + seconds)

    def slow_down(self) -> None:
        """Graph has throttled some of what was sent: half as fast from now on, and slowly back to the whole rate."""
        self._refill()
        self._left = min(self._left, 1.0)
        self._slowed_to = max(_SLOWEST, self.share / 2)
        self._slowed_at = self._timing.clock()

    @property
    def share(self) -> float:
        """The part of its rate that it allows itself now, 1 for the whole."""
        recovered = (self._timing.clock() - self._slowed_at) / _RECOVERS_S
        return min(1.0, self._slowed_to + recovered * (1 - self._slowed_to))

    def _wait(self, cost: int) -> float:
        self._refill()
        pause = self._paused_until - self._timing.clock()
        return max(pause, (cost - self._left) / (self._rate.per_second * self.share))

    def _refill(self) -> None:
        now = self._timing.clock()
        # While it is paused nothing is saved up, so that the end of a pause is no burst.
        earned = max(0.0, now - max(self._at, self._paused_until)) * self._rate.per_second * self.share
        self._left = min(float(self._rate.burst), self._left + earned)
        self._at = now


def _used_up(wait: float) -> Throttled:
    error = Throttled("budget")
    error.retry_after = wait
    return error


class Budget:
    """One tenant's buckets; ``rates`` where they are not a service's own."""

    def __init__(self, timing: Timing, rates: Mapping[Service, Rate] | None = None) -> None:
        rates = rates or {}
        self._buckets = {service: Bucket(rates.get(service, service.rate), timing) for service in Service}

    async def admit(self, charges: Mapping[Service, int], longest_wait: float) -> None:
        """As ``Bucket.admit``, for each service in turn."""
        for service, cost in charges.items():
            await self._buckets[service].admit(cost, longest_wait)

    def __getitem__(self, service: Service) -> Bucket:
        return self._buckets[service]

    def pause(self, services: Mapping[Service, int], seconds: float) -> None:
        """As ``Bucket.pause``, for each of the services."""
        for service in services:
            self._buckets[service].pause(seconds)
