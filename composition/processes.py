"""Child processes that live and die together."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

logger = logging.getLogger(__name__)

GRACE_SECONDS = 5.0


class Processes:
    """Starts children, tells when one of them ends by itself, and stops them all on leaving the ``async with`` block.

    Each child leads its own session, so that Ctrl-C reaches this process alone and it stops them in its own order.
    """

    def __init__(self) -> None:
        self._children: dict[str, asyncio.subprocess.Process] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        await asyncio.gather(*(self._stop(child) for child in self._children.values()))

    async def start(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        """Runs ``command`` in ``folder``; its output is appended to ``log``."""
        with log.open("ab") as output:
            self._children[name] = await asyncio.create_subprocess_exec(
                *command, env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True
            )
        logger.info("process started", extra={"child": name, "pid": self._children[name].pid})

    async def first_to_end(self) -> str:
        """Waits until a child ends by itself and answers with its name."""
        waits = {asyncio.create_task(child.wait()): name for name, child in self._children.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        return waits[done.pop()]

    @staticmethod
    async def _stop(child: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(child.wait(), GRACE_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()
