"""A worker lives as long as the server, and comes back when it fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from composition import workers
from composition.workers import run_along

if TYPE_CHECKING:
    import pytest


async def test_a_worker_ends_with_the_application() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    app = web.Application()
    run_along(app, "test", work)
    runner = web.AppRunner(app)
    await runner.setup()
    await asyncio.wait_for(began.wait(), 5)
    await runner.cleanup()
    assert ended.is_set()


async def test_a_worker_that_fails_is_told_and_begun_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "_BEGINS_AGAIN_AFTER_S", 0.0)
    begun, thrice = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 3:
            thrice.set()
            await asyncio.Event().wait()
        raise RuntimeError("broken")

    app = web.Application()
    run_along(app, "test", work)
    runner = web.AppRunner(app)
    await runner.setup()
    await asyncio.wait_for(thrice.wait(), 5)
    await runner.cleanup()
    assert caplog.text.count("a worker failed and is begun again") == 2
