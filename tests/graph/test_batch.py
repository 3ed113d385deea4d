"""Batches: each item its own outcome, in order, and only what failed is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph.batch import send_all
from graph.errors import GraphError, GraphUnavailable, NotFound, NotPermitted, Throttled
from graph.messages import Answer, Method, Request
from graph.paths import path
from graph.permissions import READ_USERS, WRITE_PRESENCE
from tests.fakes.graph import Fault
from tests.graph.conftest import TENANT_ID

if TYPE_CHECKING:
    from graph.client import TenantGraph
    from tests.fakes.entra import Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime


@pytest.fixture
def people(tenant: Tenant) -> list[Person]:
    return [tenant.add(f"person{number}@example.com") for number in range(45)]


def reading(person: Person) -> Request:
    return Request(Method.GET, path("users", person.object_id), READ_USERS)


def names(outcomes: list[Answer | GraphError]) -> list[object]:
    return [outcome.body["userPrincipalName"] for outcome in outcomes if isinstance(outcome, Answer)]


def batches(microsoft: FakeGraph) -> list[int]:
    """How many items each batch had."""
    return [len(call.body["requests"]) for call in microsoft.calls if call.path == "/$batch"]


async def test_twenty_at_a_time_in_order(ours: TenantGraph, microsoft: FakeGraph, people: list[Person]) -> None:
    outcomes = await send_all(ours, [reading(person) for person in people])
    assert names(outcomes) == [person.upn for person in people]
    assert batches(microsoft) == [20, 20, 5]


async def test_nothing_to_send_asks_nobody(ours: TenantGraph, microsoft: FakeGraph) -> None:
    assert await send_all(ours, []) == []
    assert microsoft.headers == []


async def test_an_item_that_fails_leaves_the_others(ours: TenantGraph, people: list[Person]) -> None:
    requests = [reading(person) for person in people[:5]]
    requests[1] = Request(Method.GET, path("users", "nobody"), READ_USERS)
    requests[3] = Request(Method.POST, path("users", "nobody", "presence", "setPresence"), WRITE_PRESENCE, {})
    outcomes = await send_all(ours, requests)

    assert isinstance(outcomes[1], NotFound)
    assert isinstance(outcomes[3], GraphError)
    assert names(outcomes) == [people[number].upn for number in (0, 2, 4)]


async def test_only_throttled_items_are_sent_again_and_after_the_longest_wait(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, people: list[Person]
) -> None:
    first, second = people[3].object_id, people[7].object_id
    microsoft.faults = [Fault(429, where=first, retry_after=9), Fault(429, where=second, retry_after=30)]
    outcomes = await send_all(ours, [reading(person) for person in people[:10]])

    assert names(outcomes) == [person.upn for person in people[:10]]
    assert batches(microsoft) == [10, 2]
    assert max(time.slept) == 30


async def test_a_failing_item_is_repeated_only_if_that_does_no_harm(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.faults = [Fault(503, where=f"GET /users/{people[0].object_id}"), Fault(503, where="POST /users")]
    writing = Request(Method.POST, path("users", people[1].object_id, "presence", "setPresence"), WRITE_PRESENCE, {})
    read, written = await send_all(ours, [reading(people[0]), writing])

    assert isinstance(read, Answer)
    assert isinstance(written, GraphUnavailable)
    assert batches(microsoft) == [2, 1]


async def test_an_item_throttled_for_long_tells_when_to_come_back(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, people: list[Person]
) -> None:
    microsoft.faults = [Fault(429, where=people[0].object_id, retry_after=900)]
    throttled, read = await send_all(ours, [reading(person) for person in people[:2]])
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after == 900
    assert isinstance(read, Answer)
    assert time.slept == []


async def test_a_batch_that_fails_as_a_whole_is_tried_four_times(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.faults = [Fault(503, where="$batch", times=99)]
    outcomes = await send_all(ours, [reading(person) for person in people[:3]])
    assert [type(outcome) for outcome in outcomes] == [GraphUnavailable] * 3
    assert batches(microsoft) == [3, 3, 3, 3]


async def test_items_name_the_permission_that_they_lack(
    ours: TenantGraph, tenant: Tenant, people: list[Person]
) -> None:
    tenant.granted = {"Presence.ReadWrite.All"}
    (refused,) = await send_all(ours, [reading(people[0])])
    assert isinstance(refused, NotPermitted)
    assert refused.permission is READ_USERS


async def test_batches_to_teams_stay_within_its_limit(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, people: list[Person]
) -> None:
    requests = [
        Request(Method.GET, path("users", person.object_id, "teamwork", "installedApps"), READ_USERS)
        for person in people
    ]
    outcomes = await send_all(ours, requests)
    assert all(isinstance(outcome, Answer) for outcome in outcomes)
    assert sum(batches(microsoft)) == len(people), "none was throttled"
    assert microsoft.tenants == [TENANT_ID] * len(people)
    assert time.now - 1000 == pytest.approx((45 - 10) / 20, abs=0.01)
