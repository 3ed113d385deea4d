"""Missed calls as cards: to whom, when, how often, and what happens when Teams or a server is in trouble."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from auth.demo import WithoutToken
from bot.connector import Connector, Patience, connector_session
from bot.notices.assembly import notices
from bot.notices.pace import Pace
from cloudlink.model import Call, CallState, Cause, Direction, User
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.uplink import CallRecorded, LineChanged
from store.call_notes import CallNote, CallNotes
from store.conversations import Conversations
from store.directory import Directory
from store.local_times import QuietHours
from store.outbox import Event
from store.preferences import Preferences, PreferenceStore
from store.schema import endpoints
from store.schema import notices as notice_rows
from store.schema import outbox as events
from tests.bot.conftest import APP_ID, PUBLIC_URL, Chat, actions_of, texts_of
from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.connected_tenants import IsConnected
    from bot.notices.assembly import Notices
    from cloudlink.administration.reports import OwnReports
    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

CALLER = "+33199000011"
HOSTILE = '<script>alert("1")</script>\u202e**[x](https://example.com)** 😀' + "x" * 10_000


@dataclass
class Site:
    """A company at the test's hour, and servers that tell its people of their calls."""

    database: Database
    clock: SteppedClock
    connector: Connector
    told: int = 0

    def server(self, reports: OwnReports | None = None, is_connected: IsConnected | None = None) -> Notices:
        return notices(
            self.database,
            EmbeddedCloudLink(self.database, self.clock),
            self.connector,
            app_id=APP_ID,
            public_url=PUBLIC_URL,
            reports=reports,
            is_connected=is_connected,
            pace=Pace(lambda: self.clock().timestamp()),
            sleep=self._pass,
            now=self.clock,
        )

    async def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    def missed(self, call_id: str, caller: str | None = CALLER, **fields: Any) -> Call:
        """A call that rang until now and nobody answered."""
        began = self.clock() - timedelta(seconds=20)
        known = {"from_number_e164": caller is not None, "from_name": "Supplier", "ring_time": 20.0}
        return Call(
            call_id, Direction.INBOUND, began, from_=caller, to="201", end_time=self.clock(), **{**known, **fields}
        )

    async def record(self, user: User, *calls: Call) -> None:
        from cloudlink.service import facts

        def work(connection: Connection) -> None:
            for call in calls:
                facts.write(connection, user.account_id, [CallRecorded(user.extension or "", call)], self.clock())

        await self.database.write(work)

    async def tell(self, *servers: Notices) -> None:
        """Each server hears every event that there is, as consumers may, and tells what is due."""
        rows = await self.database.scan(
            select(events.c.id, events.c.account_id, events.c.topic, events.c.payload, events.c.created_on)
        )
        for server in servers:
            for row in rows:
                await server.listener.on_event(Event(*row))
            await server.worker.tell_due()

    async def states(self) -> list[str]:
        rows = await self.database.scan(select(notice_rows.c.state).order_by(notice_rows.c.created_on))
        return [row[0] for row in rows]


@pytest.fixture
async def site(database: Database, clock: SteppedClock) -> AsyncIterator[Site]:
    async with connector_session() as session:
        yield Site(database, clock, Connector(session, WithoutToken(), Patience(attempts=1)))


@pytest.fixture
async def reachable(signed_in: Chat, teams: FakeConnector) -> Chat:
    """The front desk, who has written to the bot before."""
    await signed_in.write("help")
    teams.taken.clear()
    teams.requests.clear()
    return signed_in


async def test_a_missed_call_is_told_with_its_caller_time_and_buttons(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await site.record(company.desk, site.missed("c1"))

    await site.tell(site.server())

    (sent,) = teams.taken
    assert (sent.method, sent.conversation_id) == ("POST", reachable.conversation_id)
    text = texts_of(sent.card)
    assert "Missed call" in text
    assert "Supplier" in text
    assert CALLER in text
    assert "2 Mar" in text
    assert "15:04" in text
    assert sent.activity["summary"] == "Missed call from Supplier"
    call, *others = actions_of(sent.card)[:1] + [a for a in sent.card["actions"] if a["type"] == "Action.Execute"]
    assert call["title"] == "Call back"
    assert call["url"].startswith(f"{PUBLIC_URL}/dial/")
    assert "Dismiss" in {each["title"] for each in others}
    assert all(set(each["data"]) == {"verb", "call"} for each in others)


async def test_its_call_button_rings_the_desk_phone_of_who_has_chosen_that(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    chosen = Preferences(desk_phone=True)
    await PreferenceStore(database, site.clock).save(company.desk.principal, chosen, zone="UTC")
    await site.record(company.desk, site.missed("c1"))
    await site.tell(site.server())
    (sent,) = teams.taken
    call = actions_of(sent.card)[0]
    assert (call["title"], call["type"], call["verb"]) == ("Call back", "Action.Execute", "deskCall")


async def test_it_is_told_once_by_two_servers_and_after_a_restart(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await site.record(company.desk, site.missed("c1"))

    await site.tell(site.server(), site.server())
    await site.tell(site.server())

    assert len(teams.taken) == 1


async def test_what_waits_when_a_server_stops_is_told_by_the_next(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await site.record(company.desk, site.missed("c1"))
    teams.faults.append(Fault(502))
    await site.tell(site.server())
    assert teams.taken == []

    site.clock.advance(seconds=5)
    await site.tell(site.server())

    assert len(teams.taken) == 1


@pytest.mark.parametrize(
    "call",
    [
        {"completed": True, "billing_time": 5.0},
        {"cause": Cause.REDIRECTED},
        {"cause": Cause.CALL_FORWARD_ALWAYS},
        {"created_on": datetime(2026, 3, 2, 11, 0, tzinfo=UTC), "end_time": datetime(2026, 3, 2, 11, 1, tzinfo=UTC)},
    ],
    ids=["answered", "taken by another", "forwarded", "hours ago"],
)
async def test_what_was_not_missed_or_is_no_news_is_not_told(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company, call: dict[str, Any]
) -> None:
    await site.record(company.desk, replace(site.missed("c1"), **call))

    await site.tell(site.server())

    assert teams.requests == []


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


async def test_several_calls_of_one_caller_are_one_card_that_grows(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server = site.server()
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    for call_id in ("c2", "c3"):
        site.clock.advance(minutes=5)
        await site.record(company.desk, site.missed(call_id))
        await site.tell(server)
    await site.record(company.desk, site.missed("c4", "+33199000012", from_name="Courier"))
    await site.tell(server)
    site.clock.advance(minutes=11)
    await site.record(company.desk, site.missed("c5"))
    await site.tell(server)

    assert [(sent.method, sent.activity_id) for sent in teams.taken] == [
        ("POST", None),
        ("PUT", "1:1"),
        ("PUT", "1:1"),
        ("POST", None),
        ("POST", None),
    ]
    assert "3 times" in texts_of(teams.taken[2].card)
    assert "Courier" in texts_of(teams.taken[3].card)
    assert "times" not in texts_of(teams.taken[4].card)


async def test_calls_that_could_not_be_told_for_a_while_are_one_card(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await site.record(company.desk, *(site.missed(f"c{n}", f"+3319900{n:04}", from_name=None) for n in range(15)))

    await site.tell(site.server())

    (sent,) = teams.taken
    assert "15 missed calls" in texts_of(sent.card)
    assert "Your call log has the others." in texts_of(sent.card)


async def test_withheld_numbers_are_never_taken_for_one_caller(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await site.record(company.desk, site.missed("c1", None, from_name=None), site.missed("c2", None, from_name=None))

    await site.tell(site.server())

    assert [sent.method for sent in teams.taken] == ["POST", "POST"]
    assert not [each for each in actions_of(teams.taken[0].card) if each["type"] == "Action.OpenUrl"]


async def test_hostile_names_stay_text(site: Site, reachable: Chat, teams: FakeConnector, company: Company) -> None:
    await site.record(company.desk, site.missed("c1", from_name=HOSTILE))

    await site.tell(site.server())

    (sent,) = teams.taken
    shown = [run for part in sent.card["body"] for run in part.get("inlines", [])]
    (who,) = [run["text"] for run in shown if "script" in run["text"]]
    assert "\u202e" not in who
    assert len(who) <= 40
    assert "\u202e" not in sent.activity["summary"]


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


async def test_who_signed_out_or_switched_it_off_is_told_nothing(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server = site.server()
    preferences = PreferenceStore(site.database, site.clock)
    await preferences.save(company.desk.principal, Preferences(missed_calls=False), zone="Europe/Paris")
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    await preferences.save(company.desk.principal, Preferences(), zone="Europe/Paris")
    await site.record(company.desk, site.missed("c2"))
    rows = await site.database.scan(select(events.c.id))
    assert rows
    await Directory(site.database, site.clock).disconnect(reachable.user)
    await site.tell(server)

    assert teams.requests == []


async def test_a_tenant_that_was_given_up_is_told_nothing(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    connected = {reachable.user.tenant_id}

    async def is_connected(tenant_id: str) -> bool:
        return tenant_id in connected

    server = site.server(is_connected=is_connected)
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    connected.clear()
    await site.record(company.desk, site.missed("c2", caller="+33199000012"))
    await site.tell(server)

    assert len(teams.taken) == 1
    assert sorted(await site.states()) == ["dropped", "sent"]


async def test_quiet_hours_keep_calls_for_one_card_afterwards(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    """It is 15:05 in Paris."""
    quiet = Preferences(quiet=True, quiet_hours=QuietHours(15 * 60, 16 * 60))
    await PreferenceStore(site.database, site.clock).save(company.desk.principal, quiet, zone="Europe/Paris")
    server = site.server()
    for call_id in ("c1", "c2"):
        await site.record(company.desk, site.missed(call_id, f"+3319900001{call_id[1]}", from_name=None))
        await site.tell(server)
        site.clock.advance(minutes=10)
    assert teams.requests == []

    site.clock.moment = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    await server.worker.tell_due()

    (sent,) = teams.taken
    assert "2 missed calls" in texts_of(sent.card)
    assert "quiet hours" in texts_of(sent.card)
    assert len([each for each in actions_of(sent.card) if each["type"] == "Action.OpenUrl"]) == 2


async def test_dismissing_leaves_a_line_and_the_next_call_is_a_card_of_its_own(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server = site.server()
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    (dismiss,) = [each for each in teams.taken[0].card["actions"] if each["title"] == "Dismiss"]

    answer = await reachable.press(dismiss["data"])

    assert "actions" not in answer["value"]
    assert "Supplier" in texts_of(answer["value"])
    await site.record(company.desk, site.missed("c2"))
    await site.tell(server)
    assert [sent.method for sent in teams.taken] == ["POST", "POST"]


@pytest.mark.parametrize("data", [{}, {"call": "none"}, {"call": 7}, {"call": "x" * 5_000}, {"call": "theirs"}])
async def test_a_button_shows_no_call_of_anybody_else(
    site: Site, reachable: Chat, company: Company, data: dict[str, Any]
) -> None:
    await site.record(company.warehouse, replace(site.missed("theirs"), to="202"))

    answer = await reachable.press({"verb": "missedShow", **data})

    assert "out of date" in texts_of(answer["value"])
    assert CALLER not in texts_of(answer["value"])


async def test_the_card_speaks_the_persons_language(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    chosen = Preferences(language="fr", time_zone="America/New_York")
    await PreferenceStore(site.database, site.clock).save(company.desk.principal, chosen, zone="America/New_York")
    await site.record(company.desk, site.missed("c1"))

    await site.tell(site.server())

    text = texts_of(teams.taken[0].card)
    assert "Appel manqué" in text
    assert "09:04" in text


async def test_a_note_is_written_in_the_card_and_stands_in_the_call_log(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    notes = CallNotes(site.database, site.clock)
    await site.record(company.desk, site.missed("c1"))
    await notes.write(company.desk.principal, "c1", CallNote("Old", ("urgent",)))
    await site.tell(site.server())
    (note,) = [each for each in teams.taken[0].card["actions"] if each["title"] == "Note"]
    form = (await reachable.press(note["data"]))["value"]
    (field,) = [part for part in form["body"] if part["type"] == "Input.Text"]
    assert field["value"] == "Old"
    (save,) = [each for each in form["actions"] if each["title"] == "Save"]

    answer = await reachable.press({**save["data"], field["id"]: HOSTILE[:900]})

    assert "<script>" in texts_of(answer["value"])
    kept = (await notes.of(company.desk.principal, ["c1"]))["c1"]
    assert kept.text.startswith("<script>")
    assert kept.tags == ("urgent",)
    too_long = await reachable.press({**save["data"], field["id"]: "x" * 1_001})
    assert "out of date" in texts_of(too_long["value"])
