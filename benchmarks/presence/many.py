"""50,000 people in one tenant. Their telephones are rows, and the gateway that told of them is one as well."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from benchmarks.load.plant import Plant, listening
from benchmarks.presence import teams
from benchmarks.presence.crowd import address, filled, linked
from benchmarks.presence.site import opened, server_settings, stand_ins, switch_on, tenant_of
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from composition.settings import ServerSettings
from graph.client import Graph
from graph.session import microsoft_session
from graph.tokens import known_by
from presence.model import Options, Switched
from presence.sessions import SessionJournal
from presence.steering import Following
from presence.tenant import TenantPresence
from store.clock import utc_now
from store.schema import presence_sessions, presence_syncs
from tests.fakes.graph.throttling import LIMITS
from tests.presence.office import APPLICATION_ID, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.figures import Figures
    from cloudlink.service.spools import Gateway
    from store.database import Database
    from tests.fakes.entra import Tenant
    from tests.fakes.microsoft import Microsoft

PEOPLE = 50_000
ON_THE_TELEPHONE = 25
"""One of so many telephones at the start."""
_BUDGET = int(ServerSettings.model_fields["presence_writes_per_second"].default)
# Starting, reading everybody and writing down who they are, beside what the budget makes of the writes.
_START_S, _MATCHING_S = 15.0, 60.0
_MEGABYTES_FOR_EACH = 0.004
_RECONCILES_WITHIN_S = 5.0
_PATIENCE_S = 300.0
_SETTLES_S = 4.0
_MATCHED = select(presence_syncs.c.account_id).where(presence_syncs.c.matched_on.is_not(None))


@dataclass(frozen=True, slots=True)
class Start:
    """``consistent`` and ``matched`` are seconds from the start of the server's process."""

    consistent: float
    matched: float
    writes: int
    megabytes: float


async def measure(figures: Figures) -> None:
    """Prints everything, with its bound."""
    figures.title(f"{PEOPLE:,} people in one tenant, one of {ON_THE_TELEPHONE} on the telephone at a cold start")
    with TemporaryDirectory(prefix="presence-") as name:
        folder = Path(name)
        tenant = tenant_of(map(address, range(PEOPLE)))
        gateway = await filled(folder, PEOPLE, ON_THE_TELEPHONE)
        async with stand_ins(folder, tenant) as graph, linked(folder, gateway, PEOPLE):
            without = await _memory_without(folder)
            await switch_on(folder, gateway.account_id, tenant)
            first = await _start(folder, graph, tenant)
            await _forget_shown(folder, graph)
            second = await _start(folder, graph, tenant)
            fullest, _ = await graph.ask(teams.asked)
            seconds, held_up = await _reconciliation(folder, graph, gateway, tenant)
    writing = first.writes / _BUDGET
    figures.say(f"{first.writes:,} had to be written, which takes {writing:.0f} s at {_BUDGET} a second")
    figures.at_most("until all are right, with matching, s", first.consistent, writing + _START_S + _MATCHING_S)
    figures.say(f"of which until all are matched: {first.matched:.1f} s")
    figures.at_most("until all are right, without matching, s", second.consistent, writing + _START_S)
    figures.at_most("writes for each who is on the telephone", first.writes / (PEOPLE // ON_THE_TELEPHONE), 1)
    for service in ("presenceWrites", "directory"):
        most, window = LIMITS[service]
        figures.at_most(f"{service} in the fullest {window:g} s", fullest[service], most)
    figures.say(f"server's memory: {without:.0f} MB without presence, {second.megabytes:.0f} MB with it")
    figures.say(f"after matching: {first.megabytes:.0f} MB")
    figures.at_most("kB for each person", (second.megabytes - without) / PEOPLE * 1000, _MEGABYTES_FOR_EACH * 1000)
    figures.at_most("one reconciliation, s", seconds, _RECONCILES_WITHIN_S)
    figures.say(f"which holds up the server for {held_up * 1000:.0f} ms at a time at most")


async def _memory_without(folder: Path) -> float:
    with Plant(folder, 1) as plant:
        listening(plant.port)
        await asyncio.sleep(_SETTLES_S)
        return plant.taken()["server"].megabytes


async def _start(folder: Path, graph: Microsoft, tenant: Tenant) -> Start:
    """From nothing shown to all who telephone."""
    wanted = {person.object_id for person in tenant.people[::ON_THE_TELEPHONE]}
    seen = before = len(await graph.ask(teams.writes, 0))
    shown, matched, until = set[str](), 0.0, time.monotonic() + _PATIENCE_S
    with Plant(folder, 1, server_settings(graph.addresses)) as plant:
        began = time.monotonic()
        while shown != wanted:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(shown ^ wanted):,} people are not right after {_PATIENCE_S:g} s")
            await asyncio.sleep(0.1)
            matched = matched or (time.monotonic() - began if await _is_matched(folder) else 0.0)
            for write in await graph.ask(teams.writes, seen):
                seen += 1
                (shown.add if write.kind == "set" else shown.discard)(write.object_id)
        consistent = time.monotonic() - began
        await asyncio.sleep(_SETTLES_S)
        return Start(consistent, matched, seen - before, plant.taken()["server"].megabytes)


async def _is_matched(folder: Path) -> bool:
    async with opened(folder) as database:
        return bool(
            await database.scan(select(presence_syncs.c.matched_on).where(presence_syncs.c.matched_on.is_not(None)))
        )


async def _forget_shown(folder: Path, graph: Microsoft) -> None:
    """As before the first start, but for who is who."""
    await graph.ask(teams.end_all)
    async with opened(folder) as database:
        await database.write(lambda connection: connection.execute(delete(presence_sessions)))


async def _reconciliation(folder: Path, graph: Microsoft, gateway: Gateway, tenant: Tenant) -> tuple[float, float]:
    """Seconds of one that finds all as it was, and the longest time for which nothing else went on."""
    switched = Switched(gateway.account_id, tenant.tenant_id, APPLICATION_ID, SECRET, Options())
    async with opened(folder) as database, microsoft_session() as session:
        registration = known_by(APPLICATION_ID, graph.addresses.entra_url, SECRET)
        asked = Graph(session, registration, graph.addresses.graph_url).tenant(tenant.tenant_id)
        journal = SessionJournal(database, switched, "bench", lambda: None, utc_now)
        presence = TenantPresence(database, asked, switched, journal, Following(_no_telephones(database)))
        await presence.look()
        await presence.reconcile()
        async with _delays() as delays:
            began = time.perf_counter()
            await presence.reconcile()
            return time.perf_counter() - began, max(delays)


def _no_telephones(database: Database) -> CallControl:
    """No gateway is linked to this process."""
    return CallControl(database, Commands(database))


@asynccontextmanager
async def _delays() -> AsyncIterator[list[float]]:
    """By how much a task that sleeps for a millisecond, again and again, was late."""
    delays = [0.0]

    async def sleep() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            delays.append(time.perf_counter() - before - 0.001)

    task = asyncio.create_task(sleep())
    try:
        yield delays
    finally:
        task.cancel()
