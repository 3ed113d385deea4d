"""The connector client against a connector that is busy, slow, refusing or gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from auth.outbound import TokenUnavailable
from auth.service_urls import ForeignServiceUrl
from bot.connector import (
    Connector,
    ConnectorBusy,
    ConnectorRefused,
    ConversationGone,
    Patience,
    connector_session,
)
from tests.fakes.connector import FakeConnector, Fault, fake_connector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HELLO = {"type": "message", "text": "bonjour, été"}
BRIEF = Patience(attempts=3, first_wait=0.001, longest_wait=2)


class OneToken:
    """Hands out the same token, and notes for whom."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.asked_for: list[str] = []

    async def bearer(self, service_url: str) -> str | None:
        self.asked_for.append(service_url)
        return self.token


@pytest.fixture
async def teams() -> AsyncIterator[FakeConnector]:
    async with fake_connector() as connector:
        yield connector


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    async with connector_session() as session:
        yield Connector(session, OneToken(), BRIEF)


async def test_a_reply_names_the_message_it_answers_and_yields_its_own_id(
    connector: Connector, teams: FakeConnector
) -> None:
    sent_id = await connector.send(teams.url, "19:a/b?c@thread;v=1", HELLO, reply_to="f:1/2")

    (sent,) = teams.taken
    assert sent_id == "1:1"
    assert (sent.method, sent.conversation_id, sent.activity_id) == ("POST", "19:a/b?c@thread;v=1", "f:1/2")
    assert sent.activity == HELLO


async def test_updates_and_deletes_name_the_message(connector: Connector, teams: FakeConnector) -> None:
    await connector.update(teams.url, "c", "m1", HELLO)
    await connector.delete(teams.url, "c", "m2")

    assert [(sent.method, sent.activity_id) for sent in teams.taken] == [("PUT", "m1"), ("DELETE", "m2")]


class NoTokenAtFirst:
    """Entra ID that cannot be reached at the first try, and a list on which only one connector stands."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed
        self.tries = 0

    async def bearer(self, service_url: str) -> str:
        if service_url != self.allowed:
            raise ForeignServiceUrl
        self.tries += 1
        if self.tries == 1:
            raise TokenUnavailable("unreachable")
        return "abc"


async def test_a_token_that_is_not_there_yet_is_asked_for_again(teams: FakeConnector) -> None:
    async with connector_session() as session:
        await Connector(session, NoTokenAtFirst(teams.url), BRIEF).send(teams.url, "c", HELLO)
    assert [sent.authorization for sent in teams.requests] == ["Bearer abc"]


async def test_nothing_goes_to_a_connector_that_is_not_on_the_list(teams: FakeConnector) -> None:
    async with connector_session() as session:
        with pytest.raises(ConnectorRefused):
            await Connector(session, NoTokenAtFirst("https://elsewhere.example.com/"), BRIEF).send(
                teams.url, "c", HELLO
            )
    assert teams.requests == []


async def test_the_token_is_asked_for_the_service_url_and_sent_along(teams: FakeConnector) -> None:
    tokens = OneToken("abc")
    async with connector_session() as session:
        await Connector(session, tokens).send(teams.url, "c", HELLO)

    assert tokens.asked_for == [teams.url]
    assert teams.taken[0].authorization == "Bearer abc"


async def test_no_authorization_without_a_token(connector: Connector, teams: FakeConnector) -> None:
    await connector.send(teams.url, "c", HELLO)

    assert teams.taken[0].authorization is None


@pytest.mark.parametrize("status", [412, 429, 502, 504])
async def test_what_microsoft_says_to_try_again_is_tried_again(
    connector: Connector, teams: FakeConnector, status: int
) -> None:
    teams.faults.extend([Fault(status), Fault(status)])

    await connector.send(teams.url, "c", HELLO)

    assert len(teams.requests) == 3
    assert len(teams.taken) == 1


async def test_retry_after_is_honoured(connector: Connector, teams: FakeConnector) -> None:
    teams.faults.append(Fault(429, headers={"Retry-After": "1"}))

    await connector.send(teams.url, "c", HELLO)

    first, second = teams.requests
    assert second.at - first.at >= 1


async def test_a_wait_longer_than_patience_is_not_begun(connector: Connector, teams: FakeConnector) -> None:
    teams.faults.append(Fault(429, headers={"Retry-After": "3600"}))

    with pytest.raises(ConnectorBusy) as raised:
        await connector.send(teams.url, "c", HELLO)

    assert raised.value.retry_after == 3600
    assert len(teams.requests) == 1


async def test_patience_ends(connector: Connector, teams: FakeConnector) -> None:
    teams.faults.extend([Fault(502)] * 9)

    with pytest.raises(ConnectorBusy) as raised:
        await connector.send(teams.url, "c", HELLO)

    assert raised.value.status == 502
    assert len(teams.requests) == BRIEF.attempts


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ConnectorRefused), (401, ConnectorRefused), (403, ConversationGone), (404, ConversationGone)],
)
async def test_a_refusal_is_final_and_typed_by_cause(
    connector: Connector, teams: FakeConnector, status: int, error: type[Exception]
) -> None:
    teams.faults.append(Fault(status, "BotNotInConversationRoster"))

    with pytest.raises(error, match="BotNotInConversationRoster"):
        await connector.send(teams.url, "c", HELLO)

    assert len(teams.requests) == 1


async def test_a_redirect_is_not_followed(connector: Connector, teams: FakeConnector) -> None:
    teams.faults.append(Fault(302, headers={"Location": teams.url}))

    with pytest.raises(ConnectorRefused):
        await connector.send(teams.url, "c", HELLO)

    assert len(teams.requests) == 1


async def test_a_connector_that_is_not_there_is_busy_without_a_status(
    connector: Connector, unused_tcp_port: int
) -> None:
    with pytest.raises(ConnectorBusy) as raised:
        await connector.send(f"http://127.0.0.1:{unused_tcp_port}/", "c", HELLO)

    assert raised.value.status == 0


async def test_messages_of_one_conversation_stay_in_order_through_a_retry(
    connector: Connector, teams: FakeConnector
) -> None:
    teams.faults.append(Fault(412))

    await asyncio.gather(*(connector.send(teams.url, "c", {"text": str(number)}) for number in range(5)))

    assert [sent.activity["text"] for sent in teams.taken] == ["0", "1", "2", "3", "4"]


async def test_a_stuck_conversation_does_not_hold_up_another(connector: Connector, teams: FakeConnector) -> None:
    teams.faults.append(Fault(429, headers={"Retry-After": "2"}))
    stuck = asyncio.create_task(connector.send(teams.url, "stuck", HELLO))
    await teams.wait_for_requests(1)

    await connector.send(teams.url, "free", HELLO)

    assert not stuck.done()
    assert [sent.conversation_id for sent in teams.taken] == ["free"]
    await stuck
