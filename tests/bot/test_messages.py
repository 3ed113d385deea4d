"""What people write, end to end over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from store.database import open_database
from tests.bot.conftest import running_bot, texts_of

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector


async def test_help_is_answered_with_a_card_in_the_same_conversation(chat: Chat, teams: FakeConnector) -> None:
    await chat.write("help")

    (sent,) = teams.taken
    assert (sent.method, sent.conversation_id, sent.activity_id) == ("POST", "a:desk", "f:1")
    assert sent.activity["recipient"]["id"] == "29:desk"
    assert sent.activity["from"]["id"] == "28:bot"
    assert "call log" in texts_of(sent.card)


async def test_anything_else_gets_help_too(chat: Chat, teams: FakeConnector) -> None:
    await chat.write("what can you do for me?")
    await chat.write("")

    assert [("call log" in texts_of(sent.card)) for sent in teams.taken] == [True, True]


async def test_a_message_delivered_twice_is_answered_once(chat: Chat, teams: FakeConnector) -> None:
    message = chat.activity("message", text="help")

    statuses = [(await chat.post(message)).status for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert len(teams.taken) == 1


async def test_a_message_delivered_twice_at_once_is_answered_once(chat: Chat, teams: FakeConnector) -> None:
    message = chat.activity("message", text="help")

    await asyncio.gather(*(chat.post(message) for _ in range(5)))

    assert len(teams.taken) == 1


async def test_a_message_delivered_again_after_a_restart_is_answered_once(
    chat: Chat, teams: FakeConnector, database: Database, database_url: str, clock: SteppedClock
) -> None:
    message = chat.activity("message", text="help")
    await chat.post(message)

    again = await open_database(database_url)
    async with running_bot(again, clock) as url:
        await replace(chat, messages_url=url).post(message)
    await again.close()

    assert len(teams.taken) == 1


async def test_the_same_activity_id_in_another_conversation_is_another_message(
    chat: Chat, teams: FakeConnector
) -> None:
    await chat.write("help", id="f:same")
    await replace(chat, conversation_id="a:warehouse", user_id="29:warehouse").write("help", id="f:same")

    assert len(teams.taken) == 2


async def test_a_mention_of_the_bot_is_not_part_of_what_was_said(signed_in: Chat, teams: FakeConnector) -> None:
    mention = {"type": "mention", "text": "<at>Mitel Assistant</at>", "mentioned": {"id": "28:bot"}}

    await signed_in.write("<at>Mitel Assistant</at> call 204", entities=[mention])

    assert "204" in texts_of(teams.taken[0].card)
