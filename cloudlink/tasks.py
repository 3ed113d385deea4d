"""Tasks that end together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from typing import Any


async def until_one_ends(*works: Coroutine[Any, Any, object]) -> None:
    """Runs all until the first ends or this task is cancelled, then cancels them one after the other, in this order.

    A work may thus rely on those behind it, while it cleans up too. Raises the error by which the first ended; of
    several the last one's, since the others' may come of it.
    """
    tasks = [asyncio.create_task(work) for work in works]
    for task in tasks:
        task.add_done_callback(_take_note)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
    finally:
        await _cancel(tasks)
    for task in reversed(ended):
        task.result()


async def _cancel(tasks: Sequence[asyncio.Task[object]]) -> None:
    """One after the other; all at once when this task is cancelled meanwhile."""
    try:
        for task in tasks:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        raise


def _take_note(task: asyncio.Task[object]) -> None:
    """Of an error that nobody waits for any more, or asyncio complains of it."""
    if not task.cancelled():
        task.exception()
