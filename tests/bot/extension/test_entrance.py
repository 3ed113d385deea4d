"""Who may ask the message extension, and how somebody signs in from the compose box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from auth.botframework import ConnectorVerifier
from auth.keys import SigningKeys
from auth.service_urls import ServiceUrls
from cloudlink.port import CloudLinkUnavailable, UnknownId
from cloudlink.service.embedded import EmbeddedCloudLink
from store.directory import Directory
from tests.bot.conftest import APP_ID, Chat, running_bot
from tests.bot.extension.asking import lines, link_in, query, search
from tests.fakes.bot_framework import ISSUER, bot_framework

if TYPE_CHECKING:
    from auth.sign_in import SignIn
    from cloudlink.model import Account, Principal
    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

CANNOT_BE_REACHED = "Your telephone system cannot be reached. Please try again in a few minutes."


class Away(EmbeddedCloudLink):
    """A CloudLink that does not answer, or knows the person no more."""

    def __init__(self, database: Database, error: Exception) -> None:
        super().__init__(database)
        self._error = error

    async def account(self, who: Principal) -> Account:
        raise self._error


async def test_somebody_unknown_signs_in_on_the_page_and_finds_what_they_searched(
    chat: Chat, company: Company, sign_ins: SignIn
) -> None:
    asked = await search(chat, "east")
    assert asked["type"] == "auth"
    code = await sign_ins.grant(link_in(asked), company.desk.principal)

    found = await search(chat, "east", state=code)

    assert lines(found) == [["Warehouse East", "202"]]
    # Teams may ask again with the same code, and goes on without it.
    assert await search(chat, "east", state=code) == found
    assert await search(chat, "east") == found


@pytest.mark.parametrize("state", ["", "CancelledByUser", "BCDF-GHJK", "1" * 8])
async def test_a_window_that_was_closed_leads_back_to_the_sign_in(chat: Chat, company: Company, state: str) -> None:
    await search(chat, "east")

    assert (await search(chat, "east", state=state))["type"] == "auth"


async def test_a_code_serves_only_whom_its_link_was_given_to(
    chat: Chat, company: Company, sign_ins: SignIn, database: Database, clock: SteppedClock
) -> None:
    stranger = Chat(chat.http, chat.messages_url, chat.service_url, user_id="29:other", conversation_id="a:other")
    code = await sign_ins.grant(link_in(await search(chat)), company.desk.principal)

    assert (await search(stranger, state=code))["type"] == "auth"
    assert await Directory(database, clock).principal_of(stranger.user) is None


async def test_where_others_read_along_the_results_are_still_for_the_asker(signed_in: Chat) -> None:
    signed_in.kind, signed_in.conversation_id = "channel", "19:channel@thread.tacv2"

    assert lines(await search(signed_in, "east")) == [["Warehouse East", "202"]]


async def test_people_of_a_tenant_that_is_not_connected_are_told_so(
    database: Database, clock: SteppedClock, teams: FakeConnector, company: Company
) -> None:
    async def is_connected(_: str) -> bool:
        return False

    async with running_bot(database, clock, is_connected=is_connected) as url, ClientSession() as http:
        chat = Chat(http, url, teams.url)
        await Directory(database, clock).connect(chat.user, company.desk.principal)
        found = await search(chat, "east")

    assert found["type"] == "message"
    assert "not connected" in found["text"]


async def test_a_cloudlink_that_is_away_is_told(
    database: Database, clock: SteppedClock, teams: FakeConnector, company: Company
) -> None:
    cloudlink = Away(database, CloudLinkUnavailable())
    async with running_bot(database, clock, cloudlink=cloudlink) as url, ClientSession() as http:
        chat = Chat(http, url, teams.url)
        await Directory(database, clock).connect(chat.user, company.desk.principal)

        assert await search(chat, "east") == {"type": "message", "text": CANNOT_BE_REACHED}


async def test_who_is_known_no_more_is_signed_out_and_may_sign_in(
    database: Database, clock: SteppedClock, teams: FakeConnector, company: Company
) -> None:
    directory = Directory(database, clock)
    async with running_bot(database, clock, cloudlink=Away(database, UnknownId())) as url, ClientSession() as http:
        chat = Chat(http, url, teams.url)
        await directory.connect(chat.user, company.desk.principal)

        assert (await search(chat, "east"))["type"] == "auth"
        assert await directory.principal_of(chat.user) is None


async def test_what_goes_wrong_inside_is_a_sentence_with_a_reference(
    database: Database, clock: SteppedClock, teams: FakeConnector, company: Company
) -> None:
    async with running_bot(database, clock, cloudlink=Away(database, RuntimeError())) as url, ClientSession() as http:
        chat = Chat(http, url, teams.url)
        await Directory(database, clock).connect(chat.user, company.desk.principal)

        found = await search(chat, "east")

    assert found["type"] == "message"
    assert "Reference: " in found["text"]


@pytest.mark.parametrize(("signed", "status"), [(True, 200), (False, 401)])
async def test_only_what_teams_has_signed_is_served(
    teams: FakeConnector, database: Database, clock: SteppedClock, company: Company, *, signed: bool, status: int
) -> None:
    async with bot_framework() as issuer, ClientSession() as http:
        keys = SigningKeys(http, issuer.metadata_url)
        verifier = ConnectorVerifier(keys, ServiceUrls(["127.0.0.1"]), app_id=APP_ID, issuer=ISSUER)
        headers = {"Authorization": f"Bearer {issuer.token(APP_ID, teams.url)}"} if signed else {}
        async with running_bot(database, clock, verifier=verifier) as url:
            chat = Chat(http, url, teams.url)
            await Directory(database, clock).connect(chat.user, company.desk.principal)
            asked = chat.activity("invoke", name="composeExtension/query", value=query("east"))
            async with http.post(url, json=asked, headers=headers) as response:
                body = await response.text()

    assert response.status == status
    assert ("Warehouse East" in body) is signed
