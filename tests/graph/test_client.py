"""Requests to Graph over real HTTP: what is repeated, what is raised, and what is never told."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from graph.client import Graph
from graph.errors import (
    GraphError,
    GraphUnavailable,
    NotConsented,
    NotFound,
    NotPermitted,
    Throttled,
    Unauthenticated,
)
from graph.messages import Method, Request
from graph.paths import path
from graph.permissions import INSTALL_ITSELF, READ_USERS
from graph.retry import Patience
from graph.session import microsoft_session
from graph.tokens import Registration
from tests.fakes.graph import App, Fault
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, SECRET, TENANT_ID

if TYPE_CHECKING:
    from graph.client import TenantGraph
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime

APP = App("22222222-0000-0000-0000-000000000001", "33333333-0000-0000-0000-000000000001")


@pytest.fixture
def person(tenant: Tenant, microsoft: FakeGraph) -> Person:
    microsoft.catalogue[TENANT_ID] = [APP]
    return tenant.add("ada@example.com")


def reading(person: Person) -> Request:
    return Request(Method.GET, path("users", person.object_id), READ_USERS)


def installing(person: Person, microsoft: FakeGraph, *, idempotent: bool = False) -> Request:
    body = {"teamsApp@odata.bind": f"{microsoft.url}/v1.0/appCatalogs/teamsApps/{APP.app_id}"}
    address = path("users", person.object_id, "teamwork", "installedApps")
    return Request(Method.POST, address, INSTALL_ITSELF, body, idempotent=idempotent)


async def test_a_request_carries_its_tenants_token_and_an_id_of_its_own(
    ours: TenantGraph, microsoft: FakeGraph, identity: Entra, person: Person
) -> None:
    first = await ours.send(reading(person))
    second = await ours.send(reading(person))

    assert first.body["userPrincipalName"] == second.body["userPrincipalName"] == person.upn
    assert {headers["Authorization"] for headers in microsoft.headers} == {f"Bearer {identity.issued[0]}"}
    assert len({headers["client-request-id"] for headers in microsoft.headers}) == 2


async def test_an_answer_without_a_body_is_empty(ours: TenantGraph, microsoft: FakeGraph, person: Person) -> None:
    answer = await ours.send(installing(person, microsoft))
    assert (answer.status, answer.body) == (201, {})
    assert microsoft.installed == {(person.object_id, APP.app_id)}


async def test_throttled_requests_wait_as_long_as_graph_asks(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, person: Person
) -> None:
    microsoft.faults = [Fault(429, retry_after=17)]
    await ours.send(installing(person, microsoft))

    assert len(microsoft.calls) == 2, "a throttled request was not carried out: any may be sent again"
    assert max(time.slept) == 17


async def test_throttling_holds_back_the_whole_tenant_and_nobody_else(
    graph: Graph, microsoft: FakeGraph, time: SteppedTime, person: Person, other_tenant: Tenant
) -> None:
    elsewhere = other_tenant.add("eve@other.example.com")
    ours = graph.tenant(TENANT_ID)
    microsoft.faults = [Fault(429, retry_after=50, times=4)]
    with pytest.raises(Throttled):
        await ours.send(reading(person))
    began, time.slept = time.now, []

    await graph.tenant(OTHER_TENANT_ID).send(reading(elsewhere))
    assert time.now == began
    await ours.send(reading(person))
    assert time.slept[0] == 50


async def test_whoever_would_wait_too_long_is_told_how_long(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, person: Person
) -> None:
    microsoft.faults = [Fault(429, retry_after=600)]
    for _ in range(2):
        with pytest.raises(Throttled) as throttled:
            await ours.send(reading(person))
        assert throttled.value.retry_after == 600
    assert time.slept == []
    assert len(microsoft.calls) == 1, "the second one did not even ask"


async def test_whoever_is_in_a_hurry_shares_the_budget_and_not_the_patience(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, person: Person
) -> None:
    hurried = ours.within(Patience(attempts=1, longest_wait=2))
    microsoft.faults = [Fault(429, retry_after=17)]
    for _ in range(2):
        with pytest.raises(Throttled) as throttled:
            await hurried.send(reading(person))
        assert throttled.value.retry_after == 17
    assert len(microsoft.calls) == 1
    await ours.send(reading(person))
    assert time.slept[0] == 17


async def test_throttling_without_a_time_waits_longer_each_time(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, person: Person
) -> None:
    microsoft.faults = [Fault(429, times=3)]
    await ours.send(reading(person))
    waits = [slept for slept in time.slept if slept >= 1]
    assert len(waits) == 3
    assert waits == sorted(waits)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 0])
async def test_reading_is_repeated_when_graph_fails(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, person: Person, status: int
) -> None:
    microsoft.faults = [Fault(status, times=2)]
    assert (await ours.send(reading(person))).status == 200
    assert len(microsoft.calls) == 3
    assert all(1 <= wait <= 3 for wait in time.slept)


@pytest.mark.parametrize("status", [503, 0])
async def test_writing_is_repeated_only_when_that_does_no_harm(
    ours: TenantGraph, microsoft: FakeGraph, person: Person, status: int
) -> None:
    microsoft.faults = [Fault(status)]
    with pytest.raises(GraphUnavailable):
        await ours.send(installing(person, microsoft))
    assert len(microsoft.calls) == 1

    microsoft.faults = [Fault(status)]
    assert (await ours.send(installing(person, microsoft, idempotent=True))).status == 201


async def test_a_request_without_an_answer_is_known_by_our_own_id(
    ours: TenantGraph, microsoft: FakeGraph, person: Person
) -> None:
    microsoft.faults = [Fault(0)]
    with pytest.raises(GraphUnavailable) as gone:
        await ours.send(installing(person, microsoft))
    assert gone.value.request_id == microsoft.headers[0]["client-request-id"]


async def test_it_gives_up_after_four_attempts(ours: TenantGraph, microsoft: FakeGraph, person: Person) -> None:
    microsoft.faults = [Fault(503, times=9, retry_after=1)]
    with pytest.raises(GraphUnavailable) as gone:
        await ours.send(reading(person))
    assert (gone.value.status, gone.value.code, gone.value.retry_after) == (503, "serviceNotAvailable", 1)
    assert len(microsoft.calls) == 4


async def test_a_missing_permission_is_named(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, person: Person
) -> None:
    tenant.granted = {"Presence.ReadWrite.All"}
    for request in (reading(person), installing(person, microsoft)):
        with pytest.raises(NotPermitted) as refused:
            await ours.send(request)
        assert refused.value.permission is request.needs
        assert refused.value.request_id
    assert len(microsoft.calls) == 2


async def test_a_tenant_that_has_not_consented_is_not_asked(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, person: Person
) -> None:
    tenant.knows_application = False
    with pytest.raises(NotConsented) as refused:
        await ours.send(reading(person))
    assert refused.value.permission is READ_USERS
    assert microsoft.calls == []


async def test_an_entra_that_fails_is_graph_that_cannot_be_reached(
    ours: TenantGraph, identity: Entra, person: Person
) -> None:
    identity.broken = True
    with pytest.raises(GraphUnavailable, match="unreachable"):
        await ours.send(reading(person))
    assert len(identity.grants) <= 4


async def test_a_refused_token_is_replaced_once(
    ours: TenantGraph, microsoft: FakeGraph, identity: Entra, time: SteppedTime, person: Person
) -> None:
    await ours.send(reading(person))
    identity.keys.rotate()
    identity.keys.retire()
    time.now += 60
    assert (await ours.send(reading(person))).status == 200
    assert len(identity.issued) == 2

    identity.graph_url = microsoft.url
    microsoft.identity.keys.rotate()
    microsoft.identity.keys.retire()
    time.now += 5
    with pytest.raises(Unauthenticated):
        await ours.send(reading(person))
    assert len(identity.issued) == 2, "a token that is seconds old is not replaced"


async def test_what_is_not_there_is_not_found(ours: TenantGraph, person: Person) -> None:
    with pytest.raises(NotFound) as missing:
        await ours.send(Request(Method.GET, path("users", "nobody@example.com"), READ_USERS))
    assert missing.value.code == "Request_ResourceNotFound"
    assert "nobody" in missing.value.message


async def test_neither_errors_nor_logs_tell_tokens_or_people(
    ours: TenantGraph, microsoft: FakeGraph, identity: Entra, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(NotFound) as missing:
        await ours.send(Request(Method.GET, path("users", "nobody@example.com"), READ_USERS))
    told = (
        str(missing.value)
        + repr(missing.value)
        + "".join(str(vars(record)) for record in caplog.records if record.name.startswith("graph"))
    )
    assert missing.value.request_id in told
    assert "nobody" not in told
    assert identity.issued[0] not in told
    assert SECRET not in told


async def test_a_path_stays_a_path(ours: TenantGraph, microsoft: FakeGraph) -> None:
    for odd in ("../groups", "a/b", "x?$filter=1", "été#EXT#@example.com", "%2e%2e"):
        with pytest.raises(GraphError):
            await ours.send(Request(Method.GET, path("users", odd, "teamwork"), READ_USERS))
    assert {call.path.removeprefix("/users/").removesuffix("/teamwork") for call in microsoft.calls} == {
        "../groups",
        "a/b",
        "x?$filter=1",
        "été#EXT#@example.com",
        "%2e%2e",
    }
    assert all(not call.query for call in microsoft.calls)


async def test_a_slow_tenant_leaves_connections_to_the_others(
    graph: Graph, microsoft: FakeGraph, identity: Entra, person: Person, other_tenant: Tenant
) -> None:
    elsewhere = other_tenant.add("eve@other.example.com")
    await graph.tenant(TENANT_ID).tokens.bearer()
    await graph.tenant(OTHER_TENANT_ID).tokens.bearer()
    microsoft.open.clear()
    waiting = [asyncio.create_task(graph.tenant(TENANT_ID).send(reading(person))) for _ in range(60)]
    await microsoft.wait_for_requests(16)
    other = asyncio.create_task(graph.tenant(OTHER_TENANT_ID).send(reading(elsewhere)))
    await microsoft.wait_for_requests(17)
    elsewhere_asked = identity.issued[1]
    assert microsoft.headers[16]["Authorization"] == f"Bearer {elsewhere_asked}", "it was not behind the other 44"
    microsoft.open.set()
    await asyncio.gather(other, *waiting)


async def test_a_graph_that_is_not_there_is_unreachable(identity: Entra, time: SteppedTime) -> None:
    identity.graph_url = "http://127.0.0.1:9"
    async with microsoft_session() as session:
        registration = Registration(APP_ID, identity.url, SECRET)
        nowhere = Graph(session, registration, "http://127.0.0.1:9", timing=time.timing)
        with pytest.raises(GraphUnavailable) as gone:
            await nowhere.tenant(TENANT_ID).send(Request(Method.POST, "/users", READ_USERS, {}))
    assert gone.value.undone
    assert len(time.slept) == 3, "nothing was sent, so even a POST is tried again"
