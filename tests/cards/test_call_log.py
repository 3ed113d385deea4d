"""The call log as people read and press it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.cards.call_log import call_log
from cloudlink.port import CallKind
from i18n import translator
from tests.cards.states import ANSWERED, DIAL, LONGEST, MISSED, UNANSWERED, WITHHELD, page

if TYPE_CHECKING:
    from tests.cards.conftest import Renderer

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENGLISH, FRENCH = translator("en-GB"), translator("fr-FR")


async def test_every_row_says_who_how_when_and_how_often(renderer: Renderer) -> None:
    await renderer.draw(call_log(page([MISSED, ANSWERED, WITHHELD, UNANSWERED]), ENGLISH))
    lines = (await renderer.text()).splitlines()

    assert "Front Desk +33199000011" in lines
    assert "✕ Missed call · today 15:05 · 3 times" in lines
    assert "↙ Incoming call · yesterday 15:05 · 3 mins 20 secs" in lines
    assert "Unknown number" in lines
    assert "↗ Outgoing call · 21 Jan 15:05 · no answer" in lines


async def test_it_speaks_french(renderer: Renderer) -> None:
    await renderer.draw(call_log(page([MISSED, ANSWERED], cursor="older"), FRENCH))
    text = await renderer.text()

    assert "Journal des appels" in text
    assert "✕ Appel manqué · aujourd\u2019hui 15:05 · 3 fois" in text
    assert "↙ Appel entrant · hier 15:05 · 3 min 20 s" in text.replace("\u00a0", " ").replace("\u202f", " ")
    assert all(button in text for button in ("✓ Tous", "Manqués", "Actualiser", "Appels plus anciens"))


async def test_only_who_can_be_called_has_a_call_button_and_it_says_who(renderer: Renderer) -> None:
    await renderer.draw(call_log(page([MISSED, WITHHELD]), ENGLISH))

    action = await renderer.press("Call Front Desk")

    assert (action["type"], action["url"]) == ("Action.OpenUrl", DIAL)
    assert await renderer.page.get_by_text("Call", exact=True).count() == 1


@pytest.mark.parametrize(("name", "kind"), [("✓ All", "all"), ("Missed", "missed"), ("Outgoing", "outgoing")])
async def test_a_filter_asks_for_its_list_from_the_start(renderer: Renderer, name: str, kind: str) -> None:
    await renderer.draw(call_log(page([MISSED], first=False), ENGLISH))

    action = await renderer.press(name)

    assert action["verb"] == "callLog"
    assert action["data"] == {"verb": "callLog", "kind": kind, "cursor": None}


async def test_older_calls_go_on_from_the_cursor_in_the_same_list(renderer: Renderer) -> None:
    await renderer.draw(call_log(page([MISSED], kind=CallKind.MISSED, cursor="place"), ENGLISH))

    assert (await renderer.press("Older calls"))["data"] == {"verb": "callLog", "kind": "missed", "cursor": "place"}
    assert (await renderer.press("Refresh"))["data"] == {"verb": "callLog", "kind": "missed", "cursor": None}


async def test_a_client_without_execute_submits_the_same_data() -> None:
    older = call_log(page([MISSED], cursor="place"), ENGLISH)["actions"][1]

    assert older["fallback"]["type"] == "Action.Submit"
    assert older["fallback"]["data"] == older["data"]


async def test_buttons_carry_nothing_about_anybody() -> None:
    card = call_log(page([MISSED], cursor="place"), ENGLISH)
    carried = json.dumps([action["data"] for part in (card["actions"], card["body"][1]["actions"]) for action in part])

    assert "Front" not in carried
    assert "33199" not in carried


async def test_a_callers_name_is_text_and_nothing_else(renderer: Renderer) -> None:
    name = "[a](https://x.test) *now*\u202e\n\x07 <b>b</b>"
    await renderer.draw(call_log(page([replace(MISSED, name=name)]), ENGLISH))

    assert "[a](https://x.test) *now* <b>b</b>" in await renderer.text()
    assert await renderer.page.locator("a, b").count() == 0


async def test_an_endless_name_is_cut(renderer: Renderer) -> None:
    await renderer.draw(call_log(page([LONGEST]), ENGLISH))

    assert f"{'W' * 39}…" in await renderer.text()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (CallKind.ALL, "You have no calls yet."),
        (CallKind.MISSED, "You have no missed calls."),
        (CallKind.INCOMING, "You have no incoming calls yet."),
        (CallKind.OUTGOING, "You have no outgoing calls yet."),
    ],
)
async def test_an_empty_list_says_so(renderer: Renderer, kind: CallKind, sentence: str) -> None:
    await renderer.draw(call_log(page([], kind=kind), ENGLISH))

    assert sentence in await renderer.text()


async def test_behind_the_last_page_there_is_a_way_back(renderer: Renderer) -> None:
    await renderer.draw(call_log(page([], first=False), ENGLISH))

    assert "There are no older calls." in await renderer.text()
    assert (await renderer.press("Newest calls"))["data"]["cursor"] is None


async def test_two_pages_share_nothing_that_one_could_change_for_the_other() -> None:
    """Parts are kept and used again, so the content of one card must not appear in the next."""
    first = json.dumps(call_log(page([MISSED], cursor="one"), ENGLISH))
    call_log(page([ANSWERED], cursor="two"), FRENCH)

    assert json.dumps(call_log(page([MISSED], cursor="one"), ENGLISH)) == first
