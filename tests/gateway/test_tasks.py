"""Parts that end together, and connections that are made again."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace

import pytest

from cloudlink.tasks import until_one_ends
from gateway.retry import keep_up
from tests.gateway.conditions import AT_ONCE


async def ends() -> None:
    """Ends at once."""


async def test_when_one_ends_the_others_are_cancelled_in_their_order() -> None:
    ended: list[str] = []

    async def lasts(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            # What is behind in the order must still be running now.
            await asyncio.sleep(0)
            ended.append(name)

    await until_one_ends(lasts("first"), lasts("second"), ends())
    assert ended == ["first", "second"]


async def test_the_error_that_ended_it_is_raised_and_not_what_came_of_it() -> None:
    broken = asyncio.Event()

    async def breaks() -> None:
        broken.set()
        raise OSError("the cause")

    async def relies_on_it() -> None:
        await broken.wait()
        raise ValueError("a consequence")

    with pytest.raises(OSError, match="the cause"):
        await until_one_ends(relies_on_it(), breaks())


async def test_cancelling_it_cancels_all() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def lasts() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(until_one_ends(lasts()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_cancelling_it_while_it_cleans_up_leaves_nothing_running_and_no_complaint() -> None:
    cleaning, ended = asyncio.Event(), asyncio.Event()
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def cleans_for_long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaning.set()
            await asyncio.Event().wait()

    async def lasts() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def breaks() -> None:
        raise OSError

    task = asyncio.create_task(until_one_ends(cleans_for_long(), lasts(), breaks()))
    await cleaning.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()
    del task
    gc.collect()
    assert complaints == []


async def test_a_lost_connection_is_made_again_until_another_error_comes() -> None:
    tries = 0

    async def connect() -> None:
        nonlocal tries
        tries += 1
        if tries == 4:
            raise ValueError("not a matter of the link")
        raise ConnectionRefusedError

    with pytest.raises(ValueError, match="not a matter"):
        await keep_up(connect, (OSError,), AT_ONCE)
    assert tries == 4


async def test_a_connection_that_was_up_for_long_is_made_again_at_once() -> None:
    tries = 0

    async def connect() -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise ValueError("found at the third try")
        raise ConnectionResetError

    # With a wait of an hour this would not come back in time.
    patient = replace(AT_ONCE, first=3600.0, longest=3600.0, settled=0.0)
    async with asyncio.timeout(10):
        with pytest.raises(ValueError, match="found at the third try"):
            await keep_up(connect, (OSError,), patient)
    assert tries == 3
