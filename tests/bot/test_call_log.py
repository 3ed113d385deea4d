"""The call log in the chat, and the buttons of its card."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from store.directory import Directory
from tests.bot.conftest import PUBLIC_URL, actions_of, record, texts_of
from tests.cloudlink.conftest import inbound, outbound

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

CARD = "application/vnd.microsoft.card.adaptive"


def digits(card: dict[str, Any]) -> str:
    """The card's texts without spaces, so that numbers are found however they are grouped."""
    return texts_of(card).replace(" ", "").replace("\u202f", "").replace("\xa0", "")


async def test_the_call_log_shows_ones_own_calls_and_links_to_the_dial_page(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    await record(database, company.desk, inbound("c1", caller="+33199000011"), outbound("c2", 1))
    await record(database, company.warehouse, inbound("c3", caller="+33199000033"))

    await signed_in.write("call log")

    card = teams.taken[0].card
    assert "+33199000011" in digits(card)
    assert "+33199000002" in digits(card)
    assert "+33199000033" not in digits(card)
    links = [action["url"] for action in actions_of(card) if action["type"] == "Action.OpenUrl"]
    assert len(links) == 2
    assert all(link.startswith(f"{PUBLIC_URL}/dial/") and "33199" not in link for link in links)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("missed calls", {"1"}), ("call log incoming", {"1", "2"}), ("call log outgoing", {"3"})],
)
async def test_each_list_holds_its_kind(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, *, text: str, shown: set[str]
) -> None:
    await record(
        database,
        company.desk,
        inbound("c1", 1, answered=False, caller="+33199000091"),
        inbound("c2", 2, caller="+33199000092"),
        replace(outbound("c3", 3), to="+33199000093"),
    )

    await signed_in.write(text)

    card = digits(teams.taken[0].card)
    assert {number for number in "123" if f"+3319900009{number}" in card} == shown


async def test_a_button_is_answered_with_the_card_that_takes_its_place(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    await record(database, company.desk, inbound("c1", answered=False), outbound("c2", 1))
    await signed_in.write("call log")

    answer = await signed_in.press({"verb": "callLog", "kind": "missed", "cursor": None})

    assert answer["type"] == CARD
    assert "+33199000001" in digits(answer["value"])
    assert "+33199000002" not in digits(answer["value"])
    assert len(teams.taken) == 1


async def test_every_button_of_the_card_leads_to_a_card(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    await record(database, company.desk, *(inbound(f"c{n}", n, caller=f"+3319900{n:04}") for n in range(25)))
    await signed_in.write("call log")

    executes = [action for action in actions_of(teams.taken[0].card) if action["type"] == "Action.Execute"]
    answers = [await signed_in.press(action["data"]) for action in executes]

    assert len(executes) >= 5
    assert {answer["type"] for answer in answers} == {CARD}


async def test_paging_reaches_the_last_call_and_comes_back(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    numbers = [f"+3319900{n:04}" for n in range(25)]
    await record(database, company.desk, *(inbound(f"c{n}", n, caller=number) for n, number in enumerate(numbers)))
    await signed_in.write("call log")
    card = teams.taken[0].card
    seen = [digits(card)]

    while older := [a for a in actions_of(card) if a.get("data", {}).get("cursor")]:
        card = (await signed_in.press(older[-1]["data"]))["value"]
        if digits(card) in seen:
            break
        seen.append(digits(card))

    assert len(seen) == 3
    assert all(any(number in page for page in seen) for number in numbers)


async def test_a_client_that_only_submits_has_its_message_updated(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    await record(database, company.desk, inbound("c1"))
    await signed_in.write("call log")

    data = {"verb": "callLog", "kind": "incoming", "cursor": None}
    await signed_in.post(signed_in.activity("message", value=data, replyToId="1:1"))

    updated = teams.taken[1]
    assert (updated.method, updated.activity_id) == ("PUT", "1:1")
    assert "+33199000001" in digits(updated.card)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"verb": "deleteEverything"},
        {"verb": "callLog"},
        {"verb": "callLog", "kind": "secret"},
        {"verb": "callLog", "kind": ["all"]},
        {"verb": "callLog", "kind": "all", "cursor": "junk"},
        {"verb": "callLog", "kind": "all", "cursor": 7},
        {"verb": "callLog", "kind": "all", "cursor": "x" * 5_000},
        {"verb": ["callLog"], "kind": "all"},
    ],
)
async def test_data_that_no_card_of_ours_holds_is_told_to_be_out_of_date(
    signed_in: Chat, company: Company, database: Database, data: dict[str, Any]
) -> None:
    await record(database, company.desk, inbound("c1"))
    await signed_in.write("help")

    answer = await signed_in.press(data)

    assert "out of date" in texts_of(answer["value"])
    assert "+33199000001" not in digits(answer["value"])


async def test_somebody_elses_card_shows_nothing(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    """A colleague, signed in too, presses a button in a conversation that is not theirs."""
    await record(database, company.desk, inbound("c1"))
    await record(database, company.warehouse, inbound("c2", caller="+33199000099"))
    await signed_in.write("call log")
    colleague = replace(signed_in, user_id="29:warehouse")
    await Directory(database, clock).connect(colleague.user, company.warehouse.principal)

    answer = await colleague.press({"verb": "callLog", "kind": "all", "cursor": None})

    assert "somebody else" in texts_of(answer["value"])
    assert "33199" not in digits(answer["value"])


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
async def test_a_card_that_was_forwarded_to_a_group_shows_nothing_there(
    signed_in: Chat, company: Company, database: Database, kind: str
) -> None:
    await record(database, company.desk, inbound("c1"))
    await signed_in.write("call log")

    answer = await replace(signed_in, kind=kind).press({"verb": "callLog", "kind": "all", "cursor": None})

    assert "33199" not in digits(answer["value"])


async def test_after_signing_out_the_buttons_of_an_old_card_show_nothing(
    signed_in: Chat, company: Company, database: Database
) -> None:
    await record(database, company.desk, inbound("c1"))
    await signed_in.write("call log")
    await signed_in.write("sign out")

    answer = await signed_in.press({"verb": "callLog", "kind": "all", "cursor": None})

    assert "33199" not in digits(answer["value"])


async def test_a_zone_that_nobody_knows_gives_way_to_the_accounts(
    signed_in: Chat, teams: FakeConnector, database: Database, company: Company
) -> None:
    await record(database, company.desk, inbound("c1"))
    windows = [{"type": "clientInfo", "timezone": "Romance Standard Time", "platform": "Windows"}]
    await signed_in.write("call log")
    await signed_in.write("call log", entities=windows)

    assert texts_of(teams.taken[1].card) == texts_of(teams.taken[0].card)
