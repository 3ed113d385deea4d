"""Who of the tenant an account's users are, read from Graph by the least permission and kept in the store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, select, update

from graph.errors import GraphUnavailable, NotPermitted
from presence.matching import match, match_users
from presence.model import NotSynced
from store.schema import entra_links, presence_matches, tenants, users
from tests.cloudlink.conftest import add_person, outbox, password_hash, people, provisioning
from tests.fakes.graph import Fault
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
    from collections.abc import Sequence

    from sqlalchemy import Executable

    from cloudlink.model import User
    from graph.client import Graph
    from store.database import Database
    from tests.cloudlink.conftest import AddPerson, People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Tenant
    from tests.fakes.graph import FakeGraph

__all__ = [
    "add_person", "graph", "identity", "microsoft", "other_tenant", "outbox", "password_hash", "people", "provisioning",
    "tenant", "time",
]  # fmt: skip


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


class Office:
    """An account whose tenant has granted the least: its users, and whom they are found to be."""

    def __init__(self, database: Database, graph: Graph, clock: SteppedClock, people: People) -> None:
        self.database = database
        self.graph = graph
        self.clock = clock
        self.account_id = people.account.account_id
        self.tenant_id = TENANT_ID

    async def match(self) -> None:
        self.clock.advance(hours=1)
        await match(self.database, self.graph.tenant(self.tenant_id), self.account_id, self.tenant_id, self.clock)

    async def match_users(self, *who: User) -> bool:
        self.clock.advance(hours=1)
        ids = [user.principal_id for user in who]
        graph = self.graph.tenant(self.tenant_id)
        return await match_users(self.database, graph, self.account_id, self.tenant_id, ids, now=self.clock)

    async def found(self, user: User) -> tuple[str | None, str | None, str | None] | None:
        """Object id, reason and candidate."""
        m = presence_matches.c
        rows = await self.database.scan(
            select(m.object_id, m.reason, m.candidate).where(
                m.account_id == self.account_id, m.principal_id == user.principal_id, m.tenant_id == self.tenant_id
            )
        )
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    async def checked(self) -> Sequence[object]:
        """When each user was matched."""
        rows = await self.database.scan(select(presence_matches.c.checked_on).order_by(presence_matches.c.checked_on))
        return [row[0] for row in rows]

    async def execute(self, statement: Executable) -> None:
        await self.database.write(lambda connection: connection.execute(statement))

    async def change(self, user: User, **values: object) -> None:
        await self.execute(update(users).where(users.c.principal_id == user.principal_id).values(**values))

    async def prove(self, tenant_id: str) -> None:
        row = {"tenant_id": tenant_id, "account_id": self.account_id, "proved_on": self.clock()}
        await self.execute(insert(tenants).values(row))

    async def link(self, user: User, object_id: str) -> None:
        """As a sign-in does."""
        row = {"tenant_id": TENANT_ID, "account_id": self.account_id, "linked_on": self.clock()}
        await self.execute(insert(entra_links).values(object_id=object_id, principal_id=user.principal_id, **row))


@pytest.fixture
async def office(database: Database, graph: Graph, clock: SteppedClock, people: People, *, tenant: Tenant) -> Office:
    tenant.granted = {"User.ReadBasic.All"}
    made = Office(database, graph, clock, people)
    await made.prove(TENANT_ID)
    return made


async def test_everybody_is_found_by_name_or_mail_and_the_rest_is_told_why(
    office: Office, people: People, tenant: Tenant, add_person: AddPerson, microsoft: FakeGraph
) -> None:
    desk = tenant.add("Desk@Example.com")
    warehouse = tenant.add("u0002@example.com", mail="warehouse@example.com")
    tenant.add("203@old.example.com", mail="203@old.example.com")
    slip, nobody = await add_person("Slip", "203"), await add_person("Nobody", "204")
    for number in range(1500):
        tenant.add(f"person{number}@example.com")
    await office.match()

    assert await office.found(people.desk) == (desk.object_id, None, None)
    assert await office.found(people.warehouse) == (warehouse.object_id, None, None)
    assert await office.found(slip) == (None, NotSynced.NOBODY, "203@old.example.com")
    assert await office.found(nobody) == (None, NotSynced.NOBODY, None)
    assert await office.found(people.stranger) is None
    assert [call.path for call in microsoft.calls] == ["/users", "/users"]
    assert all("$filter" not in call.query for call in microsoft.calls)


async def test_only_what_is_otherwise_than_before_is_written(office: Office, people: People, tenant: Tenant) -> None:
    tenant.add("desk@example.com")
    await office.match()
    first = office.clock()
    tenant.add("warehouse@example.com")
    await office.match()
    await office.match()
    assert await office.checked() == [first, first + (office.clock() - first) / 2]


async def test_an_object_id_is_kept_until_the_address_changes_or_the_person_goes(
    office: Office, people: People, tenant: Tenant
) -> None:
    first = tenant.add("desk@example.com")
    await office.match()
    first.upn = "renamed@example.com"
    second = tenant.add("desk@example.com")
    await office.match()
    assert await office.found(people.desk) == (first.object_id, None, None)

    tenant.people.remove(first)
    await office.match()
    assert await office.found(people.desk) == (second.object_id, None, None)

    other = tenant.add("other@example.com")
    await office.change(people.desk, email_folded="other@example.com")
    await office.match()
    assert await office.found(people.desk) == (other.object_id, None, None)


async def test_a_sign_in_says_who_somebody_is_and_whoever_was_taken_for_them_is_nobody(
    office: Office, people: People, tenant: Tenant
) -> None:
    desk = tenant.add("desk@example.com")
    await office.match()
    await office.link(people.warehouse, desk.object_id)
    assert await office.match_users(people.warehouse)
    assert await office.found(people.warehouse) == (desk.object_id, None, None)
    assert await office.found(people.desk) == (None, NotSynced.TAKEN, "desk@example.com")


async def test_another_tenant_and_another_account_are_never_looked_at(
    office: Office, people: People, tenant: Tenant, other_tenant: Tenant
) -> None:
    ours, theirs = tenant.add("desk@example.com"), other_tenant.add("desk@example.com")
    night = tenant.add("night@example.com")
    await office.match()
    await office.link(people.warehouse, night.object_id)
    await office.prove(OTHER_TENANT_ID)
    office.tenant_id = OTHER_TENANT_ID
    await office.match()
    assert await office.found(people.desk) == (theirs.object_id, None, None)
    assert await office.found(people.warehouse) == (None, NotSynced.NOBODY, None)
    rows = await office.database.scan(select(presence_matches.c.account_id, presence_matches.c.object_id))
    assert {row[0] for row in rows} == {office.account_id}
    assert ours.object_id not in {row[1] for row in rows}


async def test_a_tenant_that_is_not_the_accounts_writes_nothing(office: Office, people: People, tenant: Tenant) -> None:
    tenant.add("desk@example.com")
    await office.execute(delete(tenants))
    await office.match()
    assert await office.checked() == []


async def test_who_has_no_telephone_or_is_not_active_is_not_matched(
    office: Office, people: People, tenant: Tenant
) -> None:
    tenant.add("desk@example.com")
    await office.match()
    await office.change(people.desk, active=False)
    await office.change(people.warehouse, extension=None)
    await office.match()
    assert await office.checked() == []


async def test_a_new_user_is_found_by_name_at_once_and_by_mail_at_the_next_reading(
    office: Office, people: People, tenant: Tenant, add_person: AddPerson, microsoft: FakeGraph
) -> None:
    desk = tenant.add("desk@example.com")
    warehouse = tenant.add("u0002@example.com", mail="warehouse@example.com")
    assert not await office.match_users(people.desk, people.warehouse)
    assert await office.found(people.desk) == (desk.object_id, None, None)
    assert await office.found(people.warehouse) == (None, NotSynced.NOT_MATCHED_YET, None)
    assert {call.path for call in microsoft.calls} == {"/users/desk@example.com", "/users/warehouse@example.com"}

    await office.match()
    assert await office.found(people.warehouse) == (warehouse.object_id, None, None)
    asked = len(microsoft.calls)
    assert await office.match_users(people.desk, people.warehouse)
    assert len(microsoft.calls) == asked


async def test_a_user_that_changes_is_matched_anew_and_one_that_ends_is_forgotten(
    office: Office, people: People, tenant: Tenant, microsoft: FakeGraph
) -> None:
    tenant.add("desk@example.com")
    warehouse = tenant.add("warehouse@example.com")
    await office.match()
    await office.change(people.desk, email_folded="ware@example.com")
    await office.change(people.warehouse, active=False)
    assert not await office.match_users(people.desk, people.warehouse)
    assert await office.found(people.desk) == (None, NotSynced.NOT_MATCHED_YET, None)
    assert await office.found(people.warehouse) is None

    await office.change(people.warehouse, email_folded="w@example.com", active=True)
    await office.change(people.desk, email_folded="warehouse@example.com")
    assert await office.match_users(people.desk)
    assert await office.found(people.desk) == (warehouse.object_id, None, None)


async def test_one_person_is_not_given_to_a_second_user(
    office: Office, people: People, tenant: Tenant, add_person: AddPerson
) -> None:
    desk = tenant.add("201@example.com", mail="desk@example.com")
    await office.match()
    second = await add_person("Second", "205")
    await office.change(second, email_folded="201@example.com")
    assert await office.match_users(second)
    assert await office.found(second) == (None, NotSynced.TAKEN, "201@example.com")
    assert await office.found(people.desk) == (desk.object_id, None, None)


async def test_many_at_once_are_matched_with_everybody(
    office: Office, tenant: Tenant, add_person: AddPerson, microsoft: FakeGraph
) -> None:
    made = [await add_person(f"Person {number}", str(number)) for number in range(300, 321)]
    person = tenant.add("u@example.com", mail="320@example.com")
    assert await office.match_users(*made)
    assert await office.found(made[-1]) == (person.object_id, None, None)
    assert [call.path for call in microsoft.calls] == ["/users"]


async def test_an_address_is_never_more_than_a_name(
    office: Office, people: People, tenant: Tenant, microsoft: FakeGraph
) -> None:
    tenant.add("desk@example.com")
    for address in (
        "../groups@example.com",
        "desk@example.com/presence",
        "$desk@example.com",
        "desk@example.com?$top=1",
    ):
        await office.change(people.desk, email_folded=address)
        assert not await office.match_users(people.desk)
        assert await office.found(people.desk) == (None, NotSynced.NOT_MATCHED_YET, None)
    assert [call.path for call in microsoft.calls] == ["/users/desk@example.com?$top=1"]
    assert {call.query["$select"] for call in microsoft.calls} == {"id,userPrincipalName,mail,displayName"}


async def test_troubles_of_graph_are_told_and_leave_what_was_found(
    office: Office, people: People, tenant: Tenant, microsoft: FakeGraph
) -> None:
    desk = tenant.add("desk@example.com")
    for number in range(1500):
        tenant.add(f"person{number}@example.com")
    await office.match()
    microsoft.faults.append(Fault(503, "GET /users", times=100))
    with pytest.raises(GraphUnavailable):
        await office.match()
    with pytest.raises(GraphUnavailable):
        await office.match_users(people.warehouse)
    microsoft.faults.clear()
    microsoft.faults.append(Fault(403, "GET /users"))
    with pytest.raises(NotPermitted):
        await office.match()
    assert await office.found(people.desk) == (desk.object_id, None, None)


async def test_a_user_that_goes_or_changes_meanwhile_spoils_nothing(
    office: Office, people: People, tenant: Tenant, add_person: AddPerson, microsoft: FakeGraph
) -> None:
    gone = await add_person("Gone", "206")
    desk = tenant.add("desk@example.com")
    await office.match()
    assert len(await office.checked()) == 3
    microsoft.open.clear()
    reading = asyncio.create_task(office.match())
    await microsoft.wait_for_requests(2)
    await office.execute(delete(users).where(users.c.principal_id == gone.principal_id))
    microsoft.open.set()
    await reading
    assert len(await office.checked()) == 2
    assert await office.found(people.desk) == (desk.object_id, None, None)


async def test_thousands_in_many_chunks(office: Office, people: People, tenant: Tenant) -> None:
    row = {
        "account_id": office.account_id,
        "name": "Person",
        "name_folded": "person",
        "role": "USER",
        "active": True,
        "created_on": office.clock(),
    }
    rows = [
        row
        | {"principal_id": f"p{n}", "email": f"p{n}@x", "email_folded": f"p{n}@example.com", "extension": str(1000 + n)}
        for n in range(2100)
    ]
    await office.database.write(lambda connection: connection.execute(insert(users), rows))
    for number in range(0, 2100, 2):
        tenant.add(f"p{number}@example.com")
    await office.match()
    m = presence_matches.c
    matched = await office.database.scan(select(m.principal_id).where(m.object_id.is_not(None)))
    assert {each[0] for each in matched} == {f"p{number}" for number in range(0, 2100, 2)}
    assert len(await office.checked()) == 2102
