"""``/metrics`` of the server on loopback: what an operator's Prometheus reads, and what docs/operations.md explains."""

from __future__ import annotations

import os
import resource
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink import loopback
from cloudlink.exposition import CONTENT_TYPE, Family, Sample, by_label, counter, exposition, gauge
from composition.version import version
from composition.workers import run_along
from presence.census import Census
from presence.metrics import families
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from cloudlink.service.uplink import Uplink
    from composition.parts import Parts
    from presence.worker import PresenceWorker
    from store.outbox import Outbox

PREFIX = "mitel_assistant"

_KINDS = ("facts", "unusable", "reports", "refused", "bad_frame", "calls_lost")
_STATM = Path("/proc/self/statm")
_STARTED_AT = time.time()


def add_metrics(parts: Parts, *sources: Callable[[], Iterable[Family]]) -> None:
    """Runs the port, where the settings name one. ``sources`` tell of what only this server has."""
    port = parts.settings.metrics_port
    if port is None:
        return

    async def answer(_: web.Request) -> web.Response:
        """503 while the database is away, which is news enough for whoever asks."""
        try:
            told = [*_process(), *(family for source in sources for family in source()), *await _outbox(parts.outbox)]
        except DatabaseUnavailable:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        return web.Response(text=exposition(PREFIX, told), headers={"Content-Type": CONTENT_TYPE})

    async def listening(_: web.Application) -> AsyncIterator[None]:
        async with loopback.listening(port, [web.get("/metrics", answer)], "METRICS_PORT"):
            yield

    parts.app.cleanup_ctx.append(listening)


def uplink_families(uplink: Uplink) -> Iterator[Family]:
    """Of the gateways that are connected to this server."""
    yield gauge("uplink_links", "Gateways that are connected to this server.", uplink.links)
    told = {name: uplink.counters[name] for name in _KINDS}
    yield by_label("uplink_total", "counter", "What gateways told, by kind, and what was refused.", "kind", told)


def presence_source(parts: Parts, presence: PresenceWorker) -> Callable[[], Iterable[Family]]:
    """Of the accounts whose presence this server looks after. People are counted only where somebody may ask."""
    census = Census(parts.database, presence.tenants, now=parts.now)
    if parts.settings.metrics_port is not None:
        run_along(parts.app, "presence census", census.run)
    return lambda: [*families(presence.tenants, time.monotonic), *census.families()]


async def _outbox(outbox: Outbox) -> Iterator[Family]:
    """Those of one kind as one, by the worst of them: what comes after the first word names a server of many."""
    events: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for lag in await outbox.lags():
        kind = lag.consumer.partition(" ")[0]
        events[kind] = max(events.get(kind, 0), lag.events)
        seconds[kind] = max(seconds.get(kind, 0.0), lag.seconds)
    return iter(
        [
            by_label("outbox_waiting", "gauge", "Events that a consumer has yet to deal with.", "consumer", events),
            by_label("outbox_lag_seconds", "gauge", "How long the oldest of them has waited.", "consumer", seconds),
        ]
    )


def _process() -> Iterator[Family]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield gauge("info", "The version.", 1, version=version())
    yield gauge("start_time_seconds", "When the server started.", _STARTED_AT)
    yield counter("cpu_seconds_total", "Processor time used.", used.ru_utime + used.ru_stime)
    memory = [Sample(float(resident))] if (resident := _resident()) is not None else []
    yield Family("memory_bytes", "gauge", "Memory in use.", memory)


def _resident() -> int | None:
    """Where the system tells it."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
