"""A company whose presence is on: its telephones beside a gateway, its people in a tenant, and the server's worker.

Database, outbox, Graph's client and the stand-in are the real ones. Time, on which also the stand-in's sessions end,
stands still until somebody moves it; the time of day is another clock.
"""

from __future__ import annotations

import asyncio
import heapq
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.gateway_report import GatewayReport, PbxReport, QueueReport
from cloudlink.service import gateway_reports, spools
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.spools import Gateway
from cloudlink.uplink import Hello, LineChanged
from graph.client import Graph
from graph.session import microsoft_session
from graph.timing import Timing
from graph.tokens import known_by
from presence.steering import Following
from presence.worker import PresenceWorker
from store.schema import gateways, integrations, presence_sessions, tenants
from store.vault import Vault, new_key
from tests.cloudlink.conftest import publish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiohttp import ClientSession
    from sqlalchemy import Connection

    from cloudlink.model import User
    from graph.client import TenantGraph
    from presence.model import Switched
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.fakes.graph.sessions import Pair

APPLICATION_ID = "00000000-0000-0000-0000-0000000000e5"
SECRET = "the customer's own secret"
GRANTED = frozenset({"Presence.ReadWrite.All", "User.ReadBasic.All"})
IN_A_CALL = ("Busy", "InACall")


class Time:
    """Monotonic seconds that stand still. Whoever sleeps waits until ``pass_`` has come there."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
        await woken

    async def pass_(self, seconds: float) -> None:
        """Everybody whose sleep ends within it goes on, one after the other, each at their own moment."""
        until = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self.now = max(self.now, at)
                woken.set_result(None)
                await rest()
        self.now = until

    @property
    def timing(self) -> Timing:
        return Timing(self.clock, self.sleep)


async def rest() -> None:
    """Whoever can go on without anybody else does."""
    for _ in range(10):
        await asyncio.sleep(0)


async def settle() -> None:
    """What is under way between us, Graph and the database, which takes no time on our clock."""
    for _ in range(20):
        await asyncio.sleep(0.001)


@dataclass
class Office:
    """``worker`` is the first server's; ``server`` makes further ones."""

    database: Database
    outbox: Outbox
    clock: SteppedClock
    time: Time
    people: People
    tenant: Tenant
    microsoft: FakeGraph
    identity: Entra
    session: ClientSession
    gateway: Gateway
    vault: Vault = field(default_factory=lambda: Vault([new_key()]))
    _told: int = 0

    def __post_init__(self) -> None:
        self.commands = Commands(self.database, self.clock)
        self.control = CallControl(self.database, self.commands, now=self.clock)

    @property
    def account_id(self) -> str:
        return self.people.account.account_id

    def server(self, *, reads_every: float = 3.0) -> PresenceWorker:
        """One more server on the same database, which asks Teams for everybody so often."""
        return PresenceWorker(
            self.database,
            self.outbox,
            self.vault,
            self.graph_of,
            Following(self.control, reads_every),
            now=self.clock,
            timing=self.time.timing,
        )

    def graph_of(self, switched: Switched) -> TenantGraph:
        """With the credentials of that account."""
        registration = known_by(switched.application_id, self.identity.url, switched.credential)
        return Graph(self.session, registration, self.microsoft.url, timing=self.time.timing).tenant(switched.tenant_id)

    @asynccontextmanager
    async def serving(self, *workers: PresenceWorker) -> AsyncIterator[PresenceWorker]:
        """These, or one, run meanwhile, and hear what happens; they stop as a server does that is shut down."""
        workers = workers or (self.server(),)
        tasks = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            yield workers[0]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    # -- the administrators

    async def prove(self) -> None:
        row = {"tenant_id": self.tenant.tenant_id, "account_id": self.account_id, "proved_on": self.clock()}
        await self.database.write(lambda connection: connection.execute(insert(tenants), row))

    async def switch(self, *, on: bool = True, **configuration: str) -> None:
        """On or off; ``configuration`` as the integration's, such as ``ringing="true"``."""
        known = {"name": "Presence", "tenantId": self.tenant.tenant_id, "clientId": APPLICATION_ID}
        row = self.integration(self.account_id, {**known, **configuration}, on=on)

        def work(connection: Connection) -> None:
            connection.execute(delete(integrations))
            connection.execute(insert(integrations), row)

        await self.database.write(work)

    def integration(self, account_id: str, configuration: dict[str, str], *, on: bool = True) -> dict[str, object]:
        """A row of an account, known by the usual secret."""
        return {
            "account_id": account_id,
            "kind": IntegrationKind.TEAMS_PRESENCE,
            "enabled": on,
            "configuration": configuration,
            "secret_encrypted": self.vault.encrypt(SECRET),
            "created_on": self.clock(),
            "modified_on": self.clock(),
        }

    # -- the gateway

    async def link(self, *, report: bool = True) -> None:
        """The gateway connects, with all telephones followed."""
        hello = Hello("spool-1", "1.0")
        await self.database.write(lambda connection: spools.open_spool(connection, self.gateway, hello, self.clock()))
        if report:
            await self.tell_report()

    async def unlink(self) -> None:
        """Its link ends."""
        ended = update(gateways).where(gateways.c.gateway_id == self.gateway.gateway_id).values(linked_since=None)
        await self.database.write(lambda connection: connection.execute(ended))

    async def tell_report(self, *, pbx_there: bool = True) -> None:
        """It tells how it is."""
        at = self.clock()
        since = at - timedelta(minutes=5) if pbx_there else None
        pbx = PbxReport(model="office400", address="pbx", connected_since=since, wanted=2, running=2)
        report = GatewayReport(at=at, started_at=at - timedelta(hours=1), version="1.0", pbx=pbx, queue=QueueReport())
        await self.database.write(lambda c: gateway_reports.keep(c, self.gateway, report, self.clock()))

    async def line(self, user: User, *, state: str | None = None, dnd: bool | None = None) -> None:
        """It tells of a telephone."""
        assert user.extension is not None
        self._told += 1
        fact = LineChanged(user.extension, self.clock(), state, dnd)
        told = [publish(self._told, fact)]
        await self.database.write(lambda c: spools.receive(c, self.gateway, "spool-1", told, self.clock()))
        self.outbox.wake()

    # -- time

    async def pass_(self, seconds: float, *, linked: bool = True) -> None:
        """Both clocks go on; ``linked``: the server goes on noting that the gateway is connected."""
        until = self.time.now + seconds
        while self.time.now < until:
            step = min(20.0, until - self.time.now)
            self.clock.advance(seconds=step)
            if linked:
                await self.database.write(lambda c: spools.still_linked(c, [self.gateway], self.clock()))
            for _ in range(4):
                await self.time.pass_(step / 4)
                await settle()

    # -- Teams

    def person(self, user: User) -> Person:
        return next(person for person in self.tenant.people if person.upn == user.email)

    def shows(self, user: User) -> Pair | None:
        """What our session shows of a user in Teams."""
        return self.microsoft.presences.session(self.person(user), APPLICATION_ID)

    async def until(self, user: User, pair: Pair | None) -> None:
        """Returns when our session shows that."""
        await self.until_true(lambda: self.shows(user) == pair)

    async def until_true(self, holds: Callable[[], bool], within: float = 30.0) -> None:
        """Lets time pass until it does. Raises ``TimeoutError`` after so many seconds."""
        until = self.time.now + within
        while not holds():
            if self.time.now >= until:
                raise TimeoutError
            await self.time.pass_(0.1)
            await settle()

    def writes(self) -> list[tuple[str, str]]:
        """Each write of ours: whose it was, and ``set`` or ``clear``."""
        names = {person.object_id: person.upn.partition("@")[0] for person in self.tenant.people}
        return [(names[write.object_id], write.kind) for write in self.microsoft.presences.writes]

    async def kept(self) -> set[str]:
        """Object ids of whose sessions the database knows."""
        return {row[0] for row in await self.database.scan(select(presence_sessions.c.object_id))}


@asynccontextmanager
async def office_of(
    database: Database,
    outbox: Outbox,
    clock: SteppedClock,
    time: Time,
    people: People,
    *,
    tenant: Tenant,
    microsoft: FakeGraph,
    identity: Entra,
    gateway_id: str,
) -> AsyncIterator[Office]:
    """With the tenant proved and the gateway linked, and presence off."""
    for user in (people.desk, people.warehouse):
        tenant.add(user.email, name=user.name)
    tenant.register(APPLICATION_ID, secret=SECRET, granted=GRANTED)
    gateway = Gateway(people.account.account_id, gateway_id)
    async with microsoft_session(connections=0) as session:
        office = Office(database, outbox, clock, time, people, tenant, microsoft, identity, session, gateway)
        await office.prove()
        await office.link()
        yield office
