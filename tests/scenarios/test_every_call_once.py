"""Exactly one call record for each monitored party of each call, whatever happens to the calls and to the processes.

The simulated switch is the truth: every part that an extension has in a call there must stand once in CloudLink, and
nothing else. Between the two are a real CSTA connection, the gateway with its spool, and a real WebSocket. All run in
the switch's time, a quarter of a second at once, so that hours pass in seconds.
"""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING

import pytest

from simulator.settings import GroupSettings, SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from simulator.traffic.random_calls import random_calls
from tests.scenarios.site import EXTENSIONS, STEP, Cloud, Site, company

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from simulator.ledger import Part as LedgerPart
    from simulator.timeline import Steps

GROUPS = tuple(
    GroupSettings(kind, number, EXTENSIONS[:3]) for kind, number in (("ring", "500"), ("hunt", "501"), ("queue", "502"))
)


@asynccontextmanager
async def site(folder: Path, seed: int) -> AsyncIterator[Site]:
    """With traffic that is about to begin, and ends with the block."""
    random = Random(seed)  # noqa: S311 - traffic that can be repeated, nothing secret
    timeline = Timeline()
    cloud = Cloud(f"sqlite:///{folder / 'cloud.db'}", timeline)
    settings = SimulatorSettings(port=0, extensions=EXTENSIONS, groups=GROUPS, heartbeat_seconds=0)
    async with cloud, Simulator(settings, timeline) as pbx:
        settings_of_gateway = await company(cloud, EXTENSIONS, folder / "spool.db")
        here = Site(cloud, pbx, settings_of_gateway | {"csta_port": pbx.port})
        await here.start_gateway()
        traffic = (random_calls(pbx.switch, timeline, 300, random), joined_and_diverted(pbx, random))
        endings = [timeline.play(steps) for steps in traffic]
        yield here
        for end in endings:
            end()
        await here.end_all_calls()
        await here.stop_gateway()
        await every_part_is_recorded_once(here)


def joined_and_diverted(pbx: Simulator, random: Random) -> Steps:
    """More of what is hard to follow than people usually do."""
    while True:
        yield random.expovariate(1 / 15)
        me, colleague = random.sample(EXTENSIONS, 2)
        story = random.choice(
            (
                "answer; talk 8; transfer $colleague; talk 9; clear",
                "answer; talk 8; conference $colleague; talk 9; clear",
                "answer; talk 4; hold 5; retrieve; talk 3; transfer $colleague; talk 9; clear far",
                "divert $colleague; ring 3; answer; talk 9; clear far",
                "divert $colleague; ring 0.5; divert $me; ring 0.5; answer; talk 9; clear",
                "pickup $colleague; talk 9; clear",
                "answer; talk 4; blind $colleague; ring 3; answer; talk 9; clear far",
                "answer; talk 4; early $colleague; ring 3; answer; talk 9; clear far",
                "answer; talk 4; waiting +442079460123; talk 3; clear",
            )
        )
        told = story.replace("$me", me).replace("$colleague", colleague)
        pbx.play(f'call +331990001{random.randrange(100):02} "Supplier" -> {me}; ring 3; {told}')


async def every_part_is_recorded_once(here: Site) -> None:
    parts = [part for part in here.truth.over if part.known]
    records = await here.cloud.records()
    assert len(parts) > 50
    assert Counter(record[:2] for record in records) == Counter(part.told[:2] for part in parts)
    seen = Counter(part.told for part in parts if not part.unseen)
    assert seen <= Counter(records)
    if not any(part.unseen for part in here.truth.over):
        # The gateway hears an event up to a quarter of a second late.
        recorded, made = sorted(await here.cloud.calls()), sorted(as_the_ledger_has_it(part) for part in here.ledger)
        assert [call[:5] for call in recorded] == [call[:5] for call in made]
        seconds = [second for call in made for second in call[5:]]
        assert [second for call in recorded for second in call[5:]] == pytest.approx(seconds, abs=2 * STEP)


def as_the_ledger_has_it(part: LedgerPart) -> tuple[object, ...]:
    """Extension, call, direction, answered, the number at the other end, seconds of ringing, seconds of talking."""
    direction = "outbound" if part.outbound else "inbound"
    return part.extension, part.call, direction, part.answered, part.other, part.ring, part.talk


@pytest.mark.parametrize("seed", range(4))
async def test_every_part_of_every_call_is_recorded_once(tmp_path: Path, seed: int) -> None:
    async with site(tmp_path, seed) as here:
        await here.pass_time(600)


@pytest.mark.parametrize("seed", range(4, 6))
async def test_restarts_lose_no_part_and_double_none(tmp_path: Path, seed: int) -> None:
    async with site(tmp_path, seed) as here:
        for happens in (here.restart_gateway, here.restart_cloud, here.lose_link, here.restart_gateway):
            await here.pass_time(120)
            await happens()
        await here.pass_time(120)
