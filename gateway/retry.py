"""Connecting again: both links of the gateway are meant to be up for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import stamina

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds: the first wait, which doubles each time, the longest, and how much chance adds.

    A connection that was up for ``settled`` seconds was a success: the next try after it is made at once.
    """

    first: float = 0.5
    longest: float = 30.0
    jitter: float = 1.0
    settled: float = 60.0


async def keep_up(connect: Callable[[], Awaitable[None]], lost: tuple[type[Exception], ...], backoff: Backoff) -> None:
    """Calls ``connect`` again and again, whenever it ends by one of the errors ``lost``. Ends by other errors alone."""
    while True:
        await _until_settled(connect, lost, backoff)


async def _until_settled(
    connect: Callable[[], Awaitable[None]], lost: tuple[type[Exception], ...], backoff: Backoff
) -> None:
    now = asyncio.get_running_loop().time
    async for attempt in stamina.retry_context(
        on=lost,
        attempts=None,
        timeout=None,
        wait_initial=backoff.first,
        wait_max=backoff.longest,
        wait_jitter=backoff.jitter,
    ):
        with attempt:
            began = now()
            try:
                await connect()
            except lost:
                if now() - began < backoff.settled:
                    raise
