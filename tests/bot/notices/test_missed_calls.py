"""Missed calls as cards: what they say, when calls share one, and what their buttons do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloudlink.model import Cause
from store.call_notes import CallNote, CallNotes
from store.preferences import Preferences, PreferenceStore
from tests.bot.conftest import PUBLIC_URL, Chat, actions_of, texts_of
from tests.bot.notices.conftest import CALLER, HOSTILE, Site
from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Company
    from tests.fakes.connector import FakeConnector


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
