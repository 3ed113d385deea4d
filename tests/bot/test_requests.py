"""What is posted to ``/api/messages`` that should not be, and a connector that is slow or gone."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.bot.conftest import Chat
    from tests.fakes.connector import FakeConnector


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[]", b'{"type": "message"}', b"\x00\xff", b'{"type": 1}', b"[" * 200_000]
)
async def test_junk_is_400_with_a_reason(chat: Chat, teams: FakeConnector, junk: bytes) -> None:
    async with chat.http.post(chat.messages_url, data=junk) as response:
        body = await response.json()

    assert response.status == 400
    assert body["error"]["code"] == "BadSyntax"
    assert not teams.requests


async def test_a_body_of_10_mb_is_413(chat: Chat, teams: FakeConnector) -> None:
    async with chat.http.post(chat.messages_url, data=BytesIO(b" " * 10_000_000)) as response:
        assert response.status == 413

    assert not teams.requests


async def test_a_large_body_in_chunks_is_413_too(chat: Chat) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    async with chat.http.post(chat.messages_url, data=chunks()) as response:
        assert response.status == 413


async def test_no_content_type_is_needed(chat: Chat, teams: FakeConnector) -> None:
    body = json.dumps(chat.activity("message", text="help")).encode()

    async with chat.http.post(chat.messages_url, data=body, skip_auto_headers=["Content-Type"]) as response:
        assert response.status == 200

    assert len(teams.taken) == 1


async def test_a_foreign_service_url_is_403_and_nothing_is_sent(chat: Chat, teams: FakeConnector) -> None:
    response = await chat.post(chat.activity("message", text="help", serviceUrl="https://elsewhere.example.com/"))

    assert response.status == 403
    assert not teams.requests


async def test_an_activity_of_an_unknown_type_is_accepted_and_ignored(chat: Chat, teams: FakeConnector) -> None:
    response = await chat.post(chat.activity("messageReaction"))

    assert response.status == 200
    assert not teams.requests


async def test_only_posts_are_served(chat: Chat) -> None:
    async with chat.http.get(chat.messages_url) as response:
        assert response.status == 405


@pytest.mark.parametrize("name", ["composeExtension/setting", "task/fetch", "anything", None])
async def test_an_unknown_invoke_is_501_with_a_reason(chat: Chat, name: str | None) -> None:
    response = await chat.post(chat.activity("invoke", name=name, value={"queryOptions": "junk"}))

    assert response.status == 501
    assert (await response.json())["value"]["code"] == "NotImplemented"


@pytest.mark.parametrize("value", [None, 7, [], {}, {"action": None}, {"action": "call"}, {"action": {"data": 1}}])
async def test_a_malformed_card_action_is_400(chat: Chat, value: object) -> None:
    response = await chat.invoke("adaptiveCard/action", value)

    assert response.status == 400
    assert (await response.json())["type"] == "application/vnd.microsoft.error"


async def test_a_connector_that_refuses_for_good_leaves_the_bot_serving(chat: Chat, teams: FakeConnector) -> None:
    teams.faults.extend([Fault(403, "MessageWritesBlocked"), Fault(502), Fault(502), Fault(502)])

    await chat.write("help")
    await chat.write("help")
    await chat.write("help")

    assert len(teams.taken) == 1
