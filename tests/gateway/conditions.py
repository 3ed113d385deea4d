"""Waiting for what a peer or a counter shows, without sleeping."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloudlink.gateway_report import GatewayReport, PbxReport, QueueReport
from gateway.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from typing import Any

AT_ONCE = Backoff(first=0.001, longest=0.002, jitter=0.0)


async def nothing_new() -> GatewayReport:
    """A report of a gateway that has nothing to tell."""
    return GatewayReport(
        at=datetime.now(UTC),
        started_at=datetime.now(UTC),
        version="1",
        pbx=PbxReport(model="office400", address="192.0.2.10:7001"),
        queue=QueueReport(),
    )


class Watched(Counter[str]):
    """Counters that wake who waits for them."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def __setitem__(self, name: str, value: int) -> None:
        super().__setitem__(name, value)
        self._changed.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits until ``condition()`` is true; it is asked whenever a counter changes."""
        while not condition():
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), 10)


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Runs a work beside the block and cancels it at the end."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
