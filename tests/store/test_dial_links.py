"""A link stands for a number without showing it, and lives as long as its record."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from store.dial_links import DialLink, DialLinks
from store.schema import calls
from store.schema import dial_links as rows
from tests.cloudlink.conftest import inbound, outbound

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock


@pytest.fixture
def links(database: Database, clock: SteppedClock) -> DialLinks:
    return DialLinks(database, clock)


async def test_leads_to_the_other_party_of_each_call(links: DialLinks, people: People, record: Record) -> None:
    for call in (inbound("in"), outbound("out")):
        await record(people.desk, call)
    who = people.desk.principal

    made = await links.for_calls(who, [inbound("in"), outbound("out")])

    assert await links.find(made["in"]) == DialLink(who.account_id, who.principal_id, "+33199000001", None)
    assert await links.find(made["out"]) == DialLink(who.account_id, who.principal_id, "+33199000002", None)


async def test_a_withheld_number_has_no_link(links: DialLinks, people: People) -> None:
    assert await links.for_calls(people.desk.principal, [inbound("c1", caller=None)]) == {}
    assert await links.for_calls(people.desk.principal, []) == {}


async def test_the_same_call_keeps_its_link_also_when_asked_at_once(
    links: DialLinks, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    who = people.desk.principal
    at_once = await asyncio.gather(*(links.for_calls(who, [inbound("c1")]) for _ in range(5)))
    later = await links.for_calls(who, [inbound("c1"), inbound("c2")])
    assert {made["c1"] for made in at_once} == {later["c1"]}
    assert later.keys() == {"c1", "c2"}


async def test_two_people_have_their_own_links_to_calls_of_one_id(links: DialLinks, people: People) -> None:
    mine = await links.for_calls(people.desk.principal, [inbound("c1")])
    theirs = await links.for_calls(people.stranger.principal, [inbound("c1")])
    assert mine != theirs


async def test_dies_with_its_record(database: Database, links: DialLinks, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))
    made = await links.for_calls(people.desk.principal, [inbound("c1")])
    await database.write(lambda connection: connection.execute(delete(calls)))
    assert await links.find(made["c1"]) is None


async def test_a_link_to_a_number_lives_as_long_as_told(
    database: Database, links: DialLinks, people: People, clock: SteppedClock
) -> None:
    who = people.desk.principal
    made = await links.for_number(who, "+33199000003", "Front Desk", timedelta(hours=1))
    assert await links.find(made) == DialLink(who.account_id, who.principal_id, "+33199000003", "Front Desk")

    clock.advance(hours=1)

    assert await links.find(made) is None
    another = await links.for_number(who, "201", None, timedelta(hours=1))
    assert [row[0] for row in await database.read(select(rows.c.dial_id))] == [another]


async def test_a_call_whose_record_another_server_keeps_can_be_called_back_for_three_months(
    database: Database, links: DialLinks, people: People, clock: SteppedClock
) -> None:
    """With the hosted CloudLink no record is ours. A call that is shown again has a link that lasts."""
    who, call = people.desk.principal, inbound("c1")
    made = (await links.for_calls(who, [call]))["c1"]
    assert await links.find(made) == DialLink(who.account_id, who.principal_id, "+33199000001", None)

    clock.advance(days=89)
    assert await links.find(made) is not None
    assert (await links.for_calls(who, [call]))["c1"] == made
    clock.advance(days=89)
    assert await links.find(made) is not None
    clock.advance(days=2)
    assert await links.find(made) is None

    another = (await links.for_calls(who, [call]))["c1"]
    assert await links.find(another) is not None
    assert [row[0] for row in await database.read(select(rows.c.dial_id))] == [another]


async def test_a_link_without_a_record_from_before_they_were_told_apart_works_again(
    database: Database, links: DialLinks, people: People
) -> None:
    made = await links.for_calls(people.desk.principal, [inbound("c1")])
    await database.write(lambda connection: connection.execute(update(rows).values(expires_at=None)))
    assert await links.find(made["c1"]) is None
    assert await links.for_calls(people.desk.principal, [inbound("c1")]) == made
    assert await links.find(made["c1"]) is not None


@pytest.mark.parametrize("dial_id", ["", "unknown", "%", "\x00"])
async def test_an_unknown_id_leads_nowhere(links: DialLinks, people: People, dial_id: str) -> None:
    await links.for_number(people.desk.principal, "201", None, timedelta(hours=1))
    assert await links.find(dial_id) is None


async def test_an_id_cannot_be_guessed(links: DialLinks, people: People) -> None:
    ids = {await links.for_number(people.desk.principal, "201", None, timedelta(hours=1)) for _ in range(50)}
    assert len(ids) == 50
    # 128 random bits in URL-safe base64.
    assert {len(dial_id) for dial_id in ids} == {22}


async def test_numbers_to_share_keep_their_links_while_most_of_the_lifetime_is_left(
    links: DialLinks, people: People, clock: SteppedClock
) -> None:
    who, month = people.desk.principal, timedelta(days=30)
    wanted = [("202", "Warehouse"), ("+33199000001", None), ("202", "Warehouse")]

    first = await links.for_numbers(who, wanted, month)
    clock.advance(days=9)
    again = await links.for_numbers(who, wanted, month)
    clock.advance(days=2)
    later = await links.for_numbers(who, wanted, month)

    assert first == again
    assert first[0] == first[2] != first[1]
    assert not set(first) & set(later)
    assert await links.find(later[1]) == DialLink(who.account_id, who.principal_id, "+33199000001", None)


async def test_a_link_that_ends_soon_is_not_shared(links: DialLinks, people: People) -> None:
    who = people.desk.principal
    soon = await links.for_number(who, "202", None, timedelta(hours=12))

    assert await links.for_numbers(who, [("202", None)], timedelta(days=30)) != [soon]


async def test_links_to_share_are_each_persons_own(links: DialLinks, people: People) -> None:
    wanted, month = [("202", "W" * 500)], timedelta(days=30)
    mine, colleagues, strangers = [
        await links.for_numbers(user.principal, wanted, month)
        for user in (people.desk, people.warehouse, people.stranger)
    ]

    assert len({*mine, *colleagues, *strangers}) == 3
    assert await links.for_numbers(people.desk.principal, [], month) == []
