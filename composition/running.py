"""How a process of ours runs until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


@contextmanager
def lasting() -> Iterator[None]:
    """What is imported here lives as long as the process: the garbage collector need not look at it, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def run_until_told(
    service: Callable[[asyncio.Event], Awaitable[None]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Runs a service until it ends, or until Ctrl-C, SIGTERM or the closing of its terminal asks it to stop."""

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await service(stop)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(until_told())
