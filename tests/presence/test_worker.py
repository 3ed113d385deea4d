"""Telephones are shown in Teams while presence is on, by one server, and by nobody who cannot know how they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select, update

from cloudlink.administration.users import TelephonyRole
from cloudlink.topics import USER_DEACTIVATED
from store import outbox as events
from store.outbox import Outbox
from store.schema import gateways, integrations, outbox_cursors, presence_sessions, presence_syncs, tenants, users
from store.schema import outbox as outbox_rows
from tests.conftest import consuming
from tests.presence.office import APPLICATION_ID, GRANTED, IN_A_CALL, SECRET, settle

if TYPE_CHECKING:
    from sqlalchemy import Connection, Executable, Select

    from presence.worker import PresenceWorker
    from store.database import Database, Parameters, Rows, Work
    from store.outbox import Event
    from tests.fakes.entra import Tenant
    from tests.presence.office import Office

T = TypeVar("T")

OTHER_APPLICATION_ID = "00000000-0000-0000-0000-0000000000f6"
PRESENTING = ("DoNotDisturb", "Presenting")


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


async def execute(office: Office, statement: Executable) -> None:
    await office.database.write(lambda connection: connection.execute(statement))


async def kill(worker: PresenceWorker) -> None:
    """As the process: nothing is tidied up."""
    tasks = [*worker._running.values(), *worker._ending.values()]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_a_call_is_shown_and_its_end_as_well(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        assert await office.kept() == {office.person(desk).object_id}

        await office.line(desk, state="idle")
        await office.until(desk, None)
    assert office.writes() == [("desk", "set"), ("desk", "clear")]


async def test_nothing_is_told_before_it_is_switched_on_and_then_what_is_already_so(office: Office) -> None:
    desk = office.people.desk
    await office.line(desk, dnd=True)
    async with office.serving():
        await office.pass_(20)
        assert office.microsoft.calls == []

        await office.switch()
        await office.until(desk, PRESENTING)


@pytest.mark.parametrize("how", ["switched off", "removed", "tenant lost", "user deactivated", "another application"])
async def test_what_is_not_to_be_shown_any_more_ends(office: Office, how: str) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        match how:
            case "switched off":
                await office.switch(on=False)
            case "removed":
                await execute(office, delete(integrations))
            case "tenant lost":
                await execute(office, delete(tenants))
            case "another application":
                await office.switch(clientId=str(uuid4()))
            case _:
                await deactivate(office)
        await office.until(desk, None)
        await office.pass_(10)
        if how != "another application":
            assert await office.kept() == set()
    assert office.writes() == [("desk", "set"), ("desk", "clear")]


async def deactivate(office: Office) -> None:
    desk = office.people.desk

    def work(connection: Connection) -> None:
        connection.execute(update(users).where(users.c.principal_id == desk.principal_id).values(active=False))
        events.append(
            connection, desk.account_id, USER_DEACTIVATED, {"principal_id": desk.principal_id}, office.clock()
        )

    await office.database.write(work)
    office.outbox.wake()


async def test_what_was_left_when_it_was_switched_off_without_a_server_ends_later(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
    assert office.shows(desk) == IN_A_CALL

    await office.switch(on=False)
    async with office.serving():
        await office.until(desk, None)
        await office.pass_(10)
    assert await office.kept() == set()


async def test_where_the_pbx_asks_for_a_role_only_its_holders_are_shown(office: Office) -> None:
    await office.switch()
    desk, warehouse = office.people.desk, office.people.warehouse
    for user in (desk, warehouse):
        await office.line(user, state="connected")
    await execute(office, update(gateways).values(pbx="mxone"))
    holds = update(users).where(users.c.principal_id == warehouse.principal_id)
    await execute(office, holds.values(telephony_role=TelephonyRole.USER))
    async with office.serving():
        await office.until(warehouse, IN_A_CALL)
        assert office.shows(desk) is None

        await execute(office, holds.values(telephony_role=None))
        await office.until_true(lambda: office.shows(warehouse) is None, within=120)
    assert office.writes() == [("warehouse", "set"), ("warehouse", "clear")]


async def test_ringing_is_shown_where_the_account_wants_it(office: Office) -> None:
    desk = office.people.desk
    await office.switch()
    await office.line(desk, state="ringing")
    async with office.serving():
        await office.pass_(20)
        assert office.shows(desk) is None

        await office.switch(ringing="true")
        await office.until(desk, IN_A_CALL)


async def test_a_call_whose_end_nobody_can_hear_ends_by_itself(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        await office.unlink()
        await office.pass_(670, linked=False)
        assert office.shows(desk) is None
        assert office.writes() == [("desk", "set")]

        # It is back, and has not told yet that the call is over.
        await office.link(report=False)
        await office.pass_(20)
        assert office.shows(desk) is None
        await office.line(desk, state="idle")
        await office.tell_report()
        await office.pass_(20)
    assert office.writes() == [("desk", "set")]


async def test_a_call_that_outlasts_the_gateways_absence_is_shown_again(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        await office.tell_report(pbx_there=False)
        await office.pass_(630)
        assert office.shows(desk) is None
        await office.tell_report()
        await office.until(desk, IN_A_CALL)


async def test_a_long_call_is_renewed_whatever_the_time_of_day_does(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        for hours in (25, -50):
            office.clock.advance(hours=hours)
            for _ in range(10):
                await office.pass_(60)
                assert office.shows(desk) == IN_A_CALL
        await office.line(desk, state="idle")
        await office.until(desk, None)
    assert 4 <= len(office.writes()) <= 6


async def test_one_server_looks_after_an_account_and_another_goes_on_when_it_stops(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    first, second = office.server(), office.server()
    async with office.serving(second):
        async with office.serving(first):
            await office.pass_(10)
            (holder,) = [worker for worker in (first, second) if worker.tenants]
            await office.line(desk, state="connected")
            await office.until_true(lambda: office.shows(desk) == IN_A_CALL, within=90)
            await office.pass_(60)
            assert [bool(worker.tenants) for worker in (first, second)].count(True) == 1
        assert holder is second or second.tenants == {}
        await office.until_true(lambda: bool(second.tenants))
        await office.line(desk, state="idle")
        await office.until(desk, None)
    assert office.writes() == [("desk", "set"), ("desk", "clear")]


async def test_a_call_is_shown_that_a_gateway_of_another_server_tells(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving() as worker:
        await office.until_true(lambda: bool(worker.tenants))
        await office.pass_(10)
        # The other one's outbox is not ours, and what its own consumers have had is dropped.
        heard = asyncio.Event()

        async def hear(_: Event) -> None:
            heard.set()

        ours, office.outbox = office.outbox, Outbox(office.database, office.clock)
        async with consuming(office.outbox, "uplink", hear):
            await office.line(desk, state="connected")
            await asyncio.wait_for(heard.wait(), 10)
            await office.until_true(lambda: office.shows(desk) == IN_A_CALL, within=15)
        office.outbox = ours
    cursors = await office.database.scan(select(outbox_cursors.c.consumer))
    assert [tuple(row) for row in cursors] == [("uplink",)]


async def test_a_server_that_was_killed_is_followed_after_a_minute_and_leaves_nobody_in_a_call(office: Office) -> None:
    await office.switch()
    desk, warehouse = office.people.desk, office.people.warehouse
    killed, next_ = office.server(), office.server()
    await office.line(desk, state="connected")
    await killed.look()
    await office.until(desk, IN_A_CALL)
    # Graph carries out what it is asked, and the server never hears so.
    office.microsoft.answers_after = 2.0
    await office.line(warehouse, state="connected")
    killed.tenants[office.account_id].note(warehouse.principal_id)
    await office.until(warehouse, IN_A_CALL)
    await kill(killed)
    office.microsoft.answers_after = 0.0
    assert len(await office.kept()) == 2

    for user in (desk, warehouse):
        await office.line(user, state="idle")
    async with office.serving(next_):
        await office.pass_(40)
        assert office.shows(desk) == IN_A_CALL
        await office.pass_(60)
        await office.until_true(lambda: office.shows(desk) is office.shows(warehouse) is None)
        await office.pass_(5)
    assert await office.kept() == set()


async def test_who_has_lost_an_account_shows_nobody_anything_new(office: Office) -> None:
    """It was held up for longer than it had claimed the account for, and does not know yet that another one has it."""
    await office.switch()
    desk = office.people.desk
    async with office.serving() as worker:
        await office.until_true(lambda: bool(worker.tenants))
        taken = {"claimed_by": str(uuid4()), "claimed_until": office.clock() + timedelta(minutes=1)}
        await execute(office, update(presence_syncs).values(taken))
        await office.line(desk, state="connected")
        await office.until_true(lambda: not worker.tenants)
    assert office.writes() == []
    claimed = await office.database.scan(select(presence_syncs.c.claimed_by))
    assert [tuple(row) for row in claimed] == [(taken["claimed_by"],)]


class Hanging:
    """A database that answers nobody as long as it does not ``go``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.goes = asyncio.Event()
        self.goes.set()

    async def read(self, statement: Select[*tuple[Any, ...]], parameters: Parameters | None = None) -> Rows:
        await self.goes.wait()
        return await self._database.read(statement, parameters)

    async def scan(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        await self.goes.wait()
        return await self._database.scan(statement, parameters)

    async def write(self, work: Work[T], *, durable: bool = False) -> T:
        await self.goes.wait()
        return await self._database.write(work, durable=durable)

    async def close(self) -> None:
        await self._database.close()


async def test_an_account_is_left_in_time_though_the_database_hangs(office: Office) -> None:
    """Whoever has it by then may show otherwise, which a renewal would undo."""
    await office.switch()
    desk = office.people.desk
    database = Hanging(office.database)
    async with office.serving(replace(office, database=database).server()):
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        database.goes.clear()
        await office.pass_(600)
        written = office.writes()
        database.goes.set()
    assert written == [("desk", "set")]


async def test_a_claim_of_a_clock_that_was_hours_fast_is_void(office: Office) -> None:
    await office.switch()
    claim = {"claimed_by": str(uuid4()), "claimed_until": office.clock() + timedelta(hours=3)}
    row = {"account_id": office.account_id, "backlog": 0, "throttled": 0, **claim}
    await execute(office, insert(presence_syncs).values(row))
    async with office.serving() as worker:
        await office.until_true(lambda: bool(worker.tenants))


async def test_after_a_crash_what_was_told_before_counts_when_the_gateway_is_heard_of(office: Office) -> None:
    """Its link was the killed server's, and nobody has noted its end."""
    await office.switch()
    desk = office.people.desk
    await office.line(desk, state="connected")
    claim = {"claimed_by": str(uuid4()), "claimed_until": office.clock() - timedelta(seconds=1)}
    row = {"account_id": office.account_id, "backlog": 0, "throttled": 0, **claim}
    await execute(office, insert(presence_syncs).values(row))
    office.clock.advance(seconds=5)
    async with office.serving():
        for _ in range(40):
            await office.time.pass_(1)
            await settle()
        assert office.writes() == []
        await office.link(report=False)
        await office.line(desk, state="idle")
        await office.tell_report()
        await office.pass_(20)
    assert office.writes() == []


async def test_drift_is_repaired_without_a_storm(office: Office) -> None:
    """A state that changed without an event, and a session of which nobody knows why."""
    await office.switch()
    desk, warehouse = office.people.desk, office.people.warehouse
    stray = {
        "account_id": office.account_id, "tenant_id": office.tenant.tenant_id, "application_id": APPLICATION_ID,
        "object_id": office.person(warehouse).object_id, "shown": "inACall", "written_on": office.clock(),
    }  # fmt: skip
    await execute(office, insert(presence_sessions).values(stray))
    async with office.serving():
        await office.until_true(lambda: office.writes() == [("warehouse", "clear")])
        await office.line(desk, state="connected")
        await execute(office, delete(outbox_rows))
        await office.until_true(lambda: office.shows(desk) == IN_A_CALL, within=120)
        await office.pass_(300)
    assert office.writes() == [("warehouse", "clear"), ("desk", "set")]


async def test_a_tenant_that_does_not_answer_holds_up_no_other(office: Office, other_tenant: Tenant) -> None:
    """Another account, whose own tenant does not answer."""
    await office.switch()
    stranger, desk = office.people.stranger, office.people.desk
    other_tenant.add(stranger.email)
    other_tenant.register(OTHER_APPLICATION_ID, secret=SECRET, granted=GRANTED)
    there = {"name": "Presence", "tenantId": other_tenant.tenant_id, "clientId": OTHER_APPLICATION_ID}
    account = {"account_id": stranger.account_id, "proved_on": office.clock()}
    await execute(office, insert(tenants).values({"tenant_id": other_tenant.tenant_id, **account}))
    await execute(office, insert(integrations).values(office.integration(stranger.account_id, there)))
    office.microsoft.hold(other_tenant.tenant_id)
    async with office.serving() as worker:
        await office.until_true(lambda: len(worker.tenants) == 2)
        # The first question of each; one of them is never answered.
        await office.until_true(lambda: len(office.microsoft.headers) >= 2)
        await office.line(desk, state="connected")
        await office.until_true(lambda: office.shows(desk) == IN_A_CALL, within=5)
        office.microsoft.release(other_tenant.tenant_id)


async def test_the_administrator_sees_how_it_fares(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    y = presence_syncs.c
    asked = select(y.succeeded_on, y.trouble, y.trouble_since, y.backlog, y.matched_on)
    async with office.serving():
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        at = office.clock()
        await office.pass_(15)
        ((succeeded_on, trouble, since, backlog, matched_on),) = await office.database.scan(asked)
        assert (trouble, since, backlog, matched_on) == (None, None, 0, at)
        assert abs(succeeded_on - at) < timedelta(seconds=30)

        office.tenant.applications[APPLICATION_ID].secrets.clear()
        office.microsoft.withdrawn[office.tenant.tenant_id] = {"Presence.ReadWrite.All"}
        await office.line(desk, state="idle")
        await office.pass_(15)
        ((_, trouble, since, backlog, _),) = await office.database.scan(asked)
        assert (trouble, backlog) == ("notConsented", 1)
        assert at <= since <= office.clock()
