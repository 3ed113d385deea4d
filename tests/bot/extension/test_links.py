"""Our own links become cards, which show no more than the page behind the link shows to anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from cloudlink.port import CloudLinkUnavailable
from store.dial_links import DialLinks
from tests.bot.conftest import PUBLIC_URL, Chat, actions_of, running_bot, texts_of
from tests.bot.extension.asking import ask, cards_in, lines, link_of
from tests.bot.extension.test_entrance import Away

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

DAY = timedelta(days=1)


async def unfurled(chat: Chat, url: str) -> dict[str, Any]:
    found: dict[str, Any] = (await ask(chat, "queryLink", {"url": url}))["composeExtension"]
    return found


@pytest.fixture
async def dial_url(company: Company, database: Database, clock: SteppedClock) -> str:
    link = await DialLinks(database, clock).for_number(company.desk.principal, "+33199001234", "Supplier", DAY)
    return f"{PUBLIC_URL}/dial/{link}"


async def test_a_dial_link_shows_what_its_page_shows_to_whoever_has_it(
    chat: Chat, dial_url: str, database: Database, clock: SteppedClock
) -> None:
    found = await unfurled(chat, dial_url)

    assert lines(found) == [["Supplier", "+33 1 99 00 12 34"]]
    assert [action["url"] for action in actions_of(found["attachments"])] == [dial_url]
    assert await link_of(cards_in(found)[0], database, clock) is not None


@pytest.mark.parametrize("address", ["/tabs/calls", "/tabs/teams/calls", "/tabs/calls/", "/tabs/calls?q=Supplier#x"])
async def test_the_call_log_shows_nothing_of_anybody(signed_in: Chat, address: str) -> None:
    (card,) = cards_in(await unfurled(signed_in, PUBLIC_URL + address))

    assert [action["url"] for action in actions_of(card)] == [f"{PUBLIC_URL}/tabs/calls"]
    assert "Whoever opens it sees their own calls." in texts_of(card)
    assert await unfurled(replace(signed_in, user_id="29:other"), PUBLIC_URL + address) == await unfurled(
        signed_in, PUBLIC_URL + address
    )


@pytest.mark.parametrize(
    "url",
    [
        f"{PUBLIC_URL}/dial/unknownunknownunknown",
        f"{PUBLIC_URL}/dial/",
        f"{PUBLIC_URL}/dial/../tabs/calls",
        f"{PUBLIC_URL}/console",
        f"{PUBLIC_URL}.elsewhere.example.com/tabs/calls",
        f"{PUBLIC_URL}@elsewhere.example.com/tabs/calls",
        "http://assistant.example.com/tabs/calls",
        "https://elsewhere.example.com/tabs/calls",
        "https://[broken/tabs/calls",
        "javascript:alert(1)",
        "",
        f"{PUBLIC_URL}/tabs/calls?{'x' * 10_000}",
    ],
)
async def test_any_other_link_stays_a_link(signed_in: Chat, url: str) -> None:
    assert cards_in(await unfurled(signed_in, url)) == []


async def test_a_link_that_has_expired_stays_a_link(chat: Chat, dial_url: str, clock: SteppedClock) -> None:
    clock.advance(days=1)

    assert cards_in(await unfurled(chat, dial_url)) == []


async def test_people_of_a_tenant_that_is_not_connected_see_a_link(
    database: Database, clock: SteppedClock, teams: FakeConnector, dial_url: str
) -> None:
    async def is_connected(_: str) -> bool:
        return False

    async with running_bot(database, clock, is_connected=is_connected) as url, ClientSession() as http:
        assert cards_in(await unfurled(Chat(http, url, teams.url), dial_url)) == []


async def test_without_cloudlink_a_link_stays_a_link(
    database: Database, clock: SteppedClock, teams: FakeConnector, dial_url: str
) -> None:
    away = Away(database, CloudLinkUnavailable())
    async with running_bot(database, clock, cloudlink=away) as url, ClientSession() as http:
        assert cards_in(await unfurled(Chat(http, url, teams.url), dial_url)) == []


@pytest.mark.parametrize("value", [None, {}, {"url": 1}, {"url": None}])
async def test_what_teams_never_asks_is_400(chat: Chat, value: object) -> None:
    assert (await chat.invoke("composeExtension/queryLink", value)).status == 400
