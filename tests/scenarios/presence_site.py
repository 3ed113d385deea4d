"""Companies at work whose telephones are shown in Teams: all between the simulated PBX and Graph's stand-in is real.

Switches, presence, the stand-in's sessions and the time of day go by a time that the test passes; sockets, gateways and
the database take no time by it. What a switch says itself is the truth that Teams has to show.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy import func, insert, select, update

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.service.administration.people import add_many
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.provision import OPERATOR, Provisioning, known_as
from cloudlink.service.uplink import Uplink
from composition.presence import write_rate
from gateway.calls.clock import SteadyClock
from gateway.service import run
from gateway.settings import GatewaySettings
from graph.budget import Service
from graph.client import Graph
from graph.session import microsoft_session
from graph.tokens import known_by
from presence.steering import Following
from presence.worker import PresenceWorker
from simulator.profiles import PROFILES
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import State
from simulator.timeline import Timeline
from simulator.traffic.random_calls import random_calls
from store.outbox import Outbox
from store.schema import integrations, presence_matches, tenants
from store.vault import Vault, new_key
from tests.fakes.graph import fake_graph
from tests.fakes.relay import Relay
from tests.gateway.conditions import running
from tests.presence.office import APPLICATION_ID, GRANTED, IN_A_CALL, SECRET, Time
from tests.scenarios.site import SOON

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from aiohttp import ClientSession

    from graph.client import TenantGraph
    from presence.model import Switched
    from store.database import Database
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph

WRITES_PER_SECOND = 48
# Graph is asked, and gateways are noted to be linked, within each.
_STEP = 10.0
_NOTED_EVERY_S = 60.0
# So many times quicker than in life are people in traffic, so that a test need not pass hours until all have hung up.
_PACE = 4.0
_TALKING = frozenset({State.CONNECTED, State.HOLD})


async def moment() -> None:
    """For sockets and the database, which take no time on the clock that a test passes."""
    for _ in range(5):
        await asyncio.sleep(0.001)


@dataclass
class Company:
    """One account: its switch, its gateway behind ``wire``, and its people in ``tenant``, by extension."""

    pbx: Simulator
    wire: Relay
    tenant: Tenant
    microsoft: FakeGraph
    account_id: str
    people: dict[str, Person]
    set_gateways_clock: Callable[[timedelta], None] = field(repr=False)

    def talking(self) -> set[str]:
        """Extensions that the switch has in a call."""
        states = (call.states() for call in self.pbx.switch.calls.values())
        return {device for each in states for device, state in each.items() if state in _TALKING} & self.people.keys()

    def in_a_call(self) -> set[str]:
        """Extensions whose people our session shows in a call in Teams."""
        session = self.microsoft.presences.session
        return {number for number, person in self.people.items() if session(person, APPLICATION_ID) == IN_A_CALL}

    def wrong(self) -> set[str]:
        """Extensions that Teams shows otherwise than the switch has them."""
        return self.talking() ^ self.in_a_call()

    def is_right(self) -> bool:
        return not self.wrong()

    def writes(self) -> int:
        """What Graph has carried out for it."""
        return sum(write.tenant_id == self.tenant.tenant_id for write in self.microsoft.presences.writes)

    def traffic(self, bhcc: float, seed: int) -> Callable[[], None]:
        """Random calls until the answer is called; those in being go on to their end."""
        random = Random(seed)  # noqa: S311 - it can be repeated, nothing secret
        return self.pbx.timeline.play(random_calls(self.pbx.switch, self.pbx.timeline, bhcc, random, _PACE))


class Site:
    """A server at work for its companies. ``skew`` is how far its clock is off."""

    def __init__(self, database: Database, microsoft: FakeGraph, identity: Entra, standing: Time) -> None:
        self.database = database
        self.microsoft = microsoft
        self.identity = identity
        self.time = standing
        self.timeline = Timeline()
        self.skew = timedelta(0)
        self.vault = Vault([new_key()])
        self.outbox = Outbox(database, self.now)
        self.provisioning = Provisioning(database, self.outbox, self.now)
        self.commands = Commands(database, self.now)
        self.uplink = Uplink(database, self.outbox, self.now, commands=self.commands)
        self._noted_at = self.time.now

    def now(self) -> datetime:
        """The server's time of day."""
        return self.timeline.now() + self.skew

    def worker(self, session: ClientSession) -> PresenceWorker:
        """The server's presence."""
        rates = {Service.PRESENCE_WRITES: write_rate(WRITES_PER_SECOND)}

        def graph_of(switched: Switched) -> TenantGraph:
            registration = known_by(switched.application_id, self.identity.url, switched.credential)
            graph = Graph(session, registration, self.microsoft.url, timing=self.time.timing, rates=rates)
            return graph.tenant(switched.tenant_id)

        following = Following(CallControl(self.database, self.commands, now=self.now), 3.0)
        return PresenceWorker(
            self.database, self.outbox, self.vault, graph_of, following, now=self.now, timing=self.time.timing
        )

    # -- time

    async def pass_(self, seconds: float) -> None:
        """For everybody. What a telephone does comes to presence within the same ten seconds."""
        until = self.time.now + seconds
        while self.time.now < until:
            step = min(_STEP, until - self.time.now)
            self.timeline.advance(step)
            if self.time.now - self._noted_at >= _NOTED_EVERY_S:
                self._noted_at = self.time.now
                await self.uplink.note_open()
            for _ in range(2):
                await moment()
                await self.time.pass_(step / 2)
            await moment()

    async def until(self, holds: Callable[[], bool], within: float, step: float = 2.0) -> float:
        """Seconds until it holds. Raises ``TimeoutError`` when they are more than ``within``."""
        began = self.time.now
        while not holds():
            if self.time.now - began >= within:
                raise TimeoutError
            await self.pass_(step)
        return self.time.now - began

    async def at_once(self, holds: Callable[[], bool]) -> float:
        """Returns when it holds without that time passes; answers the real seconds."""
        began = time.monotonic()
        await self.microsoft.presences.wait_until(holds)
        return time.monotonic() - began

    async def all_matched(self, people: int) -> None:
        """So many users were found in their tenants, which takes no time but the machine's."""
        found = select(func.count()).where(presence_matches.c.object_id.is_not(None))
        async with asyncio.timeout(60):
            while (await self.database.read(found))[0][0] < people:
                await moment()

    # -- the administrators

    async def know_secret(self, company: Company, secret: str) -> None:
        """The account's administrator enters another one."""
        changed = {"secret_encrypted": self.vault.encrypt(secret), "modified_on": self.now()}
        of_account = update(integrations).where(integrations.c.account_id == company.account_id).values(changed)
        await self.database.write(lambda connection: connection.execute(of_account))

    async def company(
        self, stack: AsyncExitStack, folder: Path, tenant: Tenant, extensions: Sequence[str], port: int
    ) -> Company:
        """One more, with everybody in ``tenant``, its gateway linked, and presence on."""
        name = tenant.domain
        account_id = (await self.provisioning.create_account(NewAccount(name))).account_id
        news = [known_as(f"Desk {number}", f"{number}@{name}", number) for number in extensions]
        await self.database.write(lambda c: add_many(c, OPERATOR, account_id, news, self.now()))
        people = {number: tenant.add(f"{number}@{name}", name=f"Desk {number}") for number in extensions}
        tenant.register(APPLICATION_ID, secret=SECRET, granted=GRANTED)
        await self._switch_on(account_id, tenant)

        settings = SimulatorSettings(port=0, extensions=tuple(extensions), trunks=240, heartbeat_seconds=0)
        pbx = await stack.enter_async_context(Simulator(settings, self.timeline))
        wire = await stack.enter_async_context(Relay("127.0.0.1", port))
        gateway_id, key = await self.provisioning.create_gateway(account_id)
        gateway = {
            "gateway_cloudlink_url": f"http://{wire.address}",
            "gateway_id": gateway_id,
            "gateway_key": key,
            "gateway_spool": folder / f"{name}.db",
            "csta_port": pbx.port,
            "csta_profile": "mivoice5000" if len(extensions) > PROFILES["office400"].users else "office400",
        }
        off = [timedelta(0)]
        clock = SteadyClock(lambda: self.timeline.now() + off[0], lambda: self.timeline.seconds)
        company = Company(
            pbx, wire, tenant, self.microsoft, account_id, people, lambda by: off.__setitem__(0, off[0] + by)
        )
        work = run(GatewaySettings.model_validate(gateway), asyncio.Event(), clock=clock, backoff=SOON)
        await stack.enter_async_context(running(work))
        await asyncio.wait_for(pbx.monitored(*extensions), 60)
        # It reports when it is linked, and then after seconds of real time.
        await self.relink(company)
        return company

    async def relink(self, company: Company) -> None:
        """The link is cut and comes back, and with it a report of how the gateway is by now."""
        await company.wire.cut()
        await self.mend(company)

    async def mend(self, company: Company) -> None:
        """Returns when the gateway has reported."""
        reports = self.uplink.counters["reports"]
        await company.wire.mend()
        async with asyncio.timeout(10):
            while self.uplink.counters["reports"] == reports:
                await moment()

    async def _switch_on(self, account_id: str, tenant: Tenant) -> None:
        proved = {"tenant_id": tenant.tenant_id, "account_id": account_id, "proved_on": self.now()}
        row = {
            "account_id": account_id,
            "kind": IntegrationKind.TEAMS_PRESENCE,
            "enabled": True,
            "configuration": {"tenantId": tenant.tenant_id, "clientId": APPLICATION_ID},
            "secret_encrypted": self.vault.encrypt(SECRET),
            "created_on": self.now(),
            "modified_on": self.now(),
        }
        await self.database.write(lambda connection: connection.execute(insert(tenants), proved))
        await self.database.write(lambda connection: connection.execute(insert(integrations), row))


@asynccontextmanager
async def site_of(
    folder: Path, database: Database, identity: Entra, companies: Sequence[tuple[Tenant, Sequence[str]]]
) -> AsyncIterator[tuple[Site, PresenceWorker, list[Company]]]:
    """At work, with nobody in a call, and everybody found in their tenant."""
    standing = Time()
    async with AsyncExitStack() as stack:
        microsoft = await stack.enter_async_context(fake_graph(identity, standing.clock))
        session = await stack.enter_async_context(microsoft_session(connections=0))
        site = Site(database, microsoft, identity, standing)
        app = web.Application()
        app.add_routes(site.uplink.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(site.uplink.close)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        made = [await site.company(stack, folder, tenant, numbers, port) for tenant, numbers in companies]
        worker = site.worker(session)
        await stack.enter_async_context(running(worker.run()))
        await site.until(lambda: len(worker.tenants) == len(made), 60)
        await site.all_matched(sum(len(company.people) for company in made))
        await site.pass_(20)
        yield site, worker, made
