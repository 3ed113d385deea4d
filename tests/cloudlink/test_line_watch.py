"""A gateway that goes away is told of once, for all of its telephones; so is one that is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from cloudlink.model import LineState
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.line_watch import LineWatch
from cloudlink.topics import LINES_KNOWN
from store.schema import gateways
from store.schema import outbox as events
from tests.lines import linked, unlink

if TYPE_CHECKING:
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import Line, People
    from tests.conftest import SteppedClock


@pytest.fixture
def watch(database: Database, outbox: Outbox, clock: SteppedClock) -> LineWatch:
    return LineWatch(database, outbox, clock)


async def told(database: Database) -> list[bool]:
    rows = await database.read(select(events.c.payload).where(events.c.topic == LINES_KNOWN).order_by(events.c.id))
    return [row[0]["known"] for row in rows]


async def link(database: Database, people: People, clock: SteppedClock) -> None:
    await database.write(lambda connection: linked(connection, people.account.account_id, clock()))


async def test_what_a_gateway_told_is_unknown_everywhere_while_it_is_away(
    database: Database, people: People, line: Line, clock: SteppedClock
) -> None:
    cloudlink, who = EmbeddedCloudLink(database, clock), people.desk.principal
    await line(people.desk, state="connected", dnd=True)
    await line(people.stranger, state="connected")

    await unlink(database, people.account.account_id)

    (own,) = await cloudlink.endpoints(who)
    assert (own.state, own.dnd) == ("unknown", False)
    assert await cloudlink.line_states(who, [who.principal_id]) == {who.principal_id: LineState.UNKNOWN}
    assert (await cloudlink.find_people(who, "front")).items[0].state == LineState.UNKNOWN
    # The other company's gateway is another one.
    stranger = people.stranger.principal
    assert await cloudlink.line_states(stranger, [stranger.principal_id]) == {stranger.principal_id: LineState.ON_CALL}

    await link(database, people, clock)
    (own,) = await cloudlink.endpoints(who)
    assert (own.state, own.dnd) == ("connected", True)


async def test_a_gateway_that_is_gone_is_told_once_and_once_when_it_is_back(
    watch: LineWatch, database: Database, people: People, line: Line, clock: SteppedClock
) -> None:
    await line(people.desk, state="connected")
    await line(people.warehouse, state="connected")
    await watch.look()
    await unlink(database, people.account.account_id)
    for _ in range(10):
        clock.advance(seconds=5)
        await watch.look()
    assert await told(database) == [False]

    await link(database, people, clock)
    await watch.look()
    await watch.look()

    assert await told(database) == [False, True]


async def test_a_link_that_is_open_again_at_once_is_never_told_to_be_gone(
    watch: LineWatch, database: Database, people: People, line: Line, clock: SteppedClock
) -> None:
    await line(people.desk, state="connected")
    await watch.look()
    await unlink(database, people.account.account_id)
    clock.advance(seconds=5)
    await watch.look()
    await link(database, people, clock)
    await watch.look()

    # Whoever read a line meanwhile reads it again.
    assert await told(database) == [True]


async def test_of_several_servers_one_tells(
    watch: LineWatch, database: Database, outbox: Outbox, people: People, line: Line, *, clock: SteppedClock
) -> None:
    other = LineWatch(database, outbox, clock)
    await line(people.desk, state="connected")
    for each in (watch, other):
        await each.look()
    await unlink(database, people.account.account_id)
    clock.advance(seconds=11)
    for each in (watch, other):
        await each.look()
    await link(database, people, clock)
    for each in (watch, other, LineWatch(database, outbox, clock)):
        await each.look()

    assert await told(database) == [False, True]


async def test_a_link_of_a_server_that_was_killed_is_gone_after_three_minutes(
    watch: LineWatch, database: Database, people: People, line: Line, clock: SteppedClock
) -> None:
    """Nobody noted its end, and nobody notes any more that it is open."""
    await line(people.desk, state="connected")
    await watch.look()
    clock.advance(minutes=3)
    await watch.look()
    assert await told(database) == []
    clock.advance(seconds=1)
    await watch.look()
    assert await told(database) == [False]


async def test_a_gateway_that_was_removed_tells_nothing_any_more(
    watch: LineWatch, database: Database, people: People, line: Line, clock: SteppedClock
) -> None:
    await line(people.desk, state="connected")
    await watch.look()
    await database.write(lambda connection: connection.execute(delete(gateways)))
    await watch.look()
    await watch.look()

    assert await told(database) == [False]
    (own,) = await EmbeddedCloudLink(database, clock).endpoints(people.desk.principal)
    assert own.state == "unknown"


async def test_of_a_pbx_that_tells_nothing_of_lines_nothing_is_told(
    watch: LineWatch, database: Database, people: People, line: Line, clock: SteppedClock
) -> None:
    await line(people.desk, state="idle")
    await database.write(lambda connection: connection.execute(update(gateways).values(pbx="business")))
    await watch.look()
    await unlink(database, people.account.account_id)
    clock.advance(minutes=5)
    await watch.look()

    assert await told(database) == []
