"""One company and its tenant: PBXs with their gateways, the server with presence on, and Microsoft's stand-ins."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from benchmarks.load.companies import one_company
from benchmarks.load.plant import Plant
from benchmarks.presence import teams
from benchmarks.presence.comparison import wrong
from benchmarks.presence.telephones import Telephones
from cloudlink.administration.integrations import IntegrationKind
from store.clock import utc_now
from store.database import open_database
from store.schema import endpoints, integrations, tenants
from store.vault import Vault, key_of_file
from tests.fakes.entra import Tenant
from tests.fakes.microsoft import microsoft
from tests.presence.office import APPLICATION_ID, GRANTED, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from benchmarks.load.companies import Company
    from benchmarks.presence.telephones import Change
    from cloudlink.administration.gateways import PbxModel
    from store.database import Database
    from tests.fakes.microsoft import Addresses, Microsoft

ANSWERS_AFTER_S = 0.05
_APP_ID = "00000000-0000-0000-0000-00000000b07a"
_PATIENCE_S = 150.0
# Whoever has just begun or ended a call is judged when they have done nothing for so long.
_RESTS_S = 1.0
_DATABASE = "store.db"


@dataclass
class Site:
    """Everything runs, and everybody is shown as they are. ``ready`` is how many seconds that took the processes."""

    plant: Plant
    graph: Microsoft
    companies: Sequence[Company]
    telephones: Sequence[Telephones]
    ready: float = 0.0

    def changes(self) -> list[Change]:
        """All that the telephones have done so far."""
        for each in self.telephones:
            each.read()
        return [change for each in self.telephones for change in each.changes]

    async def wrong(self) -> int:
        """How many Teams shows otherwise than their telephone is; everybody is judged once they rest."""
        found, left = 0, None
        while left is None or left:
            asked_at = time.monotonic()
            shown = await self.graph.ask(teams.in_a_call)
            last = {change.object_id: change for change in sorted(self.changes(), key=lambda change: change.at)}
            others, moving = wrong(last, shown, asked_at - _RESTS_S)
            found += len(others if left is None else others & left)
            left = moving if left is None else moving & left
            await asyncio.sleep(_RESTS_S)
        return found


@asynccontextmanager
async def site(sizes: dict[PbxModel, int], times: float = 1, **options: str) -> AsyncIterator[Site]:
    """``sizes`` are users of each PBX, all in one account, ``times`` their busy hours; ``options`` of presence."""
    with TemporaryDirectory(prefix="presence-") as name:
        folder = Path(name)
        made = await one_company(folder / _DATABASE, sizes)
        tenant = tenant_of(email for company in made for email in company.emails.values())
        await switch_on(folder, made[0].account_id, tenant, **options)
        async with stand_ins(folder, tenant) as graph:
            with ExitStack() as ending:
                began = time.monotonic()
                plant = ending.enter_context(Plant(folder, times, server_settings(graph.addresses), tells_states=True))
                for company in made:
                    plant.add(company)
                telephones = [_telephones(plant, company, tenant) for company in made]
                for each in telephones:
                    ending.callback(each.close)
                running = Site(plant, graph, made, telephones)
                await _until_known(folder, sum(sizes.values()))
                await _until_right(running)
                running.ready = time.monotonic() - began
                yield running


def tenant_of(addresses: Iterable[str]) -> Tenant:
    """A tenant with these people and our application."""
    tenant = Tenant()
    for address in addresses:
        tenant.add(address)
    tenant.register(APPLICATION_ID, secret=SECRET, granted=GRANTED)
    return tenant


@asynccontextmanager
async def stand_ins(folder: Path, tenant: Tenant) -> AsyncIterator[Microsoft]:
    """Entra ID and Graph, as slow as Graph is."""
    async with microsoft(folder, _APP_ID, SECRET, tenant, answers_after=ANSWERS_AFTER_S) as graph:
        yield graph


def server_settings(addresses: Addresses) -> Mapping[str, str]:
    """By which a server reaches the stand-ins."""
    return {"GRAPH_URL": addresses.graph_url, "ENTRA_URL": addresses.entra_url, **addresses.environment}


async def switch_on(folder: Path, account_id: str, tenant: Tenant, **options: str) -> None:
    """The account has proved the tenant, and presence is on."""
    vault, now = Vault([key_of_file(folder / "secrets.key")]), utc_now()
    known = {"name": "Presence", "tenantId": tenant.tenant_id, "clientId": APPLICATION_ID}
    row = {
        "account_id": account_id,
        "kind": IntegrationKind.TEAMS_PRESENCE,
        "enabled": True,
        "configuration": {**known, **options},
        "secret_encrypted": vault.encrypt(SECRET),
        "created_on": now,
        "modified_on": now,
    }
    proof = {"tenant_id": tenant.tenant_id, "account_id": account_id, "proved_on": now}

    def work(connection: Connection) -> None:
        connection.execute(insert(tenants), proof)
        connection.execute(insert(integrations), row)

    async with opened(folder) as database:
        await database.write(work)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    """The server's database, which it may have open itself."""
    database = await open_database(f"sqlite:///{folder / _DATABASE}")
    try:
        yield database
    finally:
        await database.close()


def _telephones(plant: Plant, company: Company, tenant: Tenant) -> Telephones:
    people = {person.upn: person.object_id for person in tenant.people}
    object_ids = {extension: people[email] for extension, email in company.emails.items()}
    return Telephones(plant.states(company), object_ids)


async def _until_known(folder: Path, users: int) -> None:
    """A line whose state is known has been looked at by a monitor that runs."""
    known = select(func.count()).where(endpoints.c.changed_at.is_not(None))
    until = time.monotonic() + _PATIENCE_S
    async with opened(folder) as database:
        while (await database.scan(known))[0][0] < users:
            if time.monotonic() > until:
                raise TimeoutError(f"not all are monitored within {_PATIENCE_S:g} s")
            await asyncio.sleep(0.2)


async def _until_right(running: Site) -> None:
    until = time.monotonic() + _PATIENCE_S
    while await running.wrong():
        if time.monotonic() > until:
            raise TimeoutError(f"people are not shown as they are within {_PATIENCE_S:g} s")
