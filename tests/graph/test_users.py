"""People and groups, page after page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from graph.client import Graph
from graph.errors import GraphError, NotFound, NotPermitted
from graph.messages import Method, Request
from graph.paging import items
from graph.paths import path
from graph.permissions import READ_BASIC_PROFILES, READ_GROUP_MEMBERS, READ_USERS
from graph.session import microsoft_session
from graph.tokens import Registration
from graph.users import User, find_users, list_members, list_users, read_user
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, SECRET, TENANT_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from graph.client import TenantGraph
    from tests.fakes.entra import Entra, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime


async def test_everybody_is_listed_over_three_pages(ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant) -> None:
    people = [tenant.add(f"person{number}@example.com", mail="x@example.com") for number in range(2500)]
    listed = [user async for user in list_users(ours)]

    assert [user.object_id for user in listed] == [person.object_id for person in people]
    assert listed[7] == User(people[7].object_id, people[7].upn, people[7].mail, people[7].name)
    assert len(microsoft.calls) == 3
    assert all(call.query["$select"] == "id,userPrincipalName,mail,displayName" for call in microsoft.calls)


async def test_the_basic_permission_lists_everybody_and_reads_one(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant
) -> None:
    tenant.granted = {"User.ReadBasic.All"}
    person = tenant.add("o'brien@example.com", mail="brien@example.com")
    expected = User(person.object_id, person.upn, person.mail, person.name)
    assert [user async for user in list_users(ours, READ_BASIC_PROFILES)] == [expected]
    for name in (person.object_id, "O'Brien@Example.com"):
        assert await read_user(ours, name) == expected
    asked = len(microsoft.calls)
    for nobody in ("brien@example.com", "o'brien@example.com/presence", "$value"):
        with pytest.raises(NotFound):
            await read_user(ours, nobody)
    assert [call.path for call in microsoft.calls[asked:]] == ["/users/brien@example.com"]


async def test_tenants_never_meet(graph: Graph, tenant: Tenant, other_tenant: Tenant) -> None:
    tenant.add("ada@example.com")
    theirs = other_tenant.add("eve@other.example.com")
    assert [user.object_id async for user in list_users(graph.tenant(OTHER_TENANT_ID))] == [theirs.object_id]


async def test_a_person_is_found_by_either_address(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.add("someone.else@example.com", mail="else@example.com")
    person = tenant.add("o'brien@example.com", mail="brien@mail.example.com")
    for address in ("o'brien@example.com", "O'Brien@Example.com", "brien@mail.example.com"):
        assert [user.object_id for user in await find_users(ours, address)] == [person.object_id]
    assert await find_users(ours, "nobody@example.com") == []


async def test_an_address_never_becomes_a_filter(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.add("ada@example.com")
    for hostile in ("x' or userPrincipalName eq 'ada@example.com", "x'&$top=1", "x' or '1' eq '1"):
        assert await find_users(ours, hostile) == []


async def test_someone_elses_mail_may_be_someones_name(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.add("ada@example.com")
    tenant.add("bob@example.com", mail="ada@example.com")
    assert len(await find_users(ours, "ada@example.com")) == 2


async def test_a_groups_people_without_its_devices(ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant) -> None:
    people = [tenant.add(f"person{number}@example.com") for number in range(3)]
    microsoft.groups[TENANT_ID, "group-1"] = people[:2]
    listed = [user.object_id async for user in list_members(ours, "group-1")]
    assert listed == [person.object_id for person in people[:2]]
    with pytest.raises(NotFound):
        await anext(list_members(ours, "another group"))


async def test_the_least_permission_is_named_when_it_is_missing(
    ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant
) -> None:
    microsoft.groups[TENANT_ID, "g"] = []
    tenant.granted = {"Presence.ReadWrite.All"}
    with pytest.raises(NotPermitted) as users:
        await find_users(ours, "ada@example.com")
    with pytest.raises(NotPermitted) as user:
        await read_user(ours, "ada@example.com")
    with pytest.raises(NotPermitted) as members:
        await anext(list_members(ours, "g"))
    wanted = [refused.value.permission for refused in (users, user, members)]
    assert wanted == [READ_USERS, READ_BASIC_PROFILES, READ_GROUP_MEMBERS]


LISTING = Request(Method.GET, path("users"), READ_USERS)


def saying(body: Callable[[str], object]) -> Handler:
    """A Graph that answers ``body`` of its own address to everything."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body(str(request.url.origin())))

    return answer


async def listed(identity: Entra, time: SteppedTime, answer: Handler) -> list[object]:
    """What paging makes of the answers of such a Graph."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server, microsoft_session() as session:
        url = identity.graph_url = str(server.make_url("/")).rstrip("/")
        odd = Graph(session, Registration(APP_ID, identity.url, SECRET), url, timing=time.timing)
        return [item async for item in items(odd.tenant(TENANT_ID), LISTING)]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.com/v1.0/users?$skiptoken=a",
        "//evil.example.com/v1.0/users",
        "{url}@evil.example.com/v1.0/users",
        "{url}.evil.example.com/v1.0/users",
        "{url}/beta/users",
        "{url}/v1.0evil/users",
        "/v1.0/users",
        "file:///etc/passwd",
        "http://[::1/v1.0/users",
    ],
)
async def test_a_link_that_leads_elsewhere_is_not_followed(identity: Entra, time: SteppedTime, link: str) -> None:
    with pytest.raises(GraphError, match="foreignLink"):
        await listed(identity, time, saying(lambda url: {"value": [], "@odata.nextLink": link.replace("{url}", url)}))


async def test_a_redirect_is_not_followed(identity: Entra, time: SteppedTime) -> None:
    asked: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    with pytest.raises(GraphError) as refused:
        await listed(identity, time, redirect)
    assert refused.value.status == 307
    assert asked == ["/v1.0/users"]


async def test_links_in_a_circle_end(identity: Entra, time: SteppedTime) -> None:
    with pytest.raises(GraphError, match="circularLink"):
        await listed(identity, time, saying(lambda url: {"value": [{}], "@odata.nextLink": f"{url}/v1.0/users?$s=a"}))


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": "text"}, [], "text", None, 7])
async def test_an_answer_that_is_no_list_is_refused(identity: Entra, time: SteppedTime, body: object) -> None:
    with pytest.raises(GraphError, match="malformedAnswer"):
        await listed(identity, time, saying(lambda _: body))


async def test_an_answer_beyond_all_measure_is_refused(identity: Entra, time: SteppedTime) -> None:
    with pytest.raises(GraphError, match="answerTooLarge"):
        await listed(identity, time, saying(lambda _: {"value": ["x" * 17 * 1024 * 1024]}))


async def test_an_expired_page_token_is_an_error(ours: TenantGraph, microsoft: FakeGraph) -> None:
    gone = replace(LISTING, path=ours.relative(f"{microsoft.url}/v1.0/users?$skiptoken=gone"))
    with pytest.raises(GraphError) as expired:
        await ours.send(gone)
    assert expired.value.code == "Directory_ExpiredPageToken"
