"""Search from the compose box: what is found, and what travels in the card that is inserted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from cloudlink.administration.accounts import NewAccount
from cloudlink.service.provision import Provisioning, known_as
from store.dial_links import DialLink
from store.outbox import Outbox
from store.schema import dial_links
from tests.bot.conftest import actions_of, record
from tests.bot.extension.asking import cards_in, lines, link_of, query, search
from tests.cloudlink.conftest import inbound, outbound
from tests.lines import show_line

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock

HOSTILE = "\u202e<script>alert(1)</script> **bold** [x](https://elsewhere.example.com)"


async def test_a_colleague_is_inserted_as_a_card_that_dials(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    found = await search(signed_in, "east")

    assert lines(found) == [["Warehouse East", "202"]]
    assert found["attachments"][0]["preview"]["content"] == {"title": "Warehouse East", "text": "202"}
    desk = company.desk
    assert await link_of(cards_in(found)[0], database, clock) == DialLink(
        desk.account_id, desk.principal_id, "202", "Warehouse East"
    )


async def test_the_list_tells_who_is_on_the_telephone_and_the_card_does_not(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    await show_line(database, company.warehouse, clock(), state="connected")

    found = await search(signed_in, "east")

    assert found["attachments"][0]["preview"]["content"]["text"] == "202 ● On a call"
    assert lines(found) == [["Warehouse East", "202"]]


async def test_before_anything_is_typed_the_latest_parties_are_shown_once_each(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    old, new = clock() - timedelta(days=2), clock() - timedelta(days=1)
    await record(
        database,
        company.desk,
        replace(inbound("c1", caller="+33199000011"), created_on=old, from_name="Supplier"),
        replace(inbound("c2", caller="+33199000012"), created_on=old + timedelta(minutes=1)),
        replace(outbound("c3"), to="+33199000011", created_on=new),
        replace(inbound("c4", caller=None), created_on=new),
        replace(inbound("c5", caller="+33899000012"), created_on=new),
    )

    found = await search(signed_in)

    assert lines(found) == [["Supplier", "+33 1 99 00 00 11"], ["+33 1 99 00 00 12"]]


async def test_who_has_no_calls_yet_is_shown_colleagues(signed_in: Chat) -> None:
    assert [card[0] for card in lines(await search(signed_in))] == ["Front Desk", "Warehouse East", "Warehouse West"]


@pytest.mark.parametrize("text", ["suppl", "SUPPLIER", "99 00 00 11", "+33 1 99 00 00 11", "0199000011"])
async def test_a_party_of_a_call_is_found_by_name_or_number(
    signed_in: Chat, company: Company, database: Database, text: str
) -> None:
    await record(database, company.desk, replace(inbound("c1", caller="+33199000011"), from_name="Supplier"))

    assert lines(await search(signed_in, text))[0][-1] == "+33 1 99 00 00 11"


async def test_nothing_of_a_call_travels_with_the_card(signed_in: Chat, company: Company, database: Database) -> None:
    await record(database, company.desk, inbound("c1", caller="+33199000011", answered=False))

    (attachment,) = (await search(signed_in))["attachments"]

    sent = json.dumps(attachment)
    for hint in ("issed", "c1", company.desk.principal_id, company.desk.account_id, "2026"):
        assert hint not in sent
    assert {action["type"] for action in actions_of(attachment)} == {"Action.OpenUrl"}


async def test_typing_letter_by_letter_makes_one_link_a_person(signed_in: Chat, database: Database) -> None:
    urls = {actions_of(await search(signed_in, "warehouse east"[:end]))[0]["url"] for end in range(3, 14)}

    assert len(urls) == 1
    count = await database.read(select(func.count()).select_from(dial_links))
    assert count[0][0] <= 3


async def test_a_link_is_shared_again_only_while_it_has_long_to_live(
    signed_in: Chat, database: Database, clock: SteppedClock
) -> None:
    first = cards_in(await search(signed_in, "east"))[0]
    clock.advance(days=60)
    second = cards_in(await search(signed_in, "east"))[0]
    clock.advance(days=31)

    assert await link_of(first, database, clock) is None
    assert await link_of(second, database, clock) is not None


async def test_others_calls_and_other_companies_people_are_never_found(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    await record(database, company.warehouse, replace(inbound("c1"), from_name="Supplier"))
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    other = await provisioning.create_account(NewAccount("Branch", "fr-FR", "Europe/Paris"))
    await provisioning.create_user(other.account_id, known_as("Supplier", "s@example.com", "301"))

    assert (await search(signed_in, "supplier"))["type"] == "message"


async def test_what_others_write_stays_text(signed_in: Chat, company: Company, database: Database) -> None:
    call = replace(inbound("c1", caller="+33199000011"), from_name=HOSTILE)
    await record(database, company.desk, call)

    (attachment,) = (await search(signed_in))["attachments"]

    body = attachment["content"]["body"]
    assert {part["type"] for part in body} == {"RichTextBlock"}
    assert "\u202e" not in json.dumps(attachment, ensure_ascii=False)
    assert len(attachment["preview"]["content"]["title"]) <= 40


@pytest.mark.parametrize("text", ["zzz", "x" * 10_000, "9" * 10_000, "%", "_", "\u202e", "👩‍🚒", "<b>"])
async def test_what_finds_nobody_says_so(signed_in: Chat, text: str) -> None:
    found = await search(signed_in, text)

    assert found["type"] == "message"
    assert found["text"].startswith("Nobody is found.")


async def test_a_number_that_was_typed_can_be_shared(signed_in: Chat, database: Database, clock: SteppedClock) -> None:
    found = await search(signed_in, "+44 20 7946 0123")

    link = await link_of(cards_in(found)[0], database, clock)
    assert link is not None
    assert (link.number, link.name) == ("+442079460123", None)


async def test_there_is_one_page(signed_in: Chat) -> None:
    found = await search(signed_in, "warehouse", queryOptions={"skip": 20, "count": 25})

    assert found == {"type": "result", "attachmentLayout": "list", "attachments": []}


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        [],
        {},
        {**query("x"), "commandId": "other"},
        {**query("x"), "commandId": 1},
        {**query("x"), "parameters": "x"},
        {**query("x"), "parameters": [1]},
        {**query("x"), "parameters": [{"name": "search", "value": 1}]},
        {**query("x"), "queryOptions": "x"},
        {**query("x"), "queryOptions": {"skip": "1"}},
        {**query("x"), "state": 1},
        {**query("x"), "state": "x" * 201},
        {**query("x"), "authentication": "x"},
        {**query("x"), "authentication": {"token": 1}},
    ],
)
async def test_what_teams_never_asks_is_400(signed_in: Chat, value: Any) -> None:
    response = await signed_in.invoke("composeExtension/query", value)

    assert response.status == 400
    assert (await response.json())["value"]["code"] == "BadRequest"


async def test_each_number_of_somebody_can_be_shared(
    signed_in: Chat, company: Company, database: Database, clock: SteppedClock
) -> None:
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    new = replace(known_as("Driver", "driver@example.com", "310"), mobile="+33699000001")
    await provisioning.create_user(company.account.account_id, new)

    assert lines(await search(signed_in, "driver")) == [["Driver", "310"], ["Driver", "+33 6 99 00 00 01"]]
