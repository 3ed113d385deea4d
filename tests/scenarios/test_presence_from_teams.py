"""Do not disturb in Teams and at a desk phone: a simulated PBX, the gateway, its link, presence, and Graph's stand-in.

Everything is real but for Microsoft and the PBX, and runs in real time, Teams being read five times a second.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy import insert

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.provision import Provisioning, known_as
from cloudlink.service.uplink import Uplink
from gateway.service import run
from gateway.settings import GatewaySettings
from graph.client import Graph
from graph.session import microsoft_session
from graph.tokens import known_by
from presence.steering import Following
from presence.worker import PresenceWorker
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import EventName, FeatureEvent
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox
from store.schema import integrations, tenants
from store.vault import Vault, new_key
from tests.fakes.graph import FakeGraph, fake_graph
from tests.gateway.conditions import running
from tests.graph.conftest import identity, other_tenant, tenant
from tests.presence.office import APPLICATION_ID, GRANTED, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from simulator.switch import Event
    from store.database import Database
    from tests.fakes.entra import Entra, Person, Tenant

__all__ = ["identity", "other_tenant", "tenant"]

READ_EVERY_S = 0.2
AVAILABLE = ("Available", "Available")
DND = ("DoNotDisturb", "DoNotDisturb")
PRESENTING = ("DoNotDisturb", "Presenting")


class Company:
    """A desk phone, 201, and its person in Teams. ``switched`` is each change of its do not disturb, by whomever."""

    def __init__(self, pbx: Simulator, microsoft: FakeGraph, person: Person) -> None:
        self.pbx = pbx
        self.microsoft = microsoft
        self.person = person
        self.switched: list[bool] = []
        self._news = asyncio.Event()
        pbx.switch.listeners.append(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, FeatureEvent) and event.name is EventName.DO_NOT_DISTURB:
            self.switched.append(event.on)
            self._news.set()

    async def until_switched(self, *changes: bool) -> None:
        """These are all of them."""
        async with asyncio.timeout(10):
            while len(self.switched) < len(changes):
                self._news.clear()
                await self._news.wait()
        assert self.switched == [*changes]

    def reads(self) -> int:
        return sum(call.path.endswith("/getPresencesByUserId") for call in self.microsoft.calls)

    async def until_read(self) -> None:
        """Whatever Teams shows now has been read, and answered."""
        most = self.reads() + 3
        await self.microsoft.presences.wait_until(lambda: self.reads() >= most)

    async def until_shown(self, pair: tuple[str, str] | None) -> None:
        presences = self.microsoft.presences
        await presences.wait_until(lambda: presences.session(self.person, APPLICATION_ID) == pair)


@asynccontextmanager
async def company(folder: Path, identity: Entra, tenant: Tenant) -> AsyncIterator[Company]:
    """At work, with presence on both ways."""
    async with AsyncExitStack() as stack:
        database = await open_database(f"sqlite:///{folder / 'cloud.db'}")
        stack.push_async_callback(database.close)
        outbox = Outbox(database)
        commands = Commands(database)
        uplink = Uplink(database, outbox, commands=commands)
        port = await _serve(stack, uplink)
        microsoft = await stack.enter_async_context(fake_graph(identity))
        session = await stack.enter_async_context(microsoft_session(connections=0))
        pbx = await stack.enter_async_context(Simulator(SimulatorSettings(port=0)))

        provisioning = Provisioning(database, outbox)
        account_id = (await provisioning.create_account(NewAccount("Company"))).account_id
        await provisioning.create_user(account_id, known_as("Front Desk", "front.desk@example.com", "201"))
        gateway_id, key = await provisioning.create_gateway(account_id)
        vault = Vault([new_key()])
        await _switch_on(database, vault, account_id, tenant)
        tenant.register(APPLICATION_ID, secret=SECRET, granted=GRANTED)
        here = Company(pbx, microsoft, tenant.add("front.desk@example.com", name="Front Desk"))
        microsoft.presences.client(here.person, *AVAILABLE)

        settings = {
            "gateway_cloudlink_url": f"http://127.0.0.1:{port}",
            "gateway_id": gateway_id,
            "gateway_key": key,
            "gateway_spool": folder / "spool.db",
            "csta_port": pbx.port,
        }
        stop = asyncio.Event()
        gateway = asyncio.create_task(run(GatewaySettings.model_validate(settings), stop))
        await asyncio.wait_for(pbx.monitored("201"), 20)
        worker = PresenceWorker(
            database,
            outbox,
            vault,
            lambda switched: Graph(
                session, known_by(switched.application_id, identity.url, switched.credential), microsoft.url
            ).tenant(switched.tenant_id),
            Following(CallControl(database, commands), READ_EVERY_S),
        )
        async with running(worker.run()):
            await microsoft.presences.wait_until(lambda: here.reads() > 1)
            yield here
        stop.set()
        await gateway


async def _serve(stack: AsyncExitStack, uplink: Uplink) -> int:
    app = web.Application()
    app.add_routes(uplink.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    stack.push_async_callback(uplink.close)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    return port


async def _switch_on(database: Database, vault: Vault, account_id: str, tenant: Tenant) -> None:
    now = utc_now()
    proved = {"tenant_id": tenant.tenant_id, "account_id": account_id, "proved_on": now}
    row = {
        "account_id": account_id,
        "kind": IntegrationKind.TEAMS_PRESENCE,
        "enabled": True,
        "configuration": {"tenantId": tenant.tenant_id, "clientId": APPLICATION_ID, "fromTeams": "true"},
        "secret_encrypted": vault.encrypt(SECRET),
        "created_on": now,
        "modified_on": now,
    }
    await database.write(lambda connection: connection.execute(insert(tenants), proved))
    await database.write(lambda connection: connection.execute(insert(integrations), row))


async def test_a_choice_in_teams_switches_the_telephone_and_a_hand_at_the_telephone_is_respected(
    tmp_path: Path, identity: Entra, tenant: Tenant
) -> None:
    async with company(tmp_path, identity, tenant) as here:
        presences = here.microsoft.presences
        began = time.monotonic()
        presences.prefer(here.person, *DND)
        await here.until_switched(True)
        assert time.monotonic() - began < 5
        await here.until_read()
        presences.reset(here.person)
        await here.until_switched(True, False)
        await here.until_read()
        assert presences.writes == [], "what Teams has caused does not come back to it"

        here.pbx.switch.set_do_not_disturb("201", on=True)
        await here.until_shown(PRESENTING)
        presences.prefer(here.person, *DND)
        await here.until_read()
        presences.reset(here.person)
        await here.until_read()
        assert presences.shown(tenant, here.person) == PRESENTING
        here.pbx.switch.set_do_not_disturb("201", on=False)
        await here.until_shown(None)
        await here.until_read()

        assert here.switched == [True, False, True, False]
        assert [write.kind for write in presences.writes] == ["set", "clear"]
