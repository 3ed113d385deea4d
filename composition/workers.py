"""What runs beside requests for as long as the server does: consumers of the outbox, queues, jobs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp import web

logger = logging.getLogger(__name__)

_BEGINS_AGAIN_AFTER_S = 5.0


def run_along(app: web.Application, name: str, run: Callable[[], Awaitable[object]]) -> None:
    """Runs ``run`` from the application's start to its end; should it fail, it is begun again after a while."""

    async def along(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(_again_and_again(name, run), name=name)
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app.cleanup_ctx.append(along)


async def _again_and_again(name: str, run: Callable[[], Awaitable[object]]) -> NoReturn:
    while True:
        try:
            await run()
        except Exception:
            logger.exception("a worker failed and is begun again", extra={"worker": name})
        await asyncio.sleep(_BEGINS_AGAIN_AFTER_S)
