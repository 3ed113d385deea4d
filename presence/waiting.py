"""Waiting for whichever comes first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from graph.timing import Timing


async def wait(event: asyncio.Event, seconds: float, timing: Timing) -> bool:
    """For the event, but no longer than that; whether it came."""
    await until_first(event.wait(), _sleep(seconds, timing))
    return event.is_set()


async def until_first(*works: Coroutine[Any, Any, Any]) -> None:
    """Until the first of them ends; the others are cancelled. Raises what ended it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in ended:
        task.result()


async def _sleep(seconds: float, timing: Timing) -> None:
    await timing.sleep(seconds)
