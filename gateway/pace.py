"""Thousands of requests to a PBX that takes a few at a time: how many are made at once, and how far it has got."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import Any

logger = logging.getLogger(__name__)

TELL_SECONDS = 5.0


class Window:
    """How many works are done at once. It only narrows: whoever opens it anew makes another."""

    def __init__(self, width: int) -> None:
        self.width = width

    def narrow(self, width: int) -> None:
        """Half of it, since the PBX complained of too many when it was ``width``: one step, however many complaints."""
        if width != self.width or width == 1:
            return
        self.width //= 2
        logger.warning("the PBX wants fewer requests at once", extra={"at_once": self.width})

    async def run(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Does all of them, which are only taken from the iterable as their turn comes."""
        rest = iter(works)

        async def do(number: int) -> None:
            while number < self.width and (work := next(rest, None)) is not None:
                await work

        await asyncio.gather(*map(do, range(self.width)))


class Progress:
    """Says every few seconds how many of ``total`` are done; nothing when all are done before."""

    def __init__(self, what: str, total: int, now: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._now = now
        self._told = now()

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = self._now()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            logger.info("%s: %d of %d", self._what, self._done, self._total)
