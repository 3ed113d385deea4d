"""The budget of a tenant, by a time that moves only when somebody sleeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from graph.budget import Bucket, Budget, Rate, Service, service_of
from graph.client import Graph
from graph.errors import Throttled
from graph.messages import Method, Request
from graph.paths import path
from graph.permissions import READ_CATALOGUE
from graph.session import microsoft_session
from graph.timing import Timing
from graph.tokens import Registration
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, SECRET, TENANT_ID

if TYPE_CHECKING:
    from tests.fakes.entra import Entra
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime

CATALOGUE = Request(Method.GET, path("appCatalogs", "teamsApps"), READ_CATALOGUE)


async def test_a_burst_goes_at_once_and_the_rest_by_the_second(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    for _ in range(5):
        await bucket.admit(1, 60)
    assert time.slept == []
    for _ in range(20):
        await bucket.admit(1, 60)
    assert time.now == pytest.approx(1002)


async def test_what_is_not_used_is_saved_up_to_the_burst(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    await bucket.admit(5, 60)
    time.now += 3600
    await bucket.admit(5, 60)
    assert time.slept == []
    await bucket.admit(1, 60)
    assert time.slept == [pytest.approx(0.1)]


async def test_a_pause_is_kept_by_all_who_wait_and_ends_without_a_burst(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    bucket.pause(30)
    await asyncio.gather(*(bucket.admit(1, 60) for _ in range(5)))
    assert time.slept[0] == 30
    assert time.now == pytest.approx(1030.4), "one at the end of the pause, the others a tenth of a second apart"


async def test_a_shorter_pause_does_not_end_a_longer_one(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    bucket.pause(30)
    bucket.pause(2)
    await bucket.admit(1, 60)
    assert time.now == 1030


async def test_a_wait_that_is_too_long_is_refused(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    bucket.pause(61)
    with pytest.raises(Throttled) as refused:
        await bucket.admit(1, 60)
    assert refused.value.retry_after == 61
    time.now += 1
    await bucket.admit(1, 60)


async def test_more_than_the_burst_at_once_is_a_mistake(time: SteppedTime) -> None:
    with pytest.raises(ValueError, match="burst"):
        await Bucket(Rate(10, 5), time.timing).admit(6, 60)


async def test_whoever_is_cancelled_leaves_the_queue(time: SteppedTime) -> None:
    asleep, stay = asyncio.Event(), asyncio.Event()

    async def oversleep(_: float) -> None:
        asleep.set()
        await stay.wait()

    bucket = Bucket(Rate(10, 5), Timing(time.clock, oversleep))
    await bucket.admit(5, 60)
    first = asyncio.create_task(bucket.admit(1, 60))
    await asleep.wait()
    first.cancel()
    await asyncio.wait([first])
    time.now += 1
    await asyncio.wait_for(bucket.admit(5, 60), 10)


async def test_what_may_be_sent_is_reserved_and_what_is_not_sent_given_back(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    assert await bucket.reserve(20) == 5
    bucket.give_back(2)
    assert await bucket.reserve(20) == 2
    assert await bucket.reserve(20) == 1
    assert time.slept == [pytest.approx(0.1)]
    bucket.give_back(100)
    assert await bucket.reserve(20) == 5, "never more than the burst"


async def test_with_patience_more_is_reserved_at_once(time: SteppedTime) -> None:
    bucket = Bucket(Rate(40, 50), time.timing)
    assert await bucket.reserve(20, 0.25) == 20
    assert time.slept == []
    assert await bucket.reserve(50, 0.25) == 30
    assert await bucket.reserve(20, 0.25) == 10
    assert time.slept == [pytest.approx(0.25)]


async def test_patience_waits_for_no_more_than_the_burst(time: SteppedTime) -> None:
    bucket = Bucket(Rate(40, 5), time.timing)
    await bucket.admit(5, 60)
    assert await bucket.reserve(20, 60) == 5


async def test_a_tenant_that_is_slowed_down_comes_back_to_its_rate(time: SteppedTime) -> None:
    bucket = Bucket(Rate(10, 5), time.timing)
    bucket.slow_down()
    assert bucket.share == 0.5
    await bucket.admit(1, 60)
    await bucket.admit(1, 60)
    assert time.slept == [pytest.approx(0.2, rel=0.01)]
    time.now += 60
    assert bucket.share == pytest.approx(0.75, abs=0.01)
    for _ in range(9):
        bucket.slow_down()
    assert bucket.share == 1 / 8
    time.now += 120
    assert bucket.share == 1
    await bucket.admit(5, 60)
    begun = time.now
    for _ in range(100):
        await bucket.admit(1, 60)
    assert time.now == pytest.approx(begun + 10)


async def test_a_tenants_rates_may_be_others(time: SteppedTime) -> None:
    budget = Budget(time.timing, {Service.PRESENCE_WRITES: Rate(330, 100)})
    await budget.admit({Service.PRESENCE_WRITES: 100, Service.PRESENCE_READS: 60}, 60)
    assert time.slept == []


async def test_services_have_their_own_budgets(time: SteppedTime) -> None:
    budget = Budget(time.timing)
    budget.pause({Service.TEAMS: 1}, 60)
    await budget.admit({Service.PRESENCE_READS: 20, Service.PRESENCE_WRITES: 20, Service.DIRECTORY: 1}, 60)
    assert time.slept == []


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("/users?$filter=a", Service.DIRECTORY),
        ("/groups/1/transitiveMembers", Service.DIRECTORY),
        ("/users/1/teamwork/installedApps", Service.TEAMS),
        ("/appCatalogs/teamsApps", Service.TEAMS),
        ("/users/1/presence/setPresence", Service.PRESENCE_WRITES),
        ("/users/1/presence/clearPresence", Service.PRESENCE_WRITES),
        ("/users/1/presence", Service.PRESENCE_READS),
        ("/communications/getPresencesByUserId", Service.PRESENCE_READS),
        ("/users?$filter=mail eq '/presence'", Service.DIRECTORY),
    ],
)
def test_every_path_has_its_service(address: str, service: Service) -> None:
    assert service_of(address) is service


async def test_by_our_budget_graph_never_throttles(graph: Graph, microsoft: FakeGraph, time: SteppedTime) -> None:
    """A hundred requests to Teams, whose limit is 30 in a second."""
    ours = graph.tenant(TENANT_ID)
    for _ in range(100):
        await ours.send(CATALOGUE)
    assert len(microsoft.calls) == 100
    assert time.now == pytest.approx(1004.5)


async def test_one_tenant_cannot_starve_another(microsoft: FakeGraph, identity: Entra, time: SteppedTime) -> None:
    asleep, wake = asyncio.Event(), asyncio.Event()

    async def oversleep(_: float) -> None:
        asleep.set()
        await wake.wait()
        time.now += 60

    async with microsoft_session() as session:
        registration = Registration(APP_ID, identity.url, SECRET)
        graph = Graph(session, registration, microsoft.url, timing=Timing(time.clock, oversleep))
        greedy = [asyncio.create_task(graph.tenant(TENANT_ID).send(CATALOGUE)) for _ in range(60)]
        await asyncio.wait_for(asleep.wait(), 10)
        await asyncio.wait_for(graph.tenant(OTHER_TENANT_ID).send(CATALOGUE), 10)
        assert microsoft.tenants.count(TENANT_ID) <= Service.TEAMS.rate.burst, "the rest waits for its own budget"
        wake.set()
        await asyncio.gather(*greedy)
