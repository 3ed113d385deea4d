"""*Call a number*, chosen on a message: a dialog with its numbers, each to call or to share."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from store.dial_links import DialLinks
from tests.bot.conftest import PUBLIC_URL, actions_of, texts_of
from tests.bot.extension.asking import ask, cards_in, lines

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock

DAY = timedelta(days=1)


def on_message(content: str, content_type: str = "html", **more: object) -> dict[str, Any]:
    """What Teams asks when somebody chooses the command on a message."""
    payload = {"id": "1", "messageType": "message", "body": {"contentType": content_type, "content": content}}
    return {"commandId": "callNumbers", "commandContext": "message", "messagePayload": payload, **more}


def submitted(data: object, **more: object) -> dict[str, Any]:
    return {"commandId": "callNumbers", "commandContext": "message", "data": data, **more}


async def dialog(chat: Chat, content: str, content_type: str = "html") -> dict[str, Any]:
    """The card of the dialog."""
    task = (await ask(chat, "fetchTask", on_message(content, content_type)))["task"]
    assert task["type"] == "continue"
    card: dict[str, Any] = task["value"]["card"]["content"]
    return card


async def numbers_behind(card: dict[str, Any], database: Database, clock: SteppedClock) -> list[str]:
    """What the call buttons of a dialog dial."""
    links = DialLinks(database, clock)
    urls = [action["url"] for action in actions_of(card) if action["type"] == "Action.OpenUrl"]
    found = [await links.find(url.removeprefix(f"{PUBLIC_URL}/dial/")) for url in urls]
    return [link.number for link in found if link]


async def test_each_number_of_a_message_can_be_called(signed_in: Chat, database: Database, clock: SteppedClock) -> None:
    card = await dialog(signed_in, "<div>Supplier: <b>01&nbsp;99 00 12 34</b><br>or +44 20 7946 0123</div>")

    assert await numbers_behind(card, database, clock) == ["+33199001234", "+442079460123"]
    assert "+33 1 99 00 12 34" in texts_of(card)


async def test_a_message_without_markup_is_read_as_it_is(
    signed_in: Chat, database: Database, clock: SteppedClock
) -> None:
    card = await dialog(signed_in, "<b>01 99 00 12 34", "text")

    assert await numbers_behind(card, database, clock) == ["+33199001234"]


async def test_digits_that_stand_alone_are_an_extension_if_somebody_has_it(
    signed_in: Chat, database: Database, clock: SteppedClock
) -> None:
    card = await dialog(signed_in, "<p>Ring 202, or 201 (not 20, 204, 2026 or 12:20)</p>")

    assert await numbers_behind(card, database, clock) == ["202", "201"]
    assert "Warehouse East 202" in texts_of(card).replace("\n", "")


@pytest.mark.parametrize(
    "content", ["", "No number here, only 2026-11-26 at 14:05.", "<p>0899 12 34 56</p>", "999", "x" * 10_000]
)
async def test_a_message_without_a_number_says_so(signed_in: Chat, content: str) -> None:
    body = await ask(signed_in, "fetchTask", on_message(content))

    assert body == {"task": {"type": "message", "value": "There is no telephone number in this message."}}


async def test_a_number_is_shared_as_a_contact_card(signed_in: Chat, database: Database, clock: SteppedClock) -> None:
    card = await dialog(signed_in, "01 99 00 12 34")
    (share,) = [action for action in actions_of(card) if action["type"] == "Action.Submit"]
    assert "0199" not in json.dumps(share["data"]).replace(" ", "")

    found = (await ask(signed_in, "submitAction", submitted(share["data"])))["composeExtension"]

    assert lines(found) == [["+33 1 99 00 12 34"]]
    assert await numbers_behind(cards_in(found)[0], database, clock) == ["+33199001234"]


async def test_nobody_shares_by_the_link_of_another(
    signed_in: Chat, database: Database, clock: SteppedClock, company: Company
) -> None:
    link = (await DialLinks(database, clock).for_numbers(company.warehouse.principal, [("202", None)], DAY))[0]

    body = await ask(signed_in, "submitAction", submitted({"verb": "share", "dial": link}))

    assert body["task"]["type"] == "message"
    assert "out of date" in body["task"]["value"]


@pytest.mark.parametrize("dial", ["", "x" * 300, "unknownunknownunknown"])
async def test_a_dialog_that_has_expired_says_so(signed_in: Chat, dial: str) -> None:
    body = await ask(signed_in, "submitAction", submitted({"verb": "share", "dial": dial}))

    assert "out of date" in body["task"]["value"]


async def test_who_is_not_signed_in_is_asked_to(signed_in: Chat) -> None:
    stranger = replace(signed_in, user_id="29:other")

    for name, value in (("fetchTask", on_message("01 99 00 12 34")), ("submitAction", submitted({"verb": "share"}))):
        assert (await ask(stranger, name, value))["composeExtension"]["type"] == "auth"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fetchTask", None),
        ("fetchTask", {"commandId": "callNumbers"}),
        ("fetchTask", {"commandId": "callNumbers", "messagePayload": []}),
        ("fetchTask", {"commandId": "callNumbers", "messagePayload": {"body": "x"}}),
        ("fetchTask", {"commandId": "callNumbers", "messagePayload": {"body": {"content": 1}}}),
        ("fetchTask", {**on_message("x"), "commandId": "findContact"}),
        ("submitAction", submitted(None)),
        ("submitAction", submitted({})),
        ("submitAction", submitted({"verb": "share"})),
        ("submitAction", submitted({"verb": "share", "dial": 1})),
        ("submitAction", submitted({"verb": "other", "dial": "x"})),
    ],
)
async def test_what_teams_never_asks_is_400(signed_in: Chat, name: str, value: object) -> None:
    response = await signed_in.invoke(f"composeExtension/{name}", value)

    assert response.status == 400
