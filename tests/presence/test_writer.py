"""What reaches Graph, when, and how often, by a time that only the test moves."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from graph.budget import Rate, Service
from graph.client import Graph
from graph.session import microsoft_session
from graph.tokens import Registration
from presence.meters import Meters
from presence.model import Trouble
from presence.policy import UNCHANGED, Shown
from presence.writer import Writer
from store.database import DatabaseUnavailable
from tests.fakes.graph import Fault
from tests.fakes.graph.throttling import FOREVER
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, SECRET, TENANT_ID, identity, microsoft, other_tenant, tenant
from tests.presence.held_time import HeldTime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from presence.ledger import Write
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph

__all__ = ["identity", "microsoft", "other_tenant", "tenant"]

CALL, DND = Shown.IN_A_CALL, Shown.PRESENTING
BUSY, PRESENTING, OFFLINE = ("Busy", "InACall"), ("DoNotDisturb", "Presenting"), ("Offline", "Offline")


class Notes:
    """A journal in memory, which can be away."""

    def __init__(self) -> None:
        self.away = False
        self.sessions: set[str] = set()
        self.told = 0

    async def intend(self, writes: Sequence[Write]) -> None:
        self._ask()
        self.sessions |= {write.object_id for write in writes}

    async def ended(self, object_ids: Sequence[str]) -> None:
        self._ask()
        self.sessions -= set(object_ids)

    def _ask(self) -> None:
        self.told += 1
        if self.away:
            raise DatabaseUnavailable("a test")


class Office:
    """One tenant's people, and the writer that runs for them."""

    def __init__(self, graph: Graph, microsoft: FakeGraph, tenant: Tenant, time: HeldTime) -> None:
        self.time = time
        self.microsoft = microsoft
        self.tenant = tenant
        self.meters = Meters()
        self.notes = Notes()
        self.writer = Writer(graph.tenant(tenant.tenant_id), APP_ID, self.notes, self.meters, timing=time.timing)
        self.people: list[Person] = []

    def busy(self) -> bool:
        return self.writer.ledger.under_way > 0

    def staff(self, count: int) -> list[str]:
        self.people = [self.tenant.add(f"person{number}@{self.tenant.domain}") for number in range(count)]
        return [person.object_id for person in self.people]

    def want(self, wanted: Shown | None, *object_ids: str) -> None:
        for object_id in object_ids:
            self.writer.want(object_id, wanted, since=self.time.now)

    @property
    def shown(self) -> list[tuple[str, str]]:
        return [self.microsoft.presences.shown(self.tenant, person) for person in self.people]

    def trouble(self) -> Trouble | None:
        return self.writer.trouble

    @property
    def requests(self) -> int:
        """Of the tenant, items of batches one by one, refused ones too."""
        return sum("/presence/" in call.path for call in self.microsoft.calls)

    @property
    def batches(self) -> int:
        return sum(call.path == "/$batch" for call in self.microsoft.calls)

    async def written_in(self, seconds: float) -> int:
        before = len(self.microsoft.presences.writes)
        await self.time.passes(seconds)
        return len(self.microsoft.presences.writes) - before

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.writer.run())
        try:
            yield
        finally:
            assert not running.done() or running.exception() is None
            running.cancel()
            await asyncio.wait([running])


@pytest.fixture
def time() -> HeldTime:
    return HeldTime()


@pytest.fixture
def pace() -> Rate:
    return Service.PRESENCE_WRITES.rate


@pytest.fixture
async def graph(microsoft: FakeGraph, identity: Entra, time: HeldTime, pace: Rate) -> AsyncIterator[Graph]:
    rates = {Service.PRESENCE_WRITES: pace}
    registration = Registration(APP_ID, identity.url, SECRET)
    async with microsoft_session() as session:
        yield Graph(session, registration, microsoft.url, timing=time.timing, rates=rates)


@pytest.fixture
async def office(graph: Graph, microsoft: FakeGraph, tenant: Tenant, time: HeldTime) -> AsyncIterator[Office]:
    made = Office(graph, microsoft, tenant, time)
    time.busy = made.busy
    async with made.runs():
        yield made


async def test_a_call_is_shown_and_gone_and_the_journal_knew_of_it_before(office: Office, time: HeldTime) -> None:
    (anna,) = office.staff(1)
    office.want(CALL, anna)
    await time.passes(60)
    assert office.shown == [BUSY]
    assert office.notes.sessions == {anna}
    office.want(None, anna)
    await time.passes(5)
    assert office.shown == [OFFLINE]
    assert office.notes.sessions == set()
    assert [write.at for write in office.microsoft.presences.writes] == pytest.approx([1000, 1060.08])
    meters = office.meters
    assert (meters.sets, meters.clears, meters.renewals, meters.throttled, meters.failed) == (1, 1, 0, 0, 0)
    assert sum(meters.lag.counts) == 2
    assert meters.lag.total == pytest.approx(0.08)
    assert meters.succeeded_at == pytest.approx(1060.08)


async def test_a_call_of_two_hours_is_shown_all_the_time(office: Office, time: HeldTime) -> None:
    (anna,) = office.staff(1)
    office.want(CALL, anna)
    for _ in range(7200 // 59):
        await time.passes(59)
        assert office.shown == [BUSY]
    assert 14 <= office.meters.renewals <= 20
    assert office.requests == 1 + office.meters.renewals
    assert office.notes.told == 1


async def test_many_go_as_batches_of_twenty(office: Office, time: HeldTime) -> None:
    office.want(CALL, *office.staff(30))
    await time.passes(0.1)
    assert office.shown == [BUSY] * 30
    assert office.batches == 2


async def test_five_thousand_at_once_keep_within_the_window_and_fill_their_batches(
    office: Office, time: HeldTime
) -> None:
    for object_id in office.staff(5000):
        office.writer.want(object_id, CALL)
    await time.passes(105)
    assert office.shown == [BUSY] * 5000, "5,000 less the burst, at 48 in a second, are 103 s"
    assert office.meters.throttled == 0
    assert office.batches < 5000 / 11
    assert office.writer.ledger.backlog == 0


async def test_requests_that_come_later_than_they_left_keep_within_the_window(
    office: Office, microsoft: FakeGraph, time: HeldTime
) -> None:
    microsoft.open.clear()
    time.busy = lambda: False
    for object_id in office.staff(1700):
        office.writer.want(object_id, CALL)
    await time.passes(0.5)
    microsoft.open.set()
    time.busy = office.busy
    await time.passes(36)
    assert office.shown == [BUSY] * 1700
    assert office.meters.throttled == 0


async def test_somebody_who_telephones_meanwhile_does_not_wait_for_a_start_of_thousands(
    office: Office, time: HeldTime
) -> None:
    *others, anna = office.staff(3001)
    for object_id in others:
        office.writer.want(object_id, CALL)
    await time.passes(20)
    office.want(CALL, anna)
    await time.passes(0.25)
    assert office.shown[-1] == BUSY
    assert office.shown.count(BUSY) < 1200


async def test_what_changes_while_the_budget_is_used_up_is_sent_as_it_is_then(office: Office, time: HeldTime) -> None:
    *others, anna, ben = office.staff(1002)
    office.want(CALL, *others)
    await time.passes(1)
    office.want(CALL, anna, ben)
    for wanted in (DND, CALL, None, DND):
        office.want(wanted, anna)
        await time.passes(0.3)
    office.want(None, ben)
    await time.passes(30)
    assert office.shown[-2:] == [PRESENTING, OFFLINE]
    assert sum(write.object_id == anna for write in office.microsoft.presences.writes) == 1
    assert not any(ben in call.path for call in office.microsoft.calls)


async def test_an_answer_that_is_slow_holds_up_neither_the_next_event_nor_another_tenant(
    office: Office, graph: Graph, time: HeldTime, other_tenant: Tenant
) -> None:
    other_tenant.granted.add("Presence.ReadWrite.All")
    slow = Office(graph, office.microsoft, other_tenant, time)
    # Nobody waits for what is held.
    time.busy = office.busy
    async with slow.runs():
        office.microsoft.hold(OTHER_TENANT_ID)
        first, second = slow.staff(2)
        slow.want(CALL, first)
        await office.microsoft.wait_for_requests(1)
        slow.want(CALL, second)
        await office.microsoft.wait_for_requests(2)
        (anna,) = office.staff(1)
        office.want(CALL, anna)
        await time.passes(0)
        assert office.shown == [BUSY]
        slow.want(None, first)
        await time.passes(30)
        assert len(office.microsoft.headers) == 3, "one write of one person at a time"
        office.microsoft.release(OTHER_TENANT_ID)
        time.busy = slow.busy
        await time.passes(1)
        assert slow.shown == [OFFLINE, BUSY]


async def test_of_a_throttled_half_each_waits_as_told_and_all_get_there(office: Office, time: HeldTime) -> None:
    office.microsoft.faults.append(Fault(429, "/presence/", FOREVER, retry_after=5, every=2))
    office.want(CALL, *office.staff(200))
    await time.passes(0)
    assert office.trouble() is Trouble.THROTTLED
    await time.passes(75)
    assert office.shown == [BUSY] * 200
    assert office.requests <= 2 * 200 + 1, "each second one is refused"
    assert office.meters.throttled == office.requests - 200


@pytest.mark.parametrize("pace", [Rate(8, 20)])
async def test_after_throttling_it_goes_half_as_fast_and_back_to_its_pace(office: Office, time: HeldTime) -> None:
    people = office.staff(200)
    office.microsoft.faults.append(Fault(429, "/presence/", 10, retry_after=5, every=2))
    office.want(CALL, *people)
    await time.passes(0)
    slow = await office.written_in(10)
    assert slow < 0.6 * 80
    office.want(None, *people)
    await time.passes(120)
    office.want(DND, *people)
    await time.passes(0)
    assert await office.written_in(10) == pytest.approx(80, abs=20)
    assert office.trouble() is None


async def test_a_throttled_batch_stops_the_tenant_for_as_long_as_graph_says(office: Office, time: HeldTime) -> None:
    people = office.staff(100)
    office.microsoft.faults.append(Fault(429, "$batch", 1, retry_after=20))
    office.want(CALL, *people[:3])
    await time.passes(1)
    office.want(None, *people[:3])
    office.want(CALL, *people[3:])
    await time.passes(18.9)
    assert office.batches == 1
    assert office.trouble() is Trouble.THROTTLED
    await time.passes(10)
    assert office.shown == [*[OFFLINE] * 3, *[BUSY] * 97]
    assert not any(people[0] in call.path for call in office.microsoft.calls[4:]), "what is over costs nothing"
    assert office.trouble() is None


@pytest.mark.parametrize("asked", [0, 10**6, None])
async def test_whatever_graph_asks_for_it_is_asked_again_within_minutes_and_not_in_a_hot_loop(
    office: Office, time: HeldTime, asked: int | None
) -> None:
    throttled = Fault(429, "$batch", FOREVER, retry_after=asked)
    office.microsoft.faults.append(throttled)
    office.want(CALL, *office.staff(20))
    await time.passes(1200)
    assert 2 <= office.batches <= 1200
    throttled.times = 0
    await time.passes(600)
    assert office.shown == [BUSY] * 20


async def test_graph_is_away_for_ten_minutes(office: Office, time: HeldTime) -> None:
    """A hundred are in a call when it goes; meanwhile half of them hang up and a hundred others begin."""
    people = office.staff(300)
    before, others = people[:100], people[100:200]
    office.want(CALL, *before)
    await time.passes(60)
    asked = len(office.microsoft.headers)
    away = Fault(503, "", FOREVER)
    office.microsoft.faults.append(away)
    for second in range(600):
        if second % 6 == 0:
            office.want(CALL, others[second // 6])
            office.want(None if second < 300 else CALL, before[second // 6])
        await time.passes(1)
    assert len(office.microsoft.headers) - asked <= 30, "while it is away it is asked ever more rarely"
    assert office.trouble() is Trouble.UNREACHABLE
    away.times = 0
    await time.passes(50)
    assert office.shown == [*[OFFLINE] * 50, *[BUSY] * 150, *[OFFLINE] * 100]
    assert office.trouble() is None
    assert office.writer.ledger.backlog == 0


@pytest.mark.parametrize("pace", [Rate(48, 60)])
async def test_batches_that_fail_together_are_one_failure(office: Office, time: HeldTime) -> None:
    office.microsoft.faults.append(Fault(503, "$batch", 3))
    office.want(CALL, *office.staff(60))
    await time.passes(0)
    assert office.batches == 3
    await time.passes(3.5)
    assert office.shown == [BUSY] * 60


async def test_an_item_that_is_missing_in_the_answer_is_sent_again(office: Office, time: HeldTime) -> None:
    anna, *others = office.staff(20)
    office.microsoft.faults.append(Fault(0, f"/users/{anna}/", lost=True))
    office.want(CALL, anna, *others)
    await time.passes(2)
    assert office.shown == [BUSY] * 20
    assert office.requests == 21
    office.microsoft.faults.append(Fault(0, f"/users/{anna}/", lost=True))
    office.want(None, anna)
    await time.passes(4)
    assert office.shown == [OFFLINE, *[BUSY] * 19]
    assert (office.requests, office.writer.ledger.in_sync(anna)) == (23, True)


async def test_a_secret_that_is_revoked_ends_what_is_shown_within_one_expiry(
    office: Office, identity: Entra, time: HeldTime
) -> None:
    people = office.staff(50)
    office.want(CALL, *people)
    await time.passes(60)
    identity.secret = "another"
    # Its token is good until then.
    await time.passes(3600)
    office.want(None, *people[:25])
    await time.passes(600)
    assert office.shown == [OFFLINE] * 50
    assert office.trouble() is Trouble.SECRET_REFUSED
    asked = len(identity.grants)
    await time.passes(1200)
    assert len(identity.grants) - asked <= 1200 / 180 + 1
    identity.secret = SECRET
    await time.passes(300)
    assert office.shown == [*[OFFLINE] * 25, *[BUSY] * 25]
    assert office.trouble() is None


async def test_without_consent_it_asks_ever_more_rarely_and_with_a_new_token(
    office: Office, tenant: Tenant, identity: Entra, time: HeldTime
) -> None:
    people = office.staff(100)
    office.want(CALL, *people)
    await time.passes(60)
    tenant.granted.discard("Presence.ReadWrite.All")
    office.microsoft.withdrawn[TENANT_ID] = {"Presence.ReadWrite.All"}
    asked = office.requests
    await time.passes(1800)
    assert office.requests - asked <= 80 + 1800 / 180 + 9
    assert office.trouble() is Trouble.NOT_CONSENTED
    assert office.shown == [OFFLINE] * 100
    tenant.granted.add("Presence.ReadWrite.All")
    office.microsoft.withdrawn.clear()
    await time.passes(300 + 450)
    assert office.shown == [BUSY] * 100
    assert office.trouble() is None


async def test_a_role_that_is_granted_late_is_used_although_the_old_token_lives_on(
    office: Office, tenant: Tenant, time: HeldTime
) -> None:
    tenant.granted.discard("Presence.ReadWrite.All")
    office.want(CALL, *office.staff(2))
    await time.passes(100)
    assert office.trouble() is Trouble.NOT_CONSENTED
    tenant.granted.add("Presence.ReadWrite.All")
    await time.passes(400)
    assert office.shown == [BUSY, BUSY]


async def test_while_the_tenant_takes_nothing_one_write_at_a_time_asks_whether_it_does_again(
    office: Office, time: HeldTime
) -> None:
    office.microsoft.faults.append(Fault(503, "", FOREVER))
    office.want(CALL, *office.staff(100))
    await time.passes(10)
    asked = len(office.microsoft.headers)
    office.microsoft.hold(TENANT_ID)
    time.busy = lambda: False
    await time.passes(60)
    assert len(office.microsoft.headers) == asked + 1, "its answer is still awaited"


async def test_what_is_reserved_and_not_sent_is_there_for_others(office: Office, time: HeldTime) -> None:
    for number, object_id in enumerate(office.staff(Service.PRESENCE_WRITES.rate.burst)):
        office.want(CALL, object_id)
        await time.rests()
        assert office.shown.count(BUSY) == number + 1


async def test_one_person_of_whom_graph_permits_nothing_does_not_stop_the_others(
    office: Office, time: HeldTime
) -> None:
    anna, *others = office.staff(100)
    office.microsoft.faults.append(Fault(403, f"/users/{anna}/", FOREVER))
    office.want(CALL, anna)
    for other in others:
        await time.passes(1)
        office.want(CALL, other)
    await time.passes(2)
    assert office.shown == [OFFLINE, *[BUSY] * 99]
    assert sum(anna in call.path for call in office.microsoft.calls) <= 7
    assert office.trouble() is None


async def test_a_token_that_graph_refuses_is_replaced_in_a_second(
    office: Office, identity: Entra, time: HeldTime
) -> None:
    anna, ben = office.staff(2)
    office.want(CALL, anna)
    await time.passes(60)
    office.microsoft.faults.append(Fault(401, "$batch"))
    office.want(CALL, ben)
    await time.passes(2)
    assert office.shown == [BUSY, BUSY]
    assert len(identity.grants) == 2
    assert office.trouble() is None


async def test_tokens_that_are_never_taken_are_no_hot_loop(office: Office, time: HeldTime) -> None:
    office.microsoft.faults.append(Fault(401, "$batch", FOREVER))
    office.want(CALL, *office.staff(100))
    await time.passes(600)
    assert office.batches <= 20
    assert office.trouble() is Trouble.REJECTED


async def test_somebody_who_is_nobody_is_asked_about_once(office: Office, time: HeldTime) -> None:
    (anna,) = office.staff(1)
    office.want(CALL, anna, "00000000-0000-0000-0000-00000000dead")
    await time.passes(3600)
    assert sum("dead" in call.path for call in office.microsoft.calls) == 1
    assert office.trouble() is None
    assert office.notes.sessions == {anna}


async def test_without_the_database_no_session_begins_and_the_others_go_on(office: Office, time: HeldTime) -> None:
    anna, ben, chris = office.staff(3)
    office.want(CALL, anna, ben)
    await time.passes(60)
    office.notes.away = True
    office.want(None, anna)
    office.want(CALL, chris)
    await time.passes(600)
    assert office.shown == [OFFLINE, BUSY, OFFLINE]
    assert office.meters.renewals >= 1
    assert office.trouble() is None
    assert not any(chris in call.path for call in office.microsoft.calls)
    office.want(None, chris)
    await time.passes(60)
    assert not any(chris in call.path for call in office.microsoft.calls), "of what was not sent nothing has to end"
    office.want(CALL, chris)
    office.notes.away = False
    await time.passes(50)
    assert office.shown == [OFFLINE, BUSY, BUSY]
    assert office.notes.sessions == {ben, chris}


async def test_whoever_telephones_again_at_once_costs_the_database_nothing(office: Office, time: HeldTime) -> None:
    (anna,) = office.staff(1)
    for _ in range(5):
        office.want(CALL, anna)
        await time.passes(60.5)
        office.want(None, anna)
        await time.passes(0.5)
    assert office.notes.told == 1
    office.want(CALL, anna)
    await time.passes(60)
    assert office.notes.sessions == {anna}


async def test_a_session_that_nobody_renews_leaves_the_journal_when_it_is_over(office: Office, time: HeldTime) -> None:
    (anna,) = office.staff(1)
    office.want(CALL, anna)
    await time.passes(60)
    office.writer.want(anna, UNCHANGED)
    await time.passes(600)
    assert office.shown == [OFFLINE]
    await time.passes(65)
    assert office.notes.sessions == set()


async def test_what_was_under_way_when_it_was_stopped_is_set_right_when_it_goes_on(
    graph: Graph, microsoft: FakeGraph, tenant: Tenant, time: HeldTime
) -> None:
    office = Office(graph, microsoft, tenant, time)
    (anna,) = office.staff(1)
    microsoft.answers_after = 60
    async with office.runs():
        office.want(CALL, anna)
        await microsoft.presences.wait_for_writes(1)
    microsoft.answers_after = 0
    assert office.shown == [BUSY], "of which its answer would have told"
    office.want(None, anna)
    time.busy = office.busy
    async with office.runs():
        await time.passes(2)
        assert office.shown == [OFFLINE]
        assert office.writer.ledger.in_sync(anna)
