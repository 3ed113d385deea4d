"""The simulated MiVoice Business: a line for each call, and what becomes of lines while nobody listens."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from simulator.commands import obey
from simulator.profiles import at_full_load, settings_of
from simulator.settings import SMDR_LAYOUTS
from simulator.simulator import Simulator
from simulator.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# This machine's time, as the lines are.
BEGAN = datetime(2026, 3, 5, 13, 14, 15).astimezone()
CALLER = "+33199001234"


class Listener:
    """A client; reading waits for lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def line(self) -> str:
        async with asyncio.timeout(5):
            return (await self._reader.readline()).decode("ascii").removesuffix("\r\n")


class Business:
    """A simulated PBX, and those who listen to it."""

    def __init__(self, pbx: Simulator) -> None:
        self.pbx = pbx
        self.listeners: list[Listener] = []

    async def listen(self) -> Listener:
        listener = Listener(*await asyncio.open_connection("127.0.0.1", self.pbx.port))
        self.listeners.append(listener)
        return listener

    async def told(self, story: str, seconds: float = 60) -> str:
        """The line that a script's line makes, from the port."""
        listener = await self.listen()
        self.pbx.play(story)
        self.pbx.timeline.advance(seconds)
        return await listener.line()


@asynccontextmanager
async def business(**chosen: object) -> AsyncIterator[Business]:
    settings = settings_of("business", **{"port": 0, "extensions": ("2001", "2002", "2003"), **chosen})
    async with Simulator(settings, Timeline(BEGAN)) as pbx:
        us = Business(pbx)
        try:
            yield us
        finally:
            for listener in us.listeners:
                listener.writer.close()


START = " 03/05 13:14"


@pytest.mark.parametrize(
    ("layout", "columns"),
    [
        (90, {14: "00:00:20 T1", 28: "0008", 33: "2001", 61: "2001", 85: "001"}),
        (101, {14: "0000:00:20 T1", 33: "0008", 38: "2001", 66: "2001", 96: "001"}),
        (112, {14: "00:00:20 T1", 28: "0008", 33: "2001", 61: "2001", 85: "001   0199001234 2001"}),
        (120, {14: "0000:00:20 T1", 33: "0008", 38: "2001", 66: "2001", 96: "001   0199001234 2001"}),
        (
            207,
            {12: ":15  0000:00:20 T1", 36: "0008", 41: "2001", 69: "2001", 107: "001   0199001234           2001"},
        ),
    ],
)
async def test_an_answered_call_from_outside_in_each_layout(layout: int, columns: dict[int, str]) -> None:
    async with business(smdr_layout=layout) as us:
        got = await us.told(f"call {CALLER} -> 2001; ring 8; answer; talk 20; clear far")
        text = START
        for column, field in columns.items():
            text = text.ljust(column) + field
        assert got == text.ljust(layout)


@pytest.mark.parametrize(
    ("story", "text"),
    [
        (f"call {CALLER} -> 2001; ring 8; clear far", "00:00:08 T1   **** 2001                        2001"),
        (
            f"call 2001 -> {CALLER}; ring 8; answer; talk 20; clear",
            "00:00:20 2001      0033199001234        00000A T1",
        ),
        (f"call 2001 -> {CALLER}; ring 8; clear", "         2001      0033199001234        00000  T1"),
        ("call 2001 -> 2002; ring 8; answer; talk 20; clear", "00:00:20 2001 0008 2002                      I 2002"),
        ("call 2001 -> 2002; ring 8; clear", "00:00:08 2001 **** 2002                      I 2002"),
        (
            f"call {CALLER} -> 2001; ring 8; answer; talk 20; transfer 2002; talk 7; clear far",
            "00:00:31 T1   0008 2001                        2001T 2002",
        ),
        (
            f"call {CALLER} -> 2001; ring 8; answer; talk 20; conference 2002; talk 7; clear far",
            "00:00:31 T1   0008 2001                        2001C 2002",
        ),
        (
            f"call {CALLER} -> 2001; ring 8; divert 2002; ring 5; answer; talk 20; clear far",
            "00:00:20 T1   0013 2001                       F2002",
        ),
        (
            f"call {CALLER} -> 2001; ring 8; pickup 2002; talk 20; clear far",
            "00:00:20 T1   0008 2001                      T 2002",
        ),
    ],
)
async def test_each_way_of_a_call(story: str, text: str) -> None:
    async with business(smdr_layout=90) as us:
        got = await us.told(story)
        assert got[14:].removesuffix("001  ").rstrip() == text


async def test_a_busy_extension_and_a_wrong_number_say_so() -> None:
    async with business(smdr_layout=90) as us:
        reader = await us.listen()
        us.pbx.dial("2002", "2003").answer()
        us.pbx.ring(CALLER, "2002").end()
        assert (await reader.line())[59] == "B"
        us.pbx.ring(CALLER, "2999").end()
        assert (await reader.line())[59] == "E"


async def test_a_receiver_that_is_only_lifted_makes_no_line() -> None:
    async with business() as us:
        call = us.pbx.switch.seize("2001")
        us.pbx.switch.clear(call, "2001")
        assert us.pbx.status()["events"] == 0


@pytest.mark.parametrize(("seconds", "mark"), [(299, " "), (300, "-"), (600, "%"), (1800, "+")])
async def test_long_calls_are_marked(seconds: int, mark: str) -> None:
    async with business() as us:
        story = f"call {CALLER} -> 2001; ring 1; answer; talk {seconds}; clear far"
        assert (await us.told(story, seconds + 9))[0] == mark


async def test_lines_wait_for_somebody_and_the_oldest_are_lost() -> None:
    async with business(smdr_buffer=2) as us:
        for number in ("2001", "2002", "2003"):
            us.pbx.ring(CALLER, number).end()
        reader = await us.listen()
        assert [(await reader.line())[66:70] for _ in range(2)] == ["2002", "2003"]


async def test_lines_that_were_read_come_again_only_on_demand() -> None:
    async with business() as us:
        us.pbx.ring(CALLER, "2001").end()
        first = await (await us.listen()).line()
        us.pbx.ring(CALLER, "2002").end()
        assert obey(us.pbx, "fault repeat-lines") == "ok"
        us.pbx.close_links()
        again = await us.listen()
        assert await again.line() == first
        assert (await again.line())[66:70] == "2002"
        assert obey(us.pbx, "fault none") == "ok"
        us.pbx.close_links()
        after = await us.listen()
        us.pbx.ring(CALLER, "2003").end()
        assert (await after.line())[66:70] == "2003"


async def test_every_client_gets_every_line() -> None:
    async with business() as us:
        us.pbx.repeat_lines()
        us.pbx.ring(CALLER, "2001").end()
        readers = [await us.listen(), await us.listen()]
        assert len({await reader.line() for reader in readers}) == 1
        us.pbx.ring(CALLER, "2002").end()
        assert {(await reader.line())[66:70] for reader in readers} == {"2002"}


def test_extensions_must_fit_the_layout() -> None:
    assert len(at_full_load("business").extensions) == 2_500
    with pytest.raises(ValueError, match="four digits"):
        at_full_load("business", smdr_layout=90)
    with pytest.raises(ValueError, match="smdr_layout"):
        settings_of("business", smdr_layout=100)


@pytest.mark.parametrize("layout", SMDR_LAYOUTS)
async def test_random_traffic_is_a_line_of_that_length_for_each_call(layout: int) -> None:
    async with business(smdr_layout=layout, bhcc=600) as us:
        reader = await us.listen()
        us.pbx.start_traffic()
        us.pbx.timeline.advance(1200)
        lines = [await reader.line() for _ in range(us.pbx.status()["events"])]
        assert len(lines) > 100
        assert {len(text) for text in lines} == {layout}
