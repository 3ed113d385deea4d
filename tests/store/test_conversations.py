"""The bot knows where each person can be reached, and greets them once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from store.conversations import Conversation, Conversations
from store.schema import conversations as rows

if TYPE_CHECKING:
    from store.database import Database
    from store.identity import TeamsUser
    from tests.conftest import SteppedClock

REFERENCE = {"serviceUrl": "https://example.com/", "bot": {"id": "28:app"}}


@pytest.fixture
def conversations(database: Database, clock: SteppedClock) -> Conversations:
    return Conversations(database, clock)


async def test_is_new_once_for_each_teams_user(
    conversations: Conversations, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    assert await conversations.remember(teams_user, "chat", REFERENCE)
    assert not await conversations.remember(teams_user, "chat", REFERENCE)
    assert await conversations.remember(other_teams_user, "chat", REFERENCE)


async def test_of_two_deliveries_at_once_one_is_new(conversations: Conversations, teams_user: TeamsUser) -> None:
    answers = await asyncio.gather(*(conversations.remember(teams_user, "chat", REFERENCE) for _ in range(5)))
    assert sorted(answers) == [False, False, False, False, True]


async def test_a_changed_reference_is_kept_and_not_new(conversations: Conversations, teams_user: TeamsUser) -> None:
    await conversations.remember(teams_user, "chat", REFERENCE)
    moved = {**REFERENCE, "serviceUrl": "https://example.com/moved/"}
    assert not await conversations.remember(teams_user, "chat", moved)
    assert await conversations.of(teams_user) == Conversation("chat", moved)


async def test_an_unchanged_reference_is_not_written_again(
    database: Database, conversations: Conversations, teams_user: TeamsUser, clock: SteppedClock
) -> None:
    await conversations.remember(teams_user, "chat", REFERENCE)
    first = clock()
    clock.advance(hours=1)
    await conversations.remember(teams_user, "chat", REFERENCE)
    assert [row[0] for row in await database.read(select(rows.c.changed_on))] == [first]


async def test_another_conversation_of_the_same_person_is_new(
    conversations: Conversations, teams_user: TeamsUser
) -> None:
    await conversations.remember(teams_user, "chat", REFERENCE)
    assert await conversations.remember(teams_user, "chat-2", REFERENCE)
    assert await conversations.owner("app", "tenant", "chat") is None


async def test_knows_whose_conversation_it_is(conversations: Conversations, teams_user: TeamsUser) -> None:
    await conversations.remember(teams_user, "chat", REFERENCE)
    assert await conversations.owner("app", "tenant", "chat") == teams_user
    for stranger in (("other", "tenant", "chat"), ("app", "other", "chat"), ("app", "tenant", "other")):
        assert await conversations.owner(*stranger) is None


async def test_forgets_a_removed_app_and_greets_again(conversations: Conversations, teams_user: TeamsUser) -> None:
    await conversations.remember(teams_user, "chat", REFERENCE)
    await conversations.forget(teams_user)
    assert await conversations.of(teams_user) is None
    assert await conversations.remember(teams_user, "chat", REFERENCE)
