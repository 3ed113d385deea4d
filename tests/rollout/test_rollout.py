"""A roll-out reaches everybody it can, says what became of whom, and goes on after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration import audit
from cloudlink.service.administration.tenants import AccountTenants
from rollout import rows
from rollout.model import PersonState, Scope, ScopeKind, State, Trouble
from rollout.service import MOST_OPEN, RolloutService
from rollout.worker import RolloutWorker
from store.schema import accounts, rollouts
from store.schema import tenants as tenant_rows
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.fakes.graph import App, Fault
from tests.graph.conftest import (
    OTHER_TENANT_ID,
    TENANT_ID,
    graph,
    identity,
    microsoft,
    other_tenant,
    tenant,
    time,
)

if TYPE_CHECKING:
    from graph.client import Graph
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime

__all__ = [
    "graph", "identity", "microsoft", "other_tenant", "outbox", "password_hash", "people", "provisioning", "tenant",
    "time",
]  # fmt: skip

MANIFEST_ID = "00000000-0000-0000-0000-00000000a44d"
APP = App("catalogue-id", MANIFEST_ID)
ALL = Scope(ScopeKind.ALL)


class Desk:
    """The service and a worker on one database; ``finish`` runs the worker until every job has ended."""

    def __init__(self, database: Database, graph: Graph, clock: SteppedClock, time: SteppedTime) -> None:
        self._database = database
        self._graph = graph
        self._clock = clock
        self._time = time
        self.tenants = AccountTenants(database, clock)
        self.service = RolloutService(database, self.tenants, audit.record, self._wake, clock)
        self.worker = self.new_worker()

    def _wake(self) -> None:
        self.worker.wake()

    def new_worker(self) -> RolloutWorker:
        """As after a restart."""

        async def sleep(seconds: float) -> None:
            self._clock.advance(seconds=seconds)
            await self._time.sleep(seconds)

        return RolloutWorker(
            self._database, self._graph, self.tenants, manifest_id=MANIFEST_ID, now=self._clock, sleep=sleep
        )

    async def finish(self, actor: Actor, rollout_id: str) -> dict[str, int]:
        """Carries the job out; answers how many people are in each state."""
        account_id = actor.account_id or ""
        await self.worker.carry_out(await self.service.get(actor, account_id, rollout_id))
        return dict((await self.service.get(actor, account_id, rollout_id)).counts)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


@pytest.fixture
async def admin(people: People, database: Database, clock: SteppedClock) -> Actor:
    row = {"tenant_id": TENANT_ID, "account_id": people.account.account_id, "proved_on": clock()}
    await database.write(lambda connection: connection.execute(insert(tenant_rows), row))
    return Actor.of_user(replace(people.desk, role=Role.ACCOUNT_ADMIN))


@pytest.fixture
def desk(database: Database, graph: Graph, clock: SteppedClock, time: SteppedTime, microsoft: FakeGraph) -> Desk:
    microsoft.catalogue[TENANT_ID] = [APP]
    return Desk(database, graph, clock, time)


@pytest.fixture
def staff(tenant: Tenant) -> Tenant:
    """Fifty people."""
    for number in range(50):
        tenant.add(f"person{number:02}@example.com")
    return tenant


async def test_everybody_gets_the_app_and_each_exception_is_named(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    microsoft.installed.add((staff.people[0].object_id, APP.app_id))
    microsoft.blocked.add(staff.people[1].object_id)
    microsoft.without_teams.add(staff.people[2].object_id)
    job = await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)
    assert job.state == State.LISTING

    counts = await desk.finish(admin, job.rollout_id)

    assert counts == {
        PersonState.INSTALLED: 47,
        PersonState.THERE_ALREADY: 1,
        PersonState.BLOCKED: 1,
        PersonState.NO_TEAMS: 1,
    }
    ended = await desk.service.get(admin, admin.account_id or "", job.rollout_id)
    assert (ended.state, ended.finished_on is not None) == (State.DONE, True)
    (blocked,) = await desk.service.people(admin, admin.account_id or "", job.rollout_id, state=PersonState.BLOCKED)
    assert blocked.name == "person01@example.com"


async def test_throttling_and_faults_delay_it_and_lose_nobody(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    microsoft.faults += [
        Fault(503, "GET /users", times=2),
        Fault(429, "teamwork", times=30, retry_after=5),
        Fault(0, "/$batch"),
        Fault(503, "/$batch", times=6),
    ]
    job = await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)
    assert await desk.finish(admin, job.rollout_id) == {PersonState.INSTALLED: 50}
    assert len(microsoft.installed) == 50


async def test_who_fails_again_and_again_is_told_and_tried_anew_on_demand(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    person = staff.people[7].object_id
    microsoft.faults.append(Fault(500, f"/users/{person}/teamwork", times=1000))
    account_id = admin.account_id or ""
    job = await desk.service.start(admin, account_id, TENANT_ID, ALL)
    assert await desk.finish(admin, job.rollout_id) == {PersonState.INSTALLED: 49, PersonState.FAILED: 1}
    (failed,) = await desk.service.people(admin, account_id, job.rollout_id, state=PersonState.FAILED)
    assert (failed.name, failed.error) == ("person07@example.com", "generalException")

    microsoft.faults.clear()
    assert (await desk.service.retry(admin, account_id, job.rollout_id)).state == State.INSTALLING
    assert await desk.finish(admin, job.rollout_id) == {PersonState.INSTALLED: 50}


async def test_a_job_is_opened_again_once_and_no_more_than_may_be_open(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    account_id = admin.account_id or ""
    ended = await desk.service.start(admin, account_id, TENANT_ID, ALL)
    await desk.finish(admin, ended.rollout_id)
    both = [desk.service.retry(admin, account_id, ended.rollout_id) for _ in range(2)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [str(answer) for answer in answers if isinstance(answer, Refused)] == ["state"]

    await desk.finish(admin, ended.rollout_id)
    for _ in range(MOST_OPEN):
        await desk.service.start(admin, account_id, TENANT_ID, ALL)
    with pytest.raises(Refused):
        await desk.service.retry(admin, account_id, ended.rollout_id)
    assert (await desk.service.get(admin, account_id, ended.rollout_id)).state == State.DONE


async def test_after_a_restart_it_goes_on_where_it_stopped(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    account_id = admin.account_id or ""
    job = await desk.service.start(admin, account_id, TENANT_ID, ALL)
    running = asyncio.create_task(desk.worker.run())
    async with asyncio.timeout(30), microsoft.arrived:
        await microsoft.arrived.wait_for(lambda: len(microsoft.installed) >= 10)
    running.cancel()
    await asyncio.wait([running])
    before = len(microsoft.installed)

    desk.worker = desk.new_worker()
    counts = await desk.finish(admin, job.rollout_id)

    assert before < 50
    assert len(microsoft.installed) == 50
    assert sum(counts.values()) == 50
    assert set(counts) <= {PersonState.INSTALLED, PersonState.THERE_ALREADY}


async def test_of_two_servers_one_carries_out_a_job(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)
    running = [asyncio.create_task(worker.run()) for worker in (desk.worker, desk.new_worker())]
    async with asyncio.timeout(30), microsoft.arrived:
        await microsoft.arrived.wait_for(lambda: len(microsoft.installed) == 50)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    assert sum(call.path.startswith("/appCatalogs") for call in microsoft.calls) == 1


async def test_a_claim_ends_when_nobody_renews_it(
    desk: Desk, admin: Actor, database: Database, clock: SteppedClock
) -> None:
    job = await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)

    async def claim(worker: str) -> bool:
        until = clock() + timedelta(minutes=2)
        return await database.write(lambda c: rows.claim(c, job.rollout_id, worker, clock(), until))

    assert (await claim("one"), await claim("two")) == (True, False)
    clock.advance(minutes=1)
    assert (await claim("one"), await claim("two")) == (True, False)
    clock.advance(minutes=2)
    assert (await claim("two"), await claim("one")) == (True, False)
    await database.write(lambda c: rows.let_go(c, "two"))
    assert await claim("one")


async def test_a_server_that_ends_lets_its_jobs_go(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph, database: Database
) -> None:
    await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)
    running = asyncio.create_task(desk.worker.run())
    async with asyncio.timeout(30), microsoft.arrived:
        await microsoft.arrived.wait_for(lambda: len(microsoft.installed) >= 10)
    assert (await database.scan(select(rollouts.c.claimed_by)))[0][0] is not None
    running.cancel()
    await asyncio.wait([running])
    assert (await database.scan(select(rollouts.c.claimed_by)))[0][0] is None


async def test_it_stops_in_a_tenant_that_is_the_accounts_no_more(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    account_id = admin.account_id or ""
    job = await desk.service.start(admin, account_id, TENANT_ID, ALL)
    running = asyncio.create_task(desk.worker.carry_out(job))
    async with asyncio.timeout(30), microsoft.arrived:
        await microsoft.arrived.wait_for(lambda: len(microsoft.installed) >= 10)
    await desk.tenants.forget(admin, account_id, TENANT_ID)
    await running
    ended = await desk.service.get(admin, account_id, job.rollout_id)
    assert (ended.state, ended.trouble, len(microsoft.installed) < 50) == (State.FAILED, Trouble.TENANT_LOST, True)


async def test_nothing_is_installed_for_an_account_that_is_deactivated(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph, database: Database
) -> None:
    job = await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)
    await database.write(lambda connection: connection.execute(update(accounts).values(active=False)))
    await desk.worker.carry_out(job)
    assert (await database.scan(select(rollouts.c.error)))[0][0] == Trouble.TENANT_LOST
    assert microsoft.installed == set()


async def test_the_worker_takes_up_what_is_started_while_it_runs(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    running = asyncio.create_task(desk.worker.run())
    await desk.service.start(admin, admin.account_id or "", TENANT_ID, ALL)
    async with asyncio.timeout(30), microsoft.arrived:
        await microsoft.arrived.wait_for(lambda: len(microsoft.installed) == 50)
    running.cancel()
    await asyncio.wait([running])


async def test_a_group_and_single_people_are_scopes_too(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    group_id = "00000000-0000-0000-0000-0000000000a9"
    microsoft.groups[TENANT_ID, group_id] = staff.people[:3]
    account_id = admin.account_id or ""
    job = await desk.service.start(admin, account_id, TENANT_ID, Scope(ScopeKind.GROUP, group_id=group_id.upper()))
    assert await desk.finish(admin, job.rollout_id) == {PersonState.INSTALLED: 3}

    wanted = Scope(ScopeKind.PEOPLE, addresses=(" person10@example.com ", "nobody@example.com", ""))
    job = await desk.service.start(admin, account_id, TENANT_ID, wanted)
    assert await desk.finish(admin, job.rollout_id) == {PersonState.INSTALLED: 1, PersonState.UNKNOWN: 1}


async def test_an_address_that_graph_does_not_take_for_one_stops_nobody_else(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph
) -> None:
    account_id = admin.account_id or ""
    microsoft.faults.append(Fault(400, "GET /users"))
    wanted = Scope(ScopeKind.PEOPLE, addresses=("odd", "person10@example.com"))
    job = await desk.service.start(admin, account_id, TENANT_ID, wanted)
    assert await desk.finish(admin, job.rollout_id) == {PersonState.INSTALLED: 1, PersonState.UNKNOWN: 1}
    (odd,) = await desk.service.people(admin, account_id, job.rollout_id, state=PersonState.UNKNOWN)
    assert (odd.name, odd.error is not None) == ("odd", True)


@pytest.mark.parametrize("trouble", list(Trouble))
async def test_what_stops_the_whole_job_is_named(
    desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph, trouble: Trouble
) -> None:
    account_id, scope = admin.account_id or "", ALL
    match trouble:
        case Trouble.NOT_IN_CATALOGUE:
            microsoft.catalogue.clear()
        case Trouble.NOT_CONSENTED:
            staff.knows_application = False
        case Trouble.NOT_PERMITTED:
            staff.granted.discard("TeamsAppInstallation.ReadWriteSelfForUser.All")
        case Trouble.NO_SUCH_GROUP:
            scope = Scope(ScopeKind.GROUP, group_id=OTHER_TENANT_ID)
        case Trouble.REJECTED:
            microsoft.faults.append(Fault(400, "GET /users"))
    job = await desk.service.start(admin, account_id, TENANT_ID, scope)
    if trouble is Trouble.TENANT_LOST:
        await desk.tenants.forget(admin, account_id, TENANT_ID)
    await desk.finish(admin, job.rollout_id)

    ended = await desk.service.get(admin, account_id, job.rollout_id)
    assert (ended.state, ended.trouble) == (State.FAILED, trouble)
    assert microsoft.installed == set()


async def test_so_many_jobs_may_be_under_way_and_ten_are_kept(
    desk: Desk, admin: Actor, database: Database, clock: SteppedClock
) -> None:
    account_id, started = admin.account_id or "", []
    for _ in range(MOST_OPEN):
        started.append(await desk.service.start(admin, account_id, TENANT_ID, ALL))
        clock.advance(seconds=1)
    with pytest.raises(Refused) as refused:
        await desk.service.start(admin, account_id, TENANT_ID, ALL)
    assert refused.value.reason is Reason.STATE

    for _ in range(rows.KEPT):
        await desk.service.cancel(admin, account_id, started[-1].rollout_id)
        started.append(await desk.service.start(admin, account_id, TENANT_ID, ALL))
        clock.advance(seconds=1)
    under_way = {job.rollout_id for job in started[: MOST_OPEN - 1]}
    newest = {job.rollout_id for job in started[-rows.KEPT :]}
    there = {row[0] for row in await database.scan(select(rollouts.c.rollout_id))}
    assert there == under_way | newest


async def test_a_cancelled_job_stays_cancelled(desk: Desk, admin: Actor, staff: Tenant, microsoft: FakeGraph) -> None:
    account_id = admin.account_id or ""
    job = await desk.service.start(admin, account_id, TENANT_ID, ALL)
    assert (await desk.service.cancel(admin, account_id, job.rollout_id)).state == State.CANCELLED
    await desk.worker.carry_out(job)

    assert (await desk.service.get(admin, account_id, job.rollout_id)).state == State.CANCELLED
    assert microsoft.installed == set()
    with pytest.raises(Refused) as refused:
        await desk.service.cancel(admin, account_id, job.rollout_id)
    assert refused.value.reason is Reason.STATE


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        (Scope(ScopeKind.GROUP, group_id="everybody"), Reason.UNKNOWN_VALUE),
        (Scope(ScopeKind.PEOPLE, addresses=("", " ")), Reason.REQUIRED),
        (Scope(ScopeKind.PEOPLE, addresses=tuple(map(str, range(1001)))), Reason.TOO_LONG),
        (Scope(ScopeKind.PEOPLE, addresses=("a\nb",)), Reason.BAD_CHARACTER),
    ],
)
async def test_a_scope_that_means_nobody_is_refused(desk: Desk, admin: Actor, scope: Scope, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        await desk.service.start(admin, admin.account_id or "", TENANT_ID, scope)
    assert refused.value.reason is reason


async def test_only_the_tenants_own_account_and_its_administrators(desk: Desk, admin: Actor, people: People) -> None:
    account_id, other_id = people.account.account_id, people.other_account.account_id
    stranger = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    job = await desk.service.start(admin, account_id, TENANT_ID, ALL)
    for question in (
        desk.service.start(stranger, account_id, TENANT_ID, ALL),
        desk.service.start(stranger, other_id, TENANT_ID, ALL),
        desk.service.start(admin, account_id, OTHER_TENANT_ID, ALL),
        desk.service.get(stranger, other_id, job.rollout_id),
        desk.service.people(stranger, other_id, job.rollout_id),
        desk.service.retry(stranger, other_id, job.rollout_id),
        desk.service.cancel(stranger, other_id, job.rollout_id),
    ):
        with pytest.raises(UnknownId):
            await question
    with pytest.raises(NotAllowed):
        await desk.service.start(Actor.of_user(people.warehouse), account_id, TENANT_ID, ALL)
