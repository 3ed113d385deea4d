"""A call log from SMDR alone: exactly one record for each extension's part in each call, whatever is lost or repeated.

The simulated MiVoice Business is the truth. Between it and CloudLink are a real connection, the gateway with its spool,
and a real WebSocket. All run in the switch's time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from gateway.calls.clock import SteadyClock
from gateway.service import run
from gateway.settings import GatewaySettings
from simulator.profiles import settings_of
from simulator.settings import SMDR_LAYOUTS
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.gateway.conditions import Watched
from tests.scenarios.site import SOON, Cloud, company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from simulator.ledger import Part

EXTENSIONS = ("2001", "2002", "2003", "2004")
STORIES = (
    "call +33199001234 -> 2001; ring 4; answer; talk 20; clear far",
    "call +33199001235 -> 2002; ring 6; clear far",
    "call +33199001235 -> 2002; ring 6; clear far",  # alike to the letter, in a layout without seconds
    "call anonymous -> 2003; ring 2; answer; talk 400; clear",
    "call 2001 -> +442079460123; ring 5; answer; talk 70; clear",
    "call 2004 -> +33199001236; ring 9; clear",
    "call 2002 -> 2003; ring 3; answer; talk 11; clear far",
    "call 2003 -> 2004; ring 7; clear",
)


class Site:
    """A switch at work, the gateway beside it, and CloudLink."""

    def __init__(self, cloud: Cloud, pbx: Simulator, settings: dict[str, object]) -> None:
        self.cloud = cloud
        self.pbx = pbx
        self.parts: list[Part] = []
        pbx.keep_ledger(self.parts.append)
        self._settings = settings
        self._stories = cycle(STORIES)

    def hear_calls(self, calls: int) -> None:
        """So many calls, one after the other."""
        for _ in range(calls):
            self.pbx.play(next(self._stories))
            self.pbx.timeline.advance(1)
            while self.pbx.switch.calls:
                self.pbx.timeline.advance(1)

    async def until_all_are_recorded(self) -> None:
        await self.cloud.until_recorded(len(self.parts))

    async def start_gateway(self, **changed: object) -> None:
        self._settings |= changed
        self.counters = Watched()
        self._stop = asyncio.Event()
        settings = GatewaySettings.model_validate(self._settings)
        clock = SteadyClock.on(self.pbx.timeline.now)
        self._gateway = asyncio.create_task(
            run(settings, self._stop, clock=clock, backoff=SOON, counters=self.counters)
        )
        await self.until_connected()
        await self.counters.until(lambda: self.counters["cloud_connections"])

    async def until_connected(self) -> None:
        await self.counters.until(lambda: self.counters["pbx_connections"])

    async def stop_gateway(self) -> None:
        self._stop.set()
        await self._gateway

    async def lose_link(self) -> None:
        # Whoever was told something has been accepted: there is a link to lose.
        await self.counters.until(lambda: self.counters["events"])
        self.counters["pbx_connections"] = 0
        self.pbx.close_links()
        self.hear_calls(3)
        await self.until_connected()


@asynccontextmanager
async def site(folder: Path, layout: int) -> AsyncIterator[Site]:
    timeline = Timeline()
    settings = settings_of("business", port=0, extensions=EXTENSIONS, smdr_layout=layout)
    cloud = Cloud(f"sqlite:///{folder / 'cloud.db'}", timeline)
    async with cloud, Simulator(settings, timeline) as pbx:
        settings_of_gateway = await company(cloud, EXTENSIONS, folder / "spool.db")
        here = Site(
            cloud,
            pbx,
            settings_of_gateway | {"csta_profile": "business", "csta_port": pbx.port, "gateway_metrics_port": 0},
        )
        await here.start_gateway()
        yield here
        await here.until_all_are_recorded()
        await here.stop_gateway()
        await every_part_is_recorded_once(here)


async def every_part_is_recorded_once(here: Site) -> None:
    has_numbers = here.pbx.settings.smdr_layout not in {90, 101}
    records = Counter(await here.cloud.log())
    assert records == Counter(expected(part, has_numbers=has_numbers) for part in here.parts)


def expected(part: Part, *, has_numbers: bool) -> tuple[object, ...]:
    """What SMDR can tell of a part: no number of a caller in layouts without ANI, no ringing of an outsider."""
    other = part.other.replace("+", "00") if part.outbound else part.other.replace("+33", "0").replace("+", "00")
    external = len(part.other) != 4
    if external and not part.outbound and not has_numbers:
        other = ""
    ring = 0 if external and part.outbound else part.ring
    return part.extension, "outbound" if part.outbound else "inbound", part.answered, ring, part.talk, other


@pytest.mark.parametrize("layout", SMDR_LAYOUTS)
async def test_every_call_stands_in_the_log_of_those_who_had_it(tmp_path: Path, layout: int) -> None:
    async with site(tmp_path, layout) as here:
        here.hear_calls(2 * len(STORIES))


async def test_nothing_is_lost_or_doubled_when_links_and_processes_come_and_go(tmp_path: Path) -> None:
    async with site(tmp_path, 112) as here:
        here.pbx.repeat_lines()
        here.hear_calls(10)
        await here.lose_link()
        here.hear_calls(5)
        await here.until_all_are_recorded()
        await here.stop_gateway()
        here.hear_calls(7)
        await here.start_gateway()
        here.hear_calls(4)
        await here.cloud.__aexit__()
        here.hear_calls(6)
        await here.cloud.__aenter__()
        await here.stop_gateway()
        # On another machine, which knows nothing of what was told before.
        await here.start_gateway(gateway_spool=tmp_path / "another.db")
        await here.lose_link()
