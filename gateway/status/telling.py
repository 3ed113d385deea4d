"""Tells CloudLink how the gateway is: at once, soon after it changes, and now and then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cloudlink.gateway_report import GatewayReport

LOOK_SECONDS = 5.0
AT_LEAST_SECONDS = 60.0


async def tell(
    send: Callable[[GatewayReport], Awaitable[None]],
    report: Callable[[], Awaitable[GatewayReport]],
    look_seconds: float = LOOK_SECONDS,
    at_least_seconds: float = AT_LEAST_SECONDS,
) -> NoReturn:
    """Until cancelled, or ``send`` raises."""
    clock = asyncio.get_running_loop().time
    told, told_at = await report(), clock()
    await send(told)
    while True:
        await asyncio.sleep(look_seconds)
        now = await report()
        if clock() - told_at >= at_least_seconds or not now.tells_the_same(told):
            told, told_at = now, clock()
            await send(told)
