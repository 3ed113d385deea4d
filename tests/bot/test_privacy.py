"""Who is greeted, and what is never said where others read along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.bot.conftest import record, texts_of
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.fakes.connector import FakeConnector

BOT = [{"id": "28:bot"}]


async def test_an_installation_is_greeted_once_although_teams_tells_of_it_twice(
    chat: Chat, teams: FakeConnector
) -> None:
    await chat.post(chat.activity("installationUpdate", action="add"))
    await chat.post(chat.activity("conversationUpdate", membersAdded=BOT))
    await chat.post(chat.activity("conversationUpdate", membersAdded=[{"id": "29:desk"}]))

    (greeting,) = teams.taken
    assert "help" in texts_of(greeting.card)


async def test_who_installs_again_is_greeted_again(chat: Chat, teams: FakeConnector) -> None:
    for action in ("add", "remove", "add"):
        await chat.post(chat.activity("installationUpdate", action=action))

    assert len(teams.taken) == 2


async def test_an_upgrade_of_the_app_greets_nobody_and_forgets_nobody(chat: Chat, teams: FakeConnector) -> None:
    for action in ("add", "remove-upgrade", "add-upgrade"):
        await chat.post(chat.activity("installationUpdate", action=action))

    assert len(teams.taken) == 1


async def test_an_installation_that_is_delivered_twice_is_told_once_in_a_group(
    chat: Chat, teams: FakeConnector
) -> None:
    group = replace(chat, kind="groupChat", conversation_id="19:group@thread.v2")
    installed = group.activity("installationUpdate", action="add")
    await group.post(installed)
    await group.post(installed)

    assert len(teams.taken) == 1


async def test_a_thread_without_a_type_is_not_taken_for_a_private_chat(chat: Chat, teams: FakeConnector) -> None:
    activity = chat.activity("message", text="sign in")
    activity["conversation"] = {"id": "19:group@thread.v2", "tenantId": activity["conversation"]["tenantId"]}
    await chat.post(activity)

    (sent,) = teams.taken
    assert "private" in sent.activity["text"]


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
@pytest.mark.parametrize("text", ["call log", "sign in", "call Warehouse", "help", "hello"])
async def test_where_others_read_along_only_the_way_to_the_private_chat_is_told(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, *, kind: str, text: str
) -> None:
    await record(database, company.desk, inbound("c1"))

    await replace(signed_in, kind=kind, conversation_id="19:group@thread.v2").write(text)

    (sent,) = teams.taken
    assert "attachments" not in sent.activity
    assert "private" in sent.activity["text"]


async def test_a_group_is_told_once_how_to_reach_the_bot(chat: Chat, teams: FakeConnector) -> None:
    group = replace(chat, kind="groupChat", conversation_id="19:group@thread.v2")

    await group.post(group.activity("conversationUpdate", membersAdded=BOT))
    await group.post(group.activity("installationUpdate", action="add"))

    (sent,) = teams.taken
    assert "private" in sent.activity["text"]


async def test_an_unknown_kind_of_conversation_counts_as_one_where_others_read_along(
    signed_in: Chat, teams: FakeConnector
) -> None:
    await replace(signed_in, kind="meeting").write("call log")

    assert "private" in teams.taken[0].activity["text"]
