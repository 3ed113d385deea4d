"""From the PBX's event to the request to Graph, at full load."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from typing import TYPE_CHECKING

from benchmarks.figures import Figures, quantile
from benchmarks.load.ledger import read
from benchmarks.presence import teams
from benchmarks.presence.comparison import compare
from benchmarks.presence.site import site
from cloudlink.administration.gateways import CAPACITY, PbxModel
from composition.settings import ServerSettings
from tests.fakes.graph.throttling import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.presence.site import Site

PBXS = (PbxModel.OFFICE_400, PbxModel.MIVOICE_5000, PbxModel.MX_ONE)
SECONDS = 50.0
BOUND_MS = 250.0
"""At p99."""
_MOST_FOR_EACH_PARTY = 2.0
_WRITES = "presenceWrites"
_BUDGET = int(ServerSettings.model_fields["presence_writes_per_second"].default)


async def measure(figures: Figures) -> None:
    """Prints everything, with its bound."""
    sizes = {pbx: CAPACITY[pbx].users for pbx in PBXS}
    bhcc = sum(CAPACITY[pbx].bhcc for pbx in PBXS)
    figures.title(f"To Teams: {sum(sizes.values()):,} users, {bhcc:,} BHCC, three PBXs in one tenant, {SECONDS:g} s")
    async with site(sizes) as running:
        figures.say(f"all monitored, matched and shown as they are in {running.ready:.0f} s")
        before, since = running.plant.taken(), time.monotonic()
        await asyncio.sleep(SECONDS)
        after, until = running.plant.taken(), time.monotonic()
        wrong = await running.wrong()
        writes = await running.graph.ask(teams.writes, 0)
        fullest, _ = await running.graph.ask(teams.asked)
        told = compare(running.changes(), writes, since, until)
        calls = _calls(running, since, until)
    lasted = until - since
    p50, p99, longest = (quantile(told.latencies, share) * 1000 for share in (0.5, 0.99, 1.0))
    figures.say(f"{len(told.latencies):,} changes, p50 {p50:.0f} ms, longest {longest:.0f} ms")
    figures.at_most("p99 from the PBX's write to the stand-in's receipt, ms", p99, BOUND_MS)
    figures.at_most("people shown wrongly at the end", wrong, 0)
    written = told.sets + told.clears + told.renewals
    figures.at_most("writes a second", written / lasted, _BUDGET)
    most, window = LIMITS[_WRITES]
    figures.at_most(f"writes in the fullest {window:g} s", _fullest([write.at for write in writes], window), most)
    figures.at_most("refused with 429", max(0, fullest[_WRITES] - most), 0)
    figures.at_most("writes for each party of a call", told.for_each_party, _MOST_FOR_EACH_PARTY)
    each = (told.sets + told.clears) / calls
    figures.say(f"{calls:,} calls ended ({calls / lasted:.1f} a second), {each:.2f} writes for each")
    figures.say(f"{told.renewals} renewals, {told.collapsed} changes too short to be told, {told.late} told too late")
    share = (after["server"].seconds - before["server"].seconds) / lasted
    figures.say(f"server: {share:.0%} of a processor, {after['server'].megabytes:.0f} MB")


def _calls(running: Site, since: float, until: float) -> int:
    """Those of which an extension's part has ended in this time."""
    return sum(
        len({part.call for part in read(running.plant.ledger(company)) if since <= part.written < until})
        for company in running.companies
    )


def _fullest(moments: Sequence[float], window: float) -> int:
    """The most of these in order that are within so many seconds."""
    return max((place + 1 - bisect_left(moments, at - window) for place, at in enumerate(moments)), default=0)
