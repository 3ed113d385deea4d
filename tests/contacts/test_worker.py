"""A tenant's contacts come, change and go as the tenant says, and as long as it lets us read them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert

from contacts import rows
from contacts.worker import ContactWorker
from store.people import search
from store.schema import tenants as tenant_rows
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.fakes.graph import Fault
from tests.graph.conftest import TENANT_ID, graph, identity, microsoft, other_tenant, tenant, time

if TYPE_CHECKING:
    from graph.client import Graph
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Tenant
    from tests.fakes.graph import FakeGraph

__all__ = [
    "graph", "identity", "microsoft", "other_tenant", "outbox", "password_hash", "people", "provisioning", "tenant",
    "time",
]  # fmt: skip

SUPPLIES = {
    "id": "00000000-0000-0000-0000-00000000c001",
    "displayName": "Élan Supplies",
    "mail": "sales@example.com",
    "phones": [{"type": "businessFax", "number": "01 99 00 00 00"}, {"type": "business", "number": "01 99 00 12 34"}],
}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


class Desk:
    """An account that has connected the tenant."""

    def __init__(self, database: Database, graph: Graph, clock: SteppedClock, people: People) -> None:
        self.database = database
        self.clock = clock
        self.people = people
        self.worker = ContactWorker(database, graph, clock)

    async def connect(self) -> None:
        row = {"tenant_id": TENANT_ID, "account_id": self.people.account.account_id, "proved_on": self.clock()}
        await self.database.write(lambda connection: connection.execute(insert(tenant_rows), row))

    async def disconnect(self) -> None:
        await self.database.write(lambda connection: connection.execute(delete(tenant_rows)))

    async def found(self, text: str = "") -> list[tuple[str, list[str]]]:
        found = await search.find(self.database, self.people.account.account_id, text, now=self.clock(), limit=50)
        return [(person.name, [number.number for number in person.numbers]) for person in found]

    async def trouble(self) -> str | None:
        (sync,) = await rows.shown(self.database, self.people.account.account_id)
        return sync.trouble


@pytest.fixture
async def desk(
    database: Database, graph: Graph, clock: SteppedClock, people: People, microsoft: FakeGraph, *, tenant: Tenant
) -> Desk:
    tenant.add("warehouse@example.com", work=("202", "+33 1 99 00 02 02"), mobile="06 12 34 56 78")
    tenant.add("nophone@example.com", name="No Phone")
    microsoft.contacts[TENANT_ID] = [SUPPLIES]
    made = Desk(database, graph, clock, people)
    await made.connect()
    return made


EVERYBODY = [
    ("Élan Supplies", ["+33199001234"]),
    ("Front Desk", ["201"]),
    ("Warehouse", ["202", "+33199000202", "+33612345678"]),
]
USERS = [("Front Desk", ["201"]), ("Warehouse", ["202"])]


async def test_people_and_contacts_are_read_and_are_one_with_the_users(desk: Desk) -> None:
    await desk.worker.read_due()

    assert await desk.found() == EVERYBODY
    assert await desk.found("0612") == [EVERYBODY[2]]
    (sync,) = await rows.shown(desk.database, desk.people.account.account_id)
    assert (sync.contacts, sync.finished_on, sync.trouble) == (2, desk.clock(), None)
    assert (
        await search.find(desk.database, desk.people.other_account.account_id, "elan", now=desk.clock(), limit=5) == []
    )


async def test_it_reads_again_after_hours_and_forgets_who_is_gone(desk: Desk, microsoft: FakeGraph) -> None:
    await desk.worker.read_due()
    asked = len(microsoft.calls)
    await desk.worker.read_due()
    assert len(microsoft.calls) == asked

    microsoft.contacts[TENANT_ID] = [SUPPLIES | {"displayName": "Zen Supplies"}, SUPPLIES | {"id": "2", "phones": []}]
    desk.clock.advance(hours=6)
    await desk.worker.read_due()
    assert [name for name, _ in await desk.found()] == ["Front Desk", "Warehouse", "Zen Supplies"]

    microsoft.contacts[TENANT_ID] = []
    desk.clock.advance(hours=6)
    await desk.worker.read_due()
    assert [name for name, _ in await desk.found()] == ["Front Desk", "Warehouse"]


@pytest.mark.parametrize("missing", ["OrgContact.Read.All", "User.Read.All"])
async def test_without_a_permission_nothing_is_read_and_what_was_goes(desk: Desk, tenant: Tenant, missing: str) -> None:
    await desk.worker.read_due()
    tenant.granted.discard(missing)
    desk.clock.advance(hours=6)
    await desk.worker.read_due()

    assert await desk.found() == USERS
    assert await desk.trouble() == "notPermitted"


async def test_a_disconnected_tenants_contacts_go(desk: Desk) -> None:
    await desk.worker.read_due()
    await desk.disconnect()
    await desk.worker.read_due()

    assert await desk.found() == USERS
    assert await rows.shown(desk.database, desk.people.account.account_id) == []


async def test_an_outage_keeps_what_is_there_and_goes_on_where_it_was(desk: Desk, microsoft: FakeGraph) -> None:
    await desk.worker.read_due()
    desk.clock.advance(hours=6)
    microsoft.faults.append(Fault(503, "GET /contacts", times=100))
    await desk.worker.read_due()
    assert (await desk.trouble(), await desk.found()) == ("unreachable", EVERYBODY)

    microsoft.faults.clear()
    desk.clock.advance(minutes=10)
    before = len(microsoft.calls)
    await desk.worker.read_due()
    assert (await desk.trouble(), await desk.found()) == (None, EVERYBODY)
    assert [call.path for call in microsoft.calls[before:]] == ["/contacts"]


async def test_half_an_emoji_in_a_name_stops_nothing(desk: Desk, microsoft: FakeGraph) -> None:
    """Programs that count in UTF-16 cut names in the midst of one; neither database takes what is left."""
    named = {"displayName": "Élan\0 Supplies \ud83d", "mail": "sales\ud83d@example.com"}
    microsoft.contacts[TENANT_ID] = [SUPPLIES | named]
    await desk.worker.read_due()
    assert (await desk.trouble(), await desk.found()) == (None, EVERYBODY)


async def test_every_page_is_read(desk: Desk, tenant: Tenant) -> None:
    for number in range(1100):
        tenant.add(f"person{number}@example.com", name=f"Person {number:04}", mobile=f"+336{number:08}")
    await desk.worker.read_due()
    assert [name for name, _ in await desk.found("person 1099")] == ["Person 1099"]


async def test_no_more_are_kept_than_may_be_and_that_is_said(
    desk: Desk, graph: Graph, tenant: Tenant, database: Database
) -> None:
    for number in range(1100):
        tenant.add(f"person{number}@example.com", name=f"Person {number:04}", mobile=f"+336{number:08}")
    await ContactWorker(database, graph, desk.clock, most=500).read_due()
    assert await desk.trouble() == "tooMany"
    assert await desk.found("elan") == []


async def test_one_server_reads_at_a_time(desk: Desk, database: Database, microsoft: FakeGraph) -> None:
    (reading,) = await rows.due(database, desk.clock())
    until = desk.clock() + timedelta(minutes=5)
    assert await database.write(lambda connection: rows.claim(connection, reading, "s", desk.clock(), until))
    await desk.worker.read_due()
    assert microsoft.calls == []

    desk.clock.advance(minutes=5)
    await desk.worker.read_due()
    assert await desk.found() == EVERYBODY
