"""From the choice in Teams to SetDoNotDisturb at the PBX."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

from benchmarks.figures import quantile
from benchmarks.presence import teams
from benchmarks.presence.site import site
from cloudlink.administration.gateways import CAPACITY, PbxModel
from tests.fakes.graph.throttling import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Figures
    from benchmarks.presence.site import Site
    from benchmarks.presence.telephones import Change

PBX = PbxModel.MX_ONE
CHOOSING = 300
"""People who choose do not disturb within ``SECONDS``, and take it back after a while."""
SECONDS = 20.0
_STAYS_S = 8.0
_SETTLES_S = 6.0
BOUND_S = 5.0
"""At p99."""
_READS = "presenceReads"

_Choice = tuple[str, bool, float]


async def measure(figures: Figures) -> None:
    """Prints everything, with its bound."""
    users = CAPACITY[PBX].users
    figures.title(f"From Teams: {users:,} people at their busy hour, of whom {CHOOSING} choose do not disturb")
    async with site({PBX: users}, fromTeams="true") as running:
        figures.say(f"all monitored, matched and shown as they are in {running.ready:.0f} s")
        await running.graph.ask(teams.sign_in)
        _, before = await running.graph.ask(teams.asked)
        cpu, since = running.plant.taken()["server"].seconds, time.monotonic()
        choices = await _chosen(running)
        await asyncio.sleep(_SETTLES_S)
        fullest, after = await running.graph.ask(teams.asked)
        server, lasted = running.plant.taken()["server"], time.monotonic() - since
        latencies = _latencies(choices, running.changes())
        shown = sum(write.pair == ("DoNotDisturb", "Presenting") for write in await running.graph.ask(teams.writes, 0))
    p50, p99, longest = (quantile(latencies, share) for share in (0.5, 0.99, 1.0))
    figures.say(f"{len(latencies):,} of {len(choices):,} choices, p50 {p50:.2f} s, longest {longest:.2f} s")
    figures.at_most("p99 from the choice to SetDoNotDisturb at the PBX, s", p99, BOUND_S)
    figures.at_most("choices that did not arrive", len(choices) - len(latencies), 0)
    figures.at_most("echoes: do not disturb that Teams was told of what it had chosen itself", shown, 0)
    most, window = LIMITS[_READS]
    figures.at_most(f"reads in the fullest {window:g} s", fullest[_READS], most)
    figures.say(f"{(after[_READS] - before[_READS]) / lasted * window:.0f} reads in {window:g} s on average")
    figures.say(f"server: {(server.seconds - cpu) / lasted:.0%} of a processor, {server.megabytes:.0f} MB")


async def _chosen(running: Site) -> list[_Choice]:
    """Whose choice was what, and when."""
    people = [object_id for each in running.telephones for object_id in each.object_ids.values()]
    some = random.sample(people, CHOOSING)
    return [choice for each in await asyncio.gather(*(_choose(running, one) for one in some)) for choice in each]


async def _choose(running: Site, object_id: str) -> Sequence[_Choice]:
    await asyncio.sleep(random.uniform(0, SECONDS))  # noqa: S311 - nothing secret
    on = await running.graph.ask(teams.choose, object_id, on=True)
    await asyncio.sleep(_STAYS_S)
    off = await running.graph.ask(teams.choose, object_id, on=False)
    return (object_id, True, on), (object_id, False, off)


def _latencies(choices: Sequence[_Choice], changes: Sequence[Change]) -> list[float]:
    """Of the choices that arrived before the person's next one, in order of size."""
    found = []
    for object_id, on, at in choices:
        ends = min((other for person, _, other in choices if person == object_id and other > at), default=float("inf"))
        arrived = [
            change.at
            for change in changes
            if change.object_id == object_id and change.do_not_disturb is on and at <= change.at < ends
        ]
        found += [min(arrived) - at] if arrived else []
    return sorted(found)
