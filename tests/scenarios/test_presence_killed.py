"""Servers that are killed while people telephone: Teams is set right by whoever comes next, or by the expiry alone.

Servers are processes as an operator starts them, and time is real but for two clocks: Graph's stand-in is an hour on
when a test says so, and the minute for which a killed server has an account is over at once.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.service.provision import Provisioning, known_as
from gateway.service import run
from gateway.settings import GatewaySettings
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox
from store.schema import integrations, presence_syncs, tenants
from store.vault import Vault, new_key
from tests.fakes.graph import fake_graph
from tests.fakes.relay import Relay
from tests.gateway.conditions import running
from tests.graph.conftest import identity, other_tenant, tenant
from tests.presence.office import APPLICATION_ID, GRANTED, IN_A_CALL, SECRET
from tests.scenarios.conftest import ROOT, free_port
from tests.scenarios.site import SOON

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator
    from pathlib import Path

    from store.database import Database
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph

__all__ = ["identity", "other_tenant", "tenant"]

pytestmark = pytest.mark.timeout(120)

EXPIRY_S = 600.0
PATIENCE = 30
_GUID = "00000000-0000-0000-0000-00000000b07a"


class Servers:
    """By name, on one database. ``later`` is how many seconds Graph's clock is on; ``people`` are by extension."""

    def __init__(self, database: Database, folder: Path, environment: dict[str, str]) -> None:
        self.database = database
        self.later = 0.0
        self.ports = {"first": free_port(), "second": free_port()}
        self.people: dict[str, Person] = {}
        self.microsoft: FakeGraph
        self.pbx: Simulator
        self.wire: Relay
        self._folder = folder
        self._environment = environment
        self._running: dict[str, Process] = {}

    def clock(self) -> float:
        """Graph's."""
        return time.monotonic() + self.later

    async def start(self, name: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, str(ROOT / "app.py"), "serve"),
                cwd=self._folder,
                env={**os.environ, **self._environment, "PORT": str(self.ports[name])},
                stdout=log,
                stderr=log,
            )

    async def kill(self, name: str) -> None:
        """Its gateway finds nobody until the wire leads to somebody else."""
        process = self._running.pop(name)
        process.kill()
        await process.wait()
        await self.wire.cut()

    async def kill_all(self) -> None:
        for name in list(self._running):
            await self.kill(name)

    async def until_claimed(self, but: str | None = None) -> str:
        """Which server looks after the account, once it is another than ``but``."""
        async with asyncio.timeout(PATIENCE):
            while True:
                rows = await self.database.read(select(presence_syncs.c.claimed_by))
                if rows and rows[0][0] not in {None, but}:
                    return str(rows[0][0])
                # Another process does it, and needs the processor.
                await asyncio.sleep(0.05)

    async def lease_ends(self) -> None:
        """As after a minute."""
        over = update(presence_syncs).values(claimed_until=utc_now() - timedelta(seconds=1))
        await self.database.write(lambda connection: connection.execute(over))

    async def take_over(self, name: str, before: str) -> str:
        """The minute is over, and the gateway comes to the server of that name."""
        await self.lease_ends()
        holder = await self.until_claimed(but=before)
        await self.link_to(name)
        return holder

    async def link_to(self, name: str) -> None:
        self.wire.lead_to("127.0.0.1", self.ports[name])
        await self.wire.mend()

    def in_a_call(self) -> set[str]:
        """Extensions whose people are, in Teams."""
        session = self.microsoft.presences.session
        return {number for number, person in self.people.items() if session(person, APPLICATION_ID) == IN_A_CALL}

    async def until(self, *extensions: str) -> float:
        """Seconds until these, and nobody else, are in a call in Teams."""
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            async with (presences := self.microsoft.presences).written:
                await presences.written.wait_for(lambda: self.in_a_call() == set(extensions))
        return time.monotonic() - began


@asynccontextmanager
async def servers_of(
    folder: Path, database: Database, database_url: str, identity: Entra, tenant: Tenant
) -> AsyncIterator[Servers]:
    """With a company whose presence is on; no server runs yet, and the gateway has nobody to speak to."""
    key = new_key()
    gateway_id, secret = await _company(database, Vault([key]), tenant)
    tenant.register(APPLICATION_ID, secret=SECRET, granted=GRANTED)
    environment = {
        "APP_ID": _GUID,
        "APP_PASSWORD": "not-a-secret",
        "APP_TENANT_ID": _GUID,
        "PUBLIC_URL": "https://assistant.example.com",
        "DATABASE_URL": database_url,
        "SECRETS_KEY": key,
        "ENTRA_URL": identity.url,
        "LOG_LEVEL": "WARNING",
        **identity.environment,
    }
    here = Servers(database, folder, environment)
    async with AsyncExitStack() as stack:
        here.microsoft = await stack.enter_async_context(fake_graph(identity, here.clock))
        environment["GRAPH_URL"] = here.microsoft.url
        here.people = {number: tenant.add(f"{number}@example.com") for number in ("201", "202")}
        here.pbx = await stack.enter_async_context(Simulator(SimulatorSettings(port=0, heartbeat_seconds=0)))
        here.wire = await stack.enter_async_context(Relay("127.0.0.1", here.ports["first"]))
        stack.push_async_callback(here.kill_all)
        settings = {
            "gateway_cloudlink_url": f"http://{here.wire.address}",
            "gateway_id": gateway_id,
            "gateway_key": secret,
            "gateway_spool": folder / "spool.db",
            "csta_port": here.pbx.port,
        }
        await here.start("first")
        await stack.enter_async_context(
            running(run(GatewaySettings.model_validate(settings), asyncio.Event(), backoff=SOON))
        )
        await asyncio.wait_for(here.pbx.monitored(*here.people), PATIENCE)
        yield here


async def _company(database: Database, vault: Vault, tenant: Tenant) -> tuple[str, str]:
    provisioning = Provisioning(database, Outbox(database))
    account_id = (await provisioning.create_account(NewAccount("Company"))).account_id
    for number in ("201", "202"):
        await provisioning.create_user(account_id, known_as(f"Desk {number}", f"{number}@example.com", number))
    now = utc_now()
    proved = {"tenant_id": tenant.tenant_id, "account_id": account_id, "proved_on": now}
    row = {
        "account_id": account_id,
        "kind": IntegrationKind.TEAMS_PRESENCE,
        "enabled": True,
        "configuration": {"tenantId": tenant.tenant_id, "clientId": APPLICATION_ID},
        "secret_encrypted": vault.encrypt(SECRET),
        "created_on": now,
        "modified_on": now,
    }
    await database.write(lambda connection: connection.execute(insert(tenants), proved))
    await database.write(lambda connection: connection.execute(insert(integrations), row))
    return await provisioning.create_gateway(account_id)


async def test_a_server_that_is_killed_mid_call_and_comes_back_or_never_does(
    tmp_path: Path,
    database: Database,
    database_url: str,
    identity: Entra,
    *,
    tenant: Tenant,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with servers_of(tmp_path, database, database_url, identity, tenant) as here:
        killed = await here.until_claimed()
        ends, stays = (here.pbx.ring("+33199001234", number) for number in here.people)
        for call in (ends, stays):
            call.answer()
        await here.until("201", "202")
        await here.kill("first")
        ends.hang_up()
        assert here.in_a_call() == {"201", "202"}

        await here.start("first")
        await here.take_over("first", killed)
        seconds = await here.until("202")
        assert [write.kind for write in here.microsoft.presences.writes].count("clear") == 1, (
            "who stays does not flicker"
        )

        await here.kill("first")
        stays.hang_up()
        here.later += EXPIRY_S / 2
        assert here.in_a_call() == {"202"}
        here.later += EXPIRY_S / 2
        assert here.in_a_call() == set()
    with capsys.disabled():
        print(f"\nserver back: right {seconds:.1f} s after its link; never back: right after {EXPIRY_S:.0f} s")  # noqa: T201


async def test_of_two_servers_the_one_that_looks_after_the_account_is_killed(
    tmp_path: Path,
    postgresql_url: str,
    identity: Entra,
    tenant: Tenant,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = await open_database(postgresql_url)
    async with servers_of(tmp_path, database, postgresql_url, identity, tenant) as here:
        killed = await here.until_claimed()
        await here.start("second")
        ends, stays = (here.pbx.ring("+33199001234", number) for number in here.people)
        for call in (ends, stays):
            call.answer()
        await here.until("201", "202")
        await here.kill("first")
        ends.hang_up()
        await here.take_over("second", killed)
        seconds = await here.until("202")
        again = here.pbx.ring("+33199001234", "201")
        again.answer()
        lag = await here.until("201", "202")
        for call in (again, stays):
            call.hang_up()
        await here.until()
    await database.close()
    with capsys.disabled():
        print(f"\nthe other server: right {seconds:.1f} s after its link, the next call after {lag * 1000:.0f} ms")  # noqa: T201
