"""What goes wrong inside is told in a sentence with a reference, and the stack is in the log under the same one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from auth.botframework import ConnectorVerifier
from auth.keys import SigningKeys
from auth.service_urls import ServiceUrls
from cloudlink.port import CallKind, CloudLinkError, CloudLinkUnavailable, UnknownId
from cloudlink.service.embedded import EmbeddedCloudLink
from store.directory import Directory
from tests.bot.conftest import APP_ID, Chat, running_bot, texts_of
from tests.fakes.bot_framework import ISSUER, bot_framework

if TYPE_CHECKING:
    from cloudlink.model import Principal
    from cloudlink.port import CallPage
    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector


def reference_in(card: object) -> str:
    found = re.search(r"Reference: ([0-9a-f]{8})", texts_of(card))
    assert found is not None
    return found[1]


async def lose_the_calls(database: Database) -> None:
    await database.write(lambda connection: connection.execute(text("DROP TABLE calls")))


async def test_a_message_that_fails_gets_a_reference_that_is_in_the_log(
    signed_in: Chat, teams: FakeConnector, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await lose_the_calls(database)

    await signed_in.write("call log")

    (logged,) = [entry for entry in caplog.records if entry.exc_info]
    assert reference_in(teams.taken[0].card) == logged.__dict__["reference"]


async def test_a_button_that_fails_gets_one_in_place(
    signed_in: Chat, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await signed_in.write("help")
    await lose_the_calls(database)

    answer = await signed_in.press({"verb": "callLog", "kind": "all", "cursor": None})

    (logged,) = [entry for entry in caplog.records if entry.exc_info]
    assert reference_in(answer["value"]) == logged.__dict__["reference"]


class Away(EmbeddedCloudLink):
    """A CloudLink that does not answer, or knows the person no more, as the port allows."""

    def __init__(self, database: Database, error: CloudLinkError) -> None:
        super().__init__(database)
        self._error = error

    async def calls(
        self, who: Principal, kind: CallKind = CallKind.ALL, *, cursor: str | None = None, limit: int = 20
    ) -> CallPage:
        raise self._error


@pytest.mark.parametrize(
    ("error", "sentence", "still_connected"),
    [(CloudLinkUnavailable(), "cannot be reached", True), (UnknownId(), "no longer active", False)],
)
async def test_a_cloudlink_that_gives_no_answer_is_told_with_what_to_do(
    database: Database,
    clock: SteppedClock,
    teams: FakeConnector,
    company: Company,
    *,
    error: CloudLinkError,
    sentence: str,
    still_connected: bool,
) -> None:
    directory = Directory(database, clock)
    async with running_bot(database, clock, cloudlink=Away(database, error)) as url, ClientSession() as http:
        chat = Chat(http, url, teams.url)
        await directory.connect(chat.user, company.desk.principal)
        await chat.write("call log")
        assert sentence in texts_of(teams.taken[0].card)
        assert (await directory.principal_of(chat.user) is not None) is still_connected


@pytest.mark.parametrize(
    ("authorization", "changes", "status"),
    [
        ("good", {}, 200),
        ("none", {}, 401),
        ("Bearer junk", {}, 401),
        ("good", {"serviceUrl": "https://smba.trafficmanager.net/emea/"}, 403),
        ("good", {"channelId": "directline"}, 403),
    ],
)
async def test_only_what_teams_has_signed_is_served(
    teams: FakeConnector,
    database: Database,
    clock: SteppedClock,
    *,
    authorization: str,
    changes: dict[str, str],
    status: int,
) -> None:
    async with bot_framework() as issuer, ClientSession() as http:
        keys = SigningKeys(http, issuer.metadata_url)
        verifier = ConnectorVerifier(keys, ServiceUrls(["127.0.0.1"]), app_id=APP_ID, issuer=ISSUER)
        good = f"Bearer {issuer.token(APP_ID, teams.url)}"
        headers = {} if authorization == "none" else {"Authorization": authorization.replace("good", good)}
        async with running_bot(database, clock, verifier=verifier) as url:
            activity = {**Chat(http, url, teams.url).activity("message", text="help"), **changes}
            async with http.post(url, json=activity, headers=headers) as response:
                assert response.status == status

    assert len(teams.requests) == (1 if status == 200 else 0)
