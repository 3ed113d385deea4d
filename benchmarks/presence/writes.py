"""What calls of different lengths cost in writes, by a clock that is stepped: two hours pass in seconds."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cloudlink.service import spools
from cloudlink.service.provision import Provisioning
from store.database import open_database
from store.outbox import Outbox
from tests.cloudlink.conftest import two_companies
from tests.conftest import SteppedClock
from tests.fakes.entra import Tenant, entra
from tests.fakes.graph import fake_graph
from tests.presence.office import IN_A_CALL, SECRET, Time, office_of, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.figures import Figures
    from tests.fakes.graph import Write
    from tests.presence.office import Office

MINUTES = (1, 120)
_MOST_FOR_EACH_PARTY = 2
_STEP_S = 15.0
_APP_ID = "00000000-0000-0000-0000-00000000b07a"


async def measure(figures: Figures) -> None:
    """Of a call between two users, each their own synchronised party."""
    figures.title("Writes of a call between two users, in stepped time")
    async with _company() as office, office.serving():
        await office.switch()
        await _call(office, 1)
        for minutes in MINUTES:
            before = len(office.microsoft.presences.writes)
            unseen = await _call(office, minutes)
            writes = office.microsoft.presences.writes[before:]
            renewals = _renewals(writes)
            parties = len({write.object_id for write in writes})
            name = f"{minutes} min"
            figures.at_most(
                f"{name}: writes for each party but for renewals",
                (len(writes) - renewals) / parties,
                _MOST_FOR_EACH_PARTY,
            )
            figures.at_most(f"{name}: moments at which a party was not shown in a call", unseen, 0)
            figures.say(f"{name}: {renewals / parties:g} renewals for each party")


async def _call(office: Office, minutes: float) -> int:
    """Both telephone for so long, and are idle then. Answers how often one of them was not shown in a call."""
    both = office.people.desk, office.people.warehouse
    for user in both:
        await office.line(user, state="connected")
    for user in both:
        await office.until(user, IN_A_CALL)
    unseen = 0
    for _ in range(int(minutes * 60 / _STEP_S)):
        await _pass(office)
        unseen += sum(office.shows(user) != IN_A_CALL for user in both)
    for user in both:
        await office.line(user, state="idle")
    for user in both:
        await office.until(user, None)
    return unseen


async def _pass(office: Office) -> None:
    office.clock.advance(seconds=_STEP_S)
    await office.database.write(lambda connection: spools.still_linked(connection, [office.gateway], office.clock()))
    await office.time.pass_(_STEP_S)
    await settle()


def _renewals(writes: list[Write]) -> int:
    kinds = defaultdict(list)
    for write in writes:
        kinds[write.object_id].append(write.kind)
    return sum(own.count("set") - 1 for own in kinds.values())


@asynccontextmanager
async def _company() -> AsyncIterator[Office]:
    clock, time, tenant = SteppedClock(datetime.now(UTC)), Time(), Tenant()
    with TemporaryDirectory(prefix="presence-") as name, entra(Path(name), _APP_ID, SECRET, tenant) as identity:
        os.environ.update(identity.environment)
        database = await open_database(f"sqlite:///{Path(name) / 'store.db'}")
        try:
            outbox = Outbox(database, clock)
            provisioning = Provisioning(database, outbox, clock)
            people = await two_companies(provisioning)
            gateway_id, _ = await provisioning.create_gateway(people.account.account_id)
            async with (
                fake_graph(identity, time.clock) as graph,
                office_of(
                    database,
                    outbox,
                    clock,
                    time,
                    people,
                    tenant=tenant,
                    microsoft=graph,
                    identity=identity,
                    gateway_id=gateway_id,
                ) as office,
            ):
                yield office
        finally:
            await database.close()
