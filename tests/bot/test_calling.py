"""``call``: numbers, names, and what is neither."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cloudlink.service.provision import Provisioning, known_as
from store.dial_links import DialLinks
from store.outbox import Outbox
from tests.bot.conftest import PUBLIC_URL, actions_of, texts_of
from tests.lines import show_line

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector, Sent


async def dialled(sent: Sent, database: Database, clock: SteppedClock) -> tuple[str, str | None]:
    """Number and name behind the one link of a card."""
    (url,) = [action["url"] for action in actions_of(sent.card) if "/dial/" in action.get("url", "")]
    link = await DialLinks(database, clock).find(url.removeprefix(f"{PUBLIC_URL}/dial/"))
    assert link is not None
    return link.number, link.name


@pytest.mark.parametrize("number", ["204", "01 99 00 12 34", "+44 20 7946 0123", "*21"])
async def test_a_number_gets_a_card_whose_button_dials_it(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock, number: str
) -> None:
    await signed_in.write(f"call {number}")

    assert (await dialled(teams.taken[0], database, clock))[0] == number


async def test_a_colleague_is_found_by_a_part_of_the_name(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock
) -> None:
    await signed_in.write("call warehouse east")

    assert await dialled(teams.taken[0], database, clock) == ("202", "Warehouse East")


async def test_who_is_on_the_telephone_is_told_before_they_are_called(
    signed_in: Chat, teams: FakeConnector, database: Database, company: Company, clock: SteppedClock
) -> None:
    await show_line(database, company.warehouse, clock(), state="connected")
    await show_line(database, company.workshop, clock(), state="idle")

    for text in ("call warehouse east", "call Warehouse", "call 202"):
        await signed_in.write(text)

    one, several, number = (texts_of(sent.card).splitlines() for sent in teams.taken)
    assert one[:3] == ["Warehouse East", " 202", " ● On a call"]
    assert [text for text in several if text[:2] in {" ●", " ○"}] == [" ● On a call", " ○ Free"]
    assert " ● On a call" not in number


async def test_of_a_line_that_nobody_knows_nothing_is_said(signed_in: Chat, teams: FakeConnector) -> None:
    await signed_in.write("call warehouse east")

    assert texts_of(teams.taken[0].card["body"]).splitlines() == ["Warehouse East", " 202"]


@pytest.mark.parametrize("answer", ["2", "warehouse west", "203"])
async def test_several_matches_are_shown_and_one_is_chosen(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock, answer: str
) -> None:
    await signed_in.write("call Warehouse")
    assert {"Warehouse East", "Warehouse West"} <= set(texts_of(teams.taken[0].card).splitlines())

    await signed_in.write(answer)

    assert await dialled(teams.taken[1], database, clock) == ("203", "Warehouse West")


async def test_a_command_leaves_the_open_choice_behind(signed_in: Chat, teams: FakeConnector) -> None:
    await signed_in.write("call Warehouse")
    await signed_in.write("call log")
    await signed_in.write("2")

    assert "call log" in texts_of(teams.taken[2].card)


async def test_an_answer_that_chooses_nobody_may_be_given_again(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock
) -> None:
    await signed_in.write("call Warehouse")
    await signed_in.write("3")
    await signed_in.write("1")

    assert "Please" in teams.taken[1].activity["text"]
    assert await dialled(teams.taken[2], database, clock) == ("202", "Warehouse East")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("call", "number or a name"),
        ("call ++--", "not a number"),
        ("call 1" + "2" * 60, "not a number"),
        ("call +33 899 12 34 56", "does not allow"),
        ("call Nobody", "Nobody in your company"),
    ],
)
async def test_what_cannot_be_called_gets_a_sentence(
    signed_in: Chat, teams: FakeConnector, text: str, sentence: str
) -> None:
    await signed_in.write(text)

    assert sentence in teams.taken[0].activity["text"]


@pytest.fixture
async def crowd(database: Database, clock: SteppedClock, company: Company) -> None:
    """Seven people more who have one name in common."""
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    for number in range(1, 8):
        new = known_as(f"Branch {'ABCDEFG'[number - 1]}", f"branch{number}@example.com", f"30{number}")
        await provisioning.create_user(company.account.account_id, new)


@pytest.mark.usefixtures("crowd")
async def test_of_many_matches_six_are_shown_and_more_letters_find_the_others(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock
) -> None:
    await signed_in.write("call Branch")
    shown = texts_of(teams.taken[0].card).splitlines()
    assert any(line.startswith("More people are found than are shown.") for line in shown)
    assert [line for line in shown if line.startswith("Branch")] == [f"Branch {letter}" for letter in "ABCDEF"]

    await signed_in.write("g")

    assert await dialled(teams.taken[1], database, clock) == ("307", "Branch G")


@pytest.mark.parametrize("more", ["west", "warehouse we", "West"])
async def test_more_letters_leave_one(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock, more: str
) -> None:
    await signed_in.write("call Warehouse")
    await signed_in.write(more)

    assert await dialled(teams.taken[1], database, clock) == ("203", "Warehouse West")


async def test_somebody_else_may_be_named_instead(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock
) -> None:
    await signed_in.write("call Warehouse")
    await signed_in.write("front desk")

    assert await dialled(teams.taken[1], database, clock) == ("201", "Front Desk")


@pytest.mark.parametrize("answer", ["nobody", "7", "x" * 10_000])
async def test_what_names_nobody_keeps_the_choice_open(
    signed_in: Chat, teams: FakeConnector, database: Database, clock: SteppedClock, answer: str
) -> None:
    await signed_in.write("call Warehouse")
    await signed_in.write(answer)
    await signed_in.write("1")

    assert "more letters" in teams.taken[1].activity["text"]
    assert await dialled(teams.taken[2], database, clock) == ("202", "Warehouse East")


async def test_somebody_with_a_mobile_may_be_called_on_either(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, clock: SteppedClock
) -> None:
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    new = replace(known_as("Driver", "driver@example.com", "310"), mobile="+33699000001")
    await provisioning.create_user(company.account.account_id, new)

    await signed_in.write("call driver")
    await signed_in.write("2")

    assert await dialled(teams.taken[1], database, clock) == ("+33699000001", "Driver")
