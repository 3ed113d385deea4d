"""The app in the catalogue, and on people's Teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph.apps import (
    CatalogueApp,
    Installation,
    find_in_catalogue,
    installation,
    installing,
)
from graph.batch import send_all
from graph.errors import GraphError, NotPermitted, Throttled
from graph.permissions import INSTALL_ITSELF, READ_CATALOGUE
from tests.fakes.graph import App, Fault
from tests.graph.conftest import OTHER_TENANT_ID, TENANT_ID

if TYPE_CHECKING:
    from graph.client import Graph, TenantGraph
    from tests.fakes.entra import Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime

MANIFEST_ID = "33333333-0000-0000-0000-000000000001"
APP = App("22222222-0000-0000-0000-000000000001", MANIFEST_ID)
STORE = App(MANIFEST_ID, MANIFEST_ID, distribution="store")


@pytest.fixture
def person(tenant: Tenant, microsoft: FakeGraph) -> Person:
    microsoft.catalogue[TENANT_ID] = [STORE, APP]
    return tenant.add("ada@example.com")


async def install(graph: TenantGraph, user_id: str, app_id: str) -> Installation:
    try:
        return installation(await graph.send(installing(graph, user_id, app_id)))
    except GraphError as error:
        return installation(error)


async def test_the_companys_own_app_is_found_by_its_manifest(graph: Graph, ours: TenantGraph, person: Person) -> None:
    assert await find_in_catalogue(ours, MANIFEST_ID) == CatalogueApp(APP.app_id, APP.name)
    assert await find_in_catalogue(ours, "x' or externalId eq '" + MANIFEST_ID) is None
    assert await find_in_catalogue(graph.tenant(OTHER_TENANT_ID), MANIFEST_ID) is None


async def test_it_is_installed_once(ours: TenantGraph, microsoft: FakeGraph, person: Person) -> None:
    assert await install(ours, person.object_id, APP.app_id) is Installation.INSTALLED
    assert await install(ours, person.object_id, APP.app_id) is Installation.ALREADY_INSTALLED
    assert microsoft.installed == {(person.object_id, APP.app_id)}


async def test_an_answer_that_is_lost_does_no_harm(ours: TenantGraph, microsoft: FakeGraph, person: Person) -> None:
    microsoft.faults = [Fault(0, where="POST /users", done=True)]
    assert await install(ours, person.object_id, APP.app_id) is Installation.ALREADY_INSTALLED
    assert microsoft.installed == {(person.object_id, APP.app_id)}


async def test_whoever_cannot_have_it_is_told_apart(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, person: Person
) -> None:
    blocked, without = tenant.add("blocked@example.com"), tenant.add("without@example.com")
    microsoft.blocked = {blocked.object_id}
    microsoft.without_teams = {without.object_id}
    people = [blocked.object_id, without.object_id, "nobody", person.object_id]
    outcomes = await send_all(ours, [installing(ours, object_id, APP.app_id) for object_id in people])

    assert [installation(outcome) for outcome in outcomes] == [
        Installation.BLOCKED,
        Installation.NO_TEAMS,
        Installation.NO_TEAMS,
        Installation.INSTALLED,
    ]


async def test_what_concerns_everybody_is_raised(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, person: Person
) -> None:
    tenant.granted = {"User.Read.All"}
    with pytest.raises(NotPermitted) as installing_refused:
        await install(ours, person.object_id, APP.app_id)
    with pytest.raises(NotPermitted) as reading_refused:
        await find_in_catalogue(ours, MANIFEST_ID)
    assert installing_refused.value.permission is INSTALL_ITSELF
    assert reading_refused.value.permission is READ_CATALOGUE
    microsoft.faults = [Fault(429, retry_after=3600)]
    with pytest.raises(Throttled):
        await install(ours, person.object_id, APP.app_id)


async def test_a_company_is_rolled_out_within_the_limit_of_teams(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, time: SteppedTime, person: Person
) -> None:
    people = [tenant.add(f"person{number}@example.com").object_id for number in range(300)]
    outcomes = await send_all(ours, [installing(ours, object_id, APP.app_id) for object_id in people])
    assert {installation(outcome) for outcome in outcomes} == {Installation.INSTALLED}
    assert len(microsoft.installed) == 300
    assert time.now - 1000 < 16
