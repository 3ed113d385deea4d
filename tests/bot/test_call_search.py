"""Searching one's calls in the chat, page after page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from store.call_notes import CallNote, CallNotes
from tests.bot.conftest import actions_of, record, texts_of
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector


def button(card: dict[str, Any], title: str) -> dict[str, Any]:
    data: dict[str, Any] = next(action["data"] for action in actions_of(card) if action["title"] == title)
    return data


async def test_finds_by_name_number_and_own_note_and_nobody_elses_calls(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, clock: SteppedClock
) -> None:
    await record(
        database, company.desk, replace(inbound("c1", 1), from_name="Supplier"), inbound("c2", 2, caller="203")
    )
    await record(database, company.warehouse, replace(inbound("c3", 3), from_name="Supplier Two"))
    await CallNotes(database, clock).write(company.desk.principal, "c2", CallNote("Invoice"))
    for text in ("search SUPPL", "find 0199 000001", "Search invoice"):
        await signed_in.write(text)
    supplier, number, invoice = (texts_of(sent.card) for sent in teams.taken)
    assert "Calls with “SUPPL”" in supplier
    assert "Supplier" in number
    assert "203" in invoice
    for card in (supplier, number, invoice):
        assert "Supplier Two" not in card


async def test_goes_through_all_that_is_found_page_by_page(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    """25 calls of 230 are found, on two pages of CloudLink."""
    calls = [
        replace(
            inbound(f"c{number}", number, caller=f"+33199{number:06}"),
            from_name="Supplier" if number % 9 == 0 else None,
        )
        for number in range(230)
    ]
    await record(database, company.desk, *calls)
    await signed_in.write("search supplier")
    card, seen = teams.taken[0].card, list[str]()
    while True:
        seen += [text for text in texts_of(card).splitlines() if text.strip().startswith("+33199")]
        older = [action["data"] for action in actions_of(card) if action["title"] == "Older calls"]
        if not older:
            break
        card = (await signed_in.press(older[0]))["value"]
    assert [int(text) % 1000 for text in seen] == [n for n in reversed(range(230)) if n % 9 == 0]


async def test_says_what_to_write_and_that_nothing_was_found(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    for text in ("search", f"search {'x' * 101}", "search nobody"):
        await signed_in.write(text)
    empty, long, none = teams.taken
    assert "Write “search” and a name or a number" in empty.activity["text"]
    assert "100 characters" in long.activity["text"]
    assert "No call was found." in texts_of(none.card)


async def test_what_is_searched_for_is_drawn_as_text(signed_in: Chat, teams: FakeConnector) -> None:
    await signed_in.write("search **[x](https://example.com)**")
    drawn = json.dumps(teams.taken[0].card["body"], ensure_ascii=False)
    assert "TextRun" in drawn
    assert all(part["type"] != "TextBlock" or "example.com" not in part["text"] for part in teams.taken[0].card["body"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""}, {"text": 7}, {"text": "x" * 101}, {"cursor": 7}, {"cursor": "x" * 201}, {"cursor": "x"},
        {"skip": -1}, {"skip": 201}, {"skip": "1"}, {"skip": True}, {"skip": None},
    ],
)  # fmt: skip
async def test_a_button_that_is_not_ours_is_out_of_date(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, wrong: dict[str, object]
) -> None:
    await record(database, company.desk, inbound("c1"))
    await signed_in.write("search 199")
    data = button(teams.taken[0].card, "Search again")
    answer = await signed_in.press({**data, **wrong})
    assert "out of date" in texts_of(answer["value"])
