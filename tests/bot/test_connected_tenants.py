"""People of a tenant that no account has connected get instructions, whatever they write or press."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.service.administration.tenants import AccountTenants
from tests.bot.conftest import PUBLIC_URL, TENANT, Chat, actions_of, record, running_bot, texts_of
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

OPERATOR = Actor(ActorKind.OPERATOR, "Operator")


@pytest.fixture
def tenants(database: Database, clock: SteppedClock) -> AccountTenants:
    return AccountTenants(database, clock)


@pytest.fixture
async def chat(
    database: Database, clock: SteppedClock, teams: FakeConnector, tenants: AccountTenants
) -> AsyncIterator[Chat]:
    """With a bot that serves connected tenants only."""

    async def is_connected(tenant_id: str) -> bool:
        return await tenants.account_of(tenant_id) is not None

    async with running_bot(database, clock, is_connected=is_connected) as url, ClientSession() as http:
        yield Chat(http, url, teams.url)


async def test_everybody_elses_activities_get_instructions_only(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database
) -> None:
    await record(database, company.desk, inbound("c1", caller="+33199000011"))

    await signed_in.post(signed_in.activity("installationUpdate", action="add"))
    for text in ("call log", "call Warehouse East", "sign in", "help", "BCDF-GHJK"):
        await signed_in.write(text)
    await signed_in.invoke("signin/verifyState", {"state": "BCDF-GHJK"})

    told = [sent.card for sent in teams.taken]
    assert len(told) == 7
    assert {texts_of(card) for card in told} == {texts_of(told[0])}
    assert "not connected" in texts_of(told[0])
    (console,) = actions_of(told[0])
    assert console["url"] == f"{PUBLIC_URL}/console"


async def test_a_button_and_a_token_of_theirs_do_nothing(signed_in: Chat, teams: FakeConnector) -> None:
    pressed = await signed_in.press({"verb": "callLog"})
    assert "not connected" in texts_of(pressed["value"])
    exchanged = await signed_in.invoke("signin/tokenExchange", {"id": "1", "connectionName": "x", "token": "x"})
    assert exchanged.status == 412
    assert teams.taken == []


async def test_a_tenant_is_served_from_its_connection_to_its_end(
    signed_in: Chat, teams: FakeConnector, company: Company, database: Database, tenants: AccountTenants
) -> None:
    await record(database, company.desk, inbound("c1", caller="+33199000011"))
    account_id = company.account.account_id

    await tenants.prove(OPERATOR, account_id, TENANT)
    await signed_in.write("call log")
    await tenants.forget(OPERATOR, account_id, TENANT)
    await signed_in.write("call log")

    served, turned_away = (texts_of(sent.card) for sent in teams.taken)
    assert "Incoming call" in served
    assert "not connected" in turned_away
    assert "Incoming call" not in turned_away
