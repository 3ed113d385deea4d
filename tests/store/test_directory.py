"""Verified identifiers become accounts and principals, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, delete, update

from cloudlink.gateway_key import GatewayKey
from store.conversations import Conversations
from store.dial_links import DialLinks
from store.dialogs import Dialogs, DialogState
from store.directory import Directory
from store.schema import accounts, users
from store.sign_ins import SignIns
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from store.identity import TeamsUser
    from tests.cloudlink.conftest import People, Record


@pytest.fixture
def directory(database: Database) -> Directory:
    return Directory(database)


async def test_a_teams_user_is_nobody_until_connected(
    directory: Directory, people: People, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    assert await directory.principal_of(teams_user) is None
    await directory.connect(teams_user, people.desk.principal)
    assert await directory.principal_of(teams_user) == people.desk.principal
    assert await directory.principal_of(other_teams_user) is None


async def test_connecting_again_replaces_the_principal(
    directory: Directory, people: People, teams_user: TeamsUser
) -> None:
    await directory.connect(teams_user, people.desk.principal)
    await directory.connect(teams_user, people.stranger.principal)
    assert await directory.principal_of(teams_user) == people.stranger.principal


@pytest.mark.parametrize("table", [users, accounts])
async def test_a_deactivated_user_or_account_is_connected_no_more(
    database: Database, directory: Directory, people: People, teams_user: TeamsUser, table: Table
) -> None:
    await directory.connect(teams_user, people.desk.principal)
    await database.write(lambda connection: connection.execute(update(table).values(active=False)))
    assert await directory.principal_of(teams_user) is None


async def test_a_connection_goes_with_its_user(
    database: Database, directory: Directory, people: People, teams_user: TeamsUser
) -> None:
    await directory.connect(teams_user, people.desk.principal)
    await database.write(lambda connection: connection.execute(delete(users)))
    assert await directory.principal_of(teams_user) is None


async def test_signing_out_forgets_connection_dialogs_and_sign_ins_but_not_where_the_bot_is(
    database: Database, directory: Directory, people: People, teams_user: TeamsUser
) -> None:
    hour = timedelta(hours=1)
    sign_ins, dialogs, conversations = SignIns(database), Dialogs(database), Conversations(database)
    await directory.connect(teams_user, people.desk.principal)
    await dialogs.save(teams_user, "chat", DialogState("choose", {}), hour)
    await conversations.remember(teams_user, "chat", {"serviceUrl": "https://example.com"})
    token = await sign_ins.open(teams_user, "chat", "Front Desk", "en", hour)

    await directory.disconnect(teams_user)

    assert await directory.principal_of(teams_user) is None
    assert await dialogs.load(teams_user, "chat") is None
    assert await sign_ins.find(token) is None
    assert await conversations.of(teams_user) is None


async def test_signing_out_forgets_the_numbers_asked_for_but_not_the_links_of_call_records(
    database: Database, directory: Directory, people: People, record: Record, teams_user: TeamsUser
) -> None:
    links, desk, warehouse = DialLinks(database), people.desk.principal, people.warehouse.principal
    await directory.connect(teams_user, desk)
    await record(people.desk, inbound("c1"))
    of_call = (await links.for_calls(desk, [inbound("c1")]))["c1"]
    asked_for = await links.for_number(desk, "+33199000003", "Front Desk", timedelta(hours=1))
    of_another = await links.for_number(warehouse, "+33199000003", None, timedelta(hours=1))

    await directory.disconnect(teams_user)

    assert await links.find(asked_for) is None
    assert await links.find(of_another) is not None
    assert await links.find(of_call) is not None


async def test_signing_out_leaves_other_teams_users_alone(
    database: Database, directory: Directory, people: People, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    links, desk = DialLinks(database), people.desk.principal
    await directory.connect(teams_user, desk)
    link = await links.for_number(desk, "+33199000003", None, timedelta(hours=1))
    await directory.disconnect(other_teams_user)
    assert await directory.principal_of(teams_user) == desk
    assert await links.find(link) is not None


async def test_a_gateway_is_known_by_its_public_key(
    directory: Directory, provisioning: Provisioning, people: People
) -> None:
    gateway_id, key = await provisioning.create_gateway(people.account.account_id)
    assert await directory.gateway(gateway_id) == (people.account.account_id, GatewayKey(key).public)
    for wrong_id in ("unknown", "", "\udcff"):
        assert await directory.gateway(wrong_id) is None


async def test_finds_the_users_of_an_email_in_every_account(
    directory: Directory, people: People, password_hash: str
) -> None:
    assert await directory.users_by_email(" DESK@example.com") == [(people.desk, password_hash)]
    assert await directory.users_by_email("warehouse@example.com") == [(people.warehouse, None)]
    assert await directory.users_by_email("desk@example.co") == []
