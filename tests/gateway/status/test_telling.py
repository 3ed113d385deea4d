"""When a gateway tells how it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.status.telling import tell
from tests.cloudlink.test_gateway_report import PBX, WELL
from tests.gateway.conditions import running

if TYPE_CHECKING:
    from cloudlink.gateway_report import GatewayReport


class Gateway:
    """Answers one report after the other, the last one again and again; ``looks`` counts how often it was asked."""

    def __init__(self, *reports: GatewayReport) -> None:
        self._reports = [*reports]
        self.looks = 0
        self.told: asyncio.Queue[GatewayReport] = asyncio.Queue()

    async def report(self) -> GatewayReport:
        self.looks += 1
        return self._reports.pop(0) if len(self._reports) > 1 else self._reports[0]


async def test_the_first_report_is_told_at_once_and_then_each_that_tells_something_new() -> None:
    busier = replace(WELL, pbx=replace(PBX, calls=121))
    alone = replace(WELL, pbx=replace(PBX, running=3))
    gateway = Gateway(WELL, busier, busier, alone, alone)
    async with running(tell(gateway.told.put, gateway.report, look_seconds=0.001)):
        told = [await asyncio.wait_for(gateway.told.get(), 10) for _ in range(2)]
    assert told == [WELL, alone]
    assert gateway.looks >= 4
    assert gateway.told.empty()


async def test_nothing_new_is_told_now_and_then() -> None:
    gateway = Gateway(WELL)
    async with running(tell(gateway.told.put, gateway.report, look_seconds=0.001, at_least_seconds=0.002)):
        told = [await asyncio.wait_for(gateway.told.get(), 10) for _ in range(3)]
    assert told == [WELL] * 3


async def test_a_link_that_breaks_ends_the_telling() -> None:
    async def broken(_: GatewayReport) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await tell(broken, Gateway(WELL).report)
