"""Missed calls are told once and none is lost when Teams or a server is in trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.conversations import Conversations
from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.bot.notices.conftest import Site
    from tests.fakes.connector import FakeConnector


async def test_a_busy_connector_is_asked_again_when_it_says(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    teams.faults += [Fault(429, headers={"Retry-After": "45"}), Fault(503), Fault(500)]
    server = site.server()
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    site.clock.advance(seconds=44)
    await server.worker.tell_due()
    assert len(teams.requests) == 1

    for _ in range(3):
        site.clock.advance(seconds=11)
        await server.worker.tell_due()

    assert len(teams.requests) == 4
    assert len(teams.taken) == 1


async def test_an_unplugged_connector_is_asked_until_it_is_back(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    conversations = Conversations(site.database, site.clock)
    there = await conversations.of(reachable.user)
    assert there is not None
    gone = {**there.reference, "serviceUrl": "http://127.0.0.1:9/"}
    await conversations.remember(reachable.user, there.conversation_id, gone)
    server = site.server()
    await site.record(company.desk, site.missed("c1"))
    for _ in range(5):
        await site.tell(server)
        site.clock.advance(seconds=20)
    assert await site.states() == ["waiting"]

    await conversations.remember(reachable.user, there.conversation_id, there.reference)
    site.clock.advance(seconds=60)
    await server.worker.tell_due()

    assert len(teams.taken) == 1


@pytest.mark.parametrize("status", [403, 404])
async def test_who_removed_the_app_is_told_nothing_more(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company, database: Database, *, status: int
) -> None:
    teams.faults.append(Fault(status, "BotNotInConversationRoster"))
    server = site.server()
    for call_id in ("c1", "c2"):
        await site.record(company.desk, site.missed(call_id, f"+331990000{call_id[1]}1"))
        await site.tell(server)

    assert len(teams.requests) == 1
    assert await Conversations(database).of(reachable.user) is None
    assert set(await site.states()) == {"dropped"}


async def test_a_message_that_may_have_arrived_is_not_sent_again(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    """A server dies while Teams has the message: its rows are found when their claim has ended."""
    import asyncio

    teams.open.clear()
    dying = site.server()
    await site.record(company.desk, site.missed("c1"))
    telling = asyncio.create_task(site.tell(dying))
    await teams.wait_for_requests(1)
    other = site.server()
    await site.tell(other)
    site.clock.advance(seconds=120)
    await other.worker.tell_due()

    assert len(teams.requests) == 1
    assert await site.states() == ["dropped"]
    teams.open.set()
    await telling


async def test_a_card_that_was_deleted_in_the_chat_is_a_new_one(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server = site.server()
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    site.clock.advance(minutes=1)
    teams.faults.append(Fault(404, "ActivityNotFoundInConversation"))
    await site.record(company.desk, site.missed("c2"))
    await site.tell(server)

    assert [sent.method for sent in teams.taken] == ["POST", "POST"]
