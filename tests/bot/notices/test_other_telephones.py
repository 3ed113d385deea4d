"""A call that somebody took on another of their telephones is not missed, and its card is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloudlink.model import CallState, Direction
from cloudlink.uplink import LineChanged
from store.schema import endpoints
from tests.bot.conftest import Chat, actions_of, texts_of
from tests.bot.notices.conftest import CALLER, Site
from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from tests.bot.conftest import Company
    from tests.fakes.connector import FakeConnector


async def test_a_call_answered_on_another_telephone_of_the_person_is_not_missed(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    """The other telephone is still in the conversation, so that there is no record of it yet."""
    from cloudlink.service import facts

    other = {
        "account_id": company.account.account_id,
        "endpoint_id": "other",
        "principal_id": company.desk.principal_id,
        "name": "299",
        "type": "softphone",
        "state": CallState.IDLE,
        "user_availability": "available",
        "message_waiting": False,
        "dnd": False,
    }
    answered = LineChanged("299", site.clock(), state=CallState.CONNECTED)

    def work(connection: Connection) -> None:
        connection.execute(endpoints.insert(), other)
        facts.write(connection, company.account.account_id, [answered], site.clock())

    await database.write(work)
    await site.record(company.desk, site.missed("c1"))
    server = site.server()
    await site.tell(server)
    site.clock.advance(seconds=2)
    await server.worker.tell_due()

    assert teams.requests == []
    assert await site.states() == ["dropped"]


async def test_a_call_recorded_as_answered_on_another_telephone_is_not_missed(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    missed = site.missed("c1")
    answered = replace(missed, call_id="c2", completed=True, billing_time=3.0)
    await site.record(company.desk, answered, missed)

    await site.tell(site.server())

    assert teams.requests == []


async def test_a_card_is_taken_back_when_the_record_shows_that_another_telephone_took_the_call(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    """The record comes when the conversation is over; a later call of that caller is a card of its own."""
    server, missed = site.server(), site.missed("c1")
    await site.record(company.desk, missed)
    await site.tell(server)
    site.clock.advance(minutes=5)
    answered = replace(missed, call_id="c2", completed=True, billing_time=300.0, end_time=site.clock())
    await site.record(company.desk, answered)
    await site.tell(server)

    first, second = teams.taken
    assert (first.method, second.method, second.activity_id) == ("POST", "PUT", "1:1")
    assert "Answered on another of your telephones" in texts_of(second.card)
    assert "Missed call" not in texts_of(second.card)
    assert actions_of(second.card) == []

    await site.record(company.desk, site.missed("c3"))
    await site.tell(server)
    assert [sent.method for sent in teams.taken] == ["POST", "PUT", "POST"]
    assert "times" not in texts_of(teams.taken[2].card)


async def test_of_several_calls_on_a_card_the_missed_ones_stay(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server, first = site.server(), site.missed("c1")
    await site.record(company.desk, first)
    await site.tell(server)
    site.clock.advance(minutes=5)
    await site.record(company.desk, site.missed("c2"))
    await site.tell(server)
    assert "2 times" in texts_of(teams.taken[1].card)
    await site.record(company.desk, replace(first, call_id="c3", completed=True, end_time=site.clock()))
    await site.tell(server)

    last = teams.taken[2]
    assert (last.method, last.activity_id) == ("PUT", "1:1")
    assert "Missed call" in texts_of(last.card)
    assert "times" not in texts_of(last.card)


@pytest.mark.parametrize(
    "other",
    [
        {"created_on": datetime(2026, 3, 2, 13, 50, tzinfo=UTC)},
        {"from_": "+33199000099"},
        {"direction": Direction.OUTBOUND, "from_": "201", "to": CALLER},
    ],
    ids=["a conversation that was there before", "another caller", "called back"],
)
async def test_a_card_stays_for_any_other_conversation(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company, other: dict[str, Any]
) -> None:
    server, missed = site.server(), site.missed("c1")
    await site.record(company.desk, missed)
    await site.tell(server)
    site.clock.advance(minutes=1)
    call = replace(missed, call_id="c2", completed=True, billing_time=60.0, end_time=site.clock())
    await site.record(company.desk, replace(call, **other))
    await site.tell(server)

    assert [sent.method for sent in teams.taken] == ["POST"]
    assert sorted(await site.states()) == ["dropped", "sent"]


async def test_a_card_that_was_deleted_is_not_taken_back(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server, missed = site.server(), site.missed("c1")
    await site.record(company.desk, missed)
    await site.tell(server)
    teams.faults.append(Fault(404, "ActivityNotFoundInConversation"))
    await site.record(company.desk, replace(missed, call_id="c2", completed=True, billing_time=3.0))
    await site.tell(server)

    assert [sent.method for sent in teams.requests] == ["POST", "PUT"]
    assert sorted(await site.states()) == ["dropped", "sent"]
