"""What the stand-in for Graph refuses: by its windows, by the faults of a test, and by what a role may see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from graph.batch import send_once
from graph.budget import Service
from graph.client import Graph
from graph.errors import GraphError, GraphUnavailable, NotFound, NotPermitted, Throttled
from graph.messages import Answer, Method, Request
from graph.paths import path
from graph.permissions import READ_BASIC_PROFILES, READ_USERS, WRITE_PRESENCE
from graph.presence import read_presences, set_presence
from graph.session import microsoft_session
from graph.tokens import Registration, known_by
from graph.users import find_users, list_users
from tests.fakes.graph import FOREVER, NEWER_PRESENCE_WRITES, OFFLINE, Fault
from tests.fakes.openid import new_private_key
from tests.fakes.tls import self_signed
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, TENANT_ID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from graph.batch import Outcome
    from graph.client import TenantGraph
    from tests.fakes.entra import Application, Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime

BUSY = ("Busy", "InACall")
OWN_ID = "00000000-0000-0000-0000-0000000000e5"
OWN_SECRET = "a secret of the customer's own"


@pytest.fixture
def people(tenant: Tenant) -> list[Person]:
    return [tenant.add(f"person{number}@example.com") for number in range(20)]


@pytest.fixture
def application(tenant: Tenant) -> Application:
    return tenant.register(OWN_ID, secret=OWN_SECRET, granted=["Presence.ReadWrite.All", "User.ReadBasic.All"])


@pytest.fixture
async def own(
    microsoft: FakeGraph, identity: Entra, time: SteppedTime, application: Application
) -> AsyncIterator[TenantGraph]:
    """The same tenant, asked by its own application."""
    async with microsoft_session() as session:
        registration = Registration(OWN_ID, identity.url, OWN_SECRET)
        yield Graph(session, registration, microsoft.url, timing=time.timing).tenant(TENANT_ID)


async def busy(graph: TenantGraph, people: Sequence[Person], application_id: str = APP_ID) -> list[Outcome]:
    """One batch."""
    return await send_once(graph, [set_presence(each.object_id, application_id, *BUSY, 60) for each in people])


def throttled(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if isinstance(outcome, Throttled)]


def seen(microsoft: FakeGraph, people: Sequence[Person]) -> list[Person]:
    """Who is shown in a call."""
    return [person for person in people if microsoft.presences.of(person.object_id) == BUSY]


async def test_a_batch_over_the_limit_is_throttled_item_by_item(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, people: list[Person]
) -> None:
    for _ in range(74):
        assert throttled(await busy(ours, people)) == []
    time.now += 12.5
    assert throttled(await busy(ours, people[:15])) == []
    outcomes = await busy(ours, people)

    assert len(throttled(outcomes)) == 15
    assert sum(isinstance(outcome, Answer) for outcome in outcomes) == 5
    assert {outcome.retry_after for outcome in outcomes if isinstance(outcome, Throttled)} == {18}
    assert len(microsoft.presences.writes) == 1500
    time.now += 17.5
    assert throttled(await busy(ours, people)) == []


async def test_by_the_newer_table_ten_thousand_go(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.windows.limits["presenceWrites"] = NEWER_PRESENCE_WRITES
    microsoft.windows.count(TENANT_ID, APP_ID, "presenceWrites", 9_990)
    assert len(throttled(await busy(ours, people))) == 10


async def test_applications_tenants_reads_and_writes_are_counted_by_themselves(
    ours: TenantGraph, own: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.windows.count(TENANT_ID, APP_ID, "presenceWrites", 1_500)
    microsoft.windows.count(OTHER_TENANT_ID, OWN_ID, "presenceWrites", 1_500)
    microsoft.windows.count(TENANT_ID, OWN_ID, "presenceReads", 1_500)

    assert len(throttled(await busy(ours, people))) == 20
    assert throttled(await busy(own, people, OWN_ID)) == []
    assert len(await read_presences(ours, [person.object_id for person in people])) == 20


async def test_how_full_a_window_ever_was_is_told(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person], time: SteppedTime
) -> None:
    await busy(ours, people)
    time.now += 30
    await busy(ours, people[:3])
    assert (microsoft.windows.fullest["presenceWrites"], microsoft.windows.total["presenceWrites"]) == (20, 23)


async def test_what_was_reserved_is_never_throttled_and_what_was_given_back_is_there_again(
    ours: TenantGraph, microsoft: FakeGraph, time: SteppedTime, people: list[Person]
) -> None:
    bucket = ours.budget(Service.PRESENCE_WRITES)
    while (written := len(microsoft.presences.writes)) < 1_600:
        reserved = await bucket.reserve(20, 0.25)
        bucket.give_back(reserved - 10)
        assert throttled(await busy(ours, people[:10])) == []
    rate = Service.PRESENCE_WRITES.rate
    assert time.now - 1000 == pytest.approx((written - rate.burst) / rate.per_second, rel=0.01)


@pytest.mark.parametrize("status", [503, 500, 0])
async def test_down_until_told_otherwise_and_for_one_tenant_only(
    ours: TenantGraph, graph: Graph, microsoft: FakeGraph, other_tenant: Tenant, people: list[Person], *, status: int
) -> None:
    other_tenant.granted.add("Presence.ReadWrite.All")
    theirs = [other_tenant.add("eve@other.example.com")]
    microsoft.faults = [Fault(status, times=FOREVER, tenant_id=TENANT_ID)]
    for _ in range(3):
        assert {type(outcome) for outcome in await busy(ours, people)} == {GraphUnavailable}
    assert isinstance((await busy(graph.tenant(OTHER_TENANT_ID), theirs))[0], Answer)
    assert microsoft.presences.of(people[0].object_id) == OFFLINE

    microsoft.faults.clear()
    assert {type(outcome) for outcome in await busy(ours, people)} == {Answer}


async def test_every_second_item_is_throttled(ours: TenantGraph, microsoft: FakeGraph, people: list[Person]) -> None:
    microsoft.faults = [Fault(429, "setPresence", times=FOREVER, retry_after=5, every=2)]
    outcomes = await busy(ours, people)
    assert [isinstance(outcome, Throttled) for outcome in outcomes] == [True, False] * 10
    assert seen(microsoft, people) == people[1::2]


async def test_an_item_that_is_lost_was_carried_out(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.faults = [Fault(0, people[3].object_id, lost=True)]
    outcomes = await busy(ours, people)
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, GraphError)] == [3]
    assert str(outcomes[3]) == "Graph: noAnswerInBatch"
    assert seen(microsoft, people) == people


async def test_an_item_that_fails_leaves_the_others_of_its_batch(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.faults = [Fault(500, people[3].object_id)]
    outcomes = await busy(ours, people)
    assert isinstance(outcomes[3], GraphUnavailable)
    assert seen(microsoft, people) == people[:3] + people[4:]


async def test_a_batch_may_be_done_although_its_answer_is_lost(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.faults = [Fault(0, "$batch", done=True)]
    assert {type(outcome) for outcome in await busy(ours, people)} == {GraphUnavailable}
    assert seen(microsoft, people) == people


async def test_a_tenant_that_is_held_holds_up_nobody_else(
    ours: TenantGraph, graph: Graph, microsoft: FakeGraph, other_tenant: Tenant, people: list[Person]
) -> None:
    other_tenant.granted.add("Presence.ReadWrite.All")
    theirs = [other_tenant.add("eve@other.example.com")]
    microsoft.hold(TENANT_ID)
    waiting = asyncio.create_task(busy(ours, people))
    await microsoft.wait_for_requests(1)
    await busy(graph.tenant(OTHER_TENANT_ID), theirs)
    assert (waiting.done(), seen(microsoft, people), seen(microsoft, theirs)) == (False, [], theirs)

    microsoft.release(TENANT_ID)
    await microsoft.presences.wait_for_writes(21)
    assert isinstance((await waiting)[0], Answer)


async def test_a_role_that_is_withdrawn_is_refused_although_the_token_names_it(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    assert isinstance((await busy(ours, people))[0], Answer)
    microsoft.withdrawn[TENANT_ID] = {"Presence.ReadWrite.All"}
    (refused, *_) = await busy(ours, people)
    assert isinstance(refused, NotPermitted)
    assert refused.permission is WRITE_PRESENCE


async def test_a_tenants_own_application_has_its_own_roles_and_session(
    own: TenantGraph, graph: Graph, microsoft: FakeGraph, tenant: Tenant, people: list[Person]
) -> None:
    tenant.granted = set()
    await busy(own, people, OWN_ID)
    assert seen(microsoft, people) == people
    assert {write.application_id for write in microsoft.presences.writes} == {OWN_ID}
    assert microsoft.presences.session(people[0], OWN_ID) == BUSY
    assert microsoft.presences.session(people[0], APP_ID) is None
    assert isinstance((await busy(graph.tenant(TENANT_ID), people))[0], NotPermitted)


async def test_it_is_unknown_in_another_tenant(
    own: TenantGraph, microsoft: FakeGraph, identity: Entra, people: list[Person]
) -> None:
    async with microsoft_session() as session:
        elsewhere = Graph(session, Registration(OWN_ID, identity.url, OWN_SECRET), microsoft.url)
        (refused, *_) = await busy(elsewhere.tenant(OTHER_TENANT_ID), people, OWN_ID)
    assert str(refused) == "Graph: unauthorized_client"


async def test_a_secret_that_is_revoked_gives_no_further_token(
    own: TenantGraph, application: Application, people: list[Person], time: SteppedTime
) -> None:
    assert isinstance((await busy(own, people, OWN_ID))[0], Answer)
    application.secrets = {"another one"}
    assert isinstance((await busy(own, people, OWN_ID))[0], Answer), "a token lives on"
    time.now += 3600
    (refused, *_) = await busy(own, people, OWN_ID)
    assert isinstance(refused, GraphUnavailable)
    assert (refused.code, refused.undone) == ("invalid_client", True)


async def test_its_certificate_serves_as_well_and_that_of_another_does_not(
    microsoft: FakeGraph, identity: Entra, tenant: Tenant, people: list[Person], tmp_path: Path
) -> None:
    credentials = []
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        files = self_signed(tmp_path / name, new_private_key())
        credentials.append((files.certificate.read_bytes(), files.certificate.read_text() + files.key.read_text()))
    tenant.register(OWN_ID, certificate=credentials[0][0], granted=["Presence.ReadWrite.All"])
    outcomes = []
    async with microsoft_session() as session:
        for _, credential in credentials:
            asked = Graph(session, known_by(OWN_ID, identity.url, credential), microsoft.url).tenant(TENANT_ID)
            outcomes.append((await busy(asked, people, OWN_ID))[0])
    assert isinstance(outcomes[0], Answer)
    assert str(outcomes[1]) == "Graph: invalid_client"


async def test_a_benchmark_keeps_only_what_was_written(
    ours: TenantGraph, microsoft: FakeGraph, people: list[Person]
) -> None:
    microsoft.remembers = False
    await busy(ours, people)
    assert (microsoft.calls, microsoft.tenants, microsoft.headers) == ([], [], [])
    assert [write.object_id for write in reversed(microsoft.presences.writes)] == [each.object_id for each in people]


async def test_a_person_is_found_by_their_present_name_alone(ours: TenantGraph, tenant: Tenant) -> None:
    async def found(name: str) -> str | None:
        try:
            return str((await ours.send(Request(Method.GET, path("users", name), READ_USERS))).body["id"])
        except NotFound:
            return None

    ada, bob = tenant.add("ada@example.com"), tenant.add("bob@example.com")
    assert await found("Ada@Example.com") == ada.object_id
    ada.upn, bob.upn = "countess@example.com", "ada@example.com"
    assert [await found(name) for name in ("bob@example.com", "ada@example.com", "countess@example.com")] == [
        None, bob.object_id, ada.object_id,
    ]  # fmt: skip
    tenant.people.remove(bob)
    assert [await found(name) for name in ("ada@example.com", bob.object_id)] == [None, None]


async def test_basic_profiles_name_people_and_nothing_more(own: TenantGraph, tenant: Tenant) -> None:
    ada = tenant.add("ada@example.com", mail="ada@mail.example.com", work=("201",), mobile="+33612345678")
    assert [user.mail async for user in list_users(own)] == ["ada@mail.example.com"]
    assert [user.object_id for user in await find_users(own, "ada@mail.example.com")] == [ada.object_id]
    told = (await own.send(Request(Method.GET, path("users", ada.upn), READ_BASIC_PROFILES))).body
    assert (told["userPrincipalName"], told["mobilePhone"], told["businessPhones"]) == (ada.upn, None, None)


async def test_basic_profiles_are_filtered_by_nothing_else(own: TenantGraph, application: Application) -> None:
    query = path("users", filter="displayName eq 'Ada' or accountEnabled eq 'true'")
    with pytest.raises(NotPermitted) as refused:
        await own.send(Request(Method.GET, query, READ_BASIC_PROFILES))
    assert refused.value.code == "Authorization_RequestDenied"
    application.granted.add("User.Read.All")
    await own.tokens.fresh()
    assert (await own.send(Request(Method.GET, query, READ_BASIC_PROFILES))).body["value"] == []


async def test_a_tenant_may_not_let_that_role_list_anybody(own: TenantGraph, microsoft: FakeGraph) -> None:
    microsoft.basic_profiles = False
    with pytest.raises(NotPermitted):
        await anext(list_users(own))
