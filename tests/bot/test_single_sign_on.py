"""Single sign-on in the chat: Teams' token signs its own user in, once for all clients; else there is the button."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, TCPConnector
from sqlalchemy import Connection, insert, update

from auth.entra.teams_tokens import TeamsTokens, metadata_url
from auth.keys import SigningKeys
from auth.sign_in import SignIn
from bot.single_sign_on import SingleSignOn
from cloudlink.service.entra import EntraUsers
from store.directory import Directory
from store.schema import integrations, tenants, users
from store.sign_ins import SignIns
from store.vault import Vault, new_key
from tests.bot.conftest import APP_ID, PUBLIC_URL, TENANT, Chat, record, running_bot, texts_of
from tests.bot.extension.asking import lines, link_in, search
from tests.cloudlink.conftest import inbound
from tests.fakes.entra import FORGERIES, Entra, Person, Tenant, entra, forge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

RESOURCE = f"api://assistant.example.com/botid-{APP_ID}"


class EmployeeChat(Chat):
    """The chat of somebody whom Entra ID knows as ``person``."""

    person: Person

    def activity(self, type_: str, **fields: object) -> dict[str, Any]:
        told = super().activity(type_, **fields)
        return {**told, "from": {**told["from"], "aadObjectId": self.person.object_id.upper()}}

    async def exchange(self, token: object, offer_id: str = "offer-1") -> tuple[int, Any]:
        """The invoke by which Teams answers the offer."""
        value = {"id": offer_id, "connectionName": "MitelAssistant", "token": token}
        response = await self.invoke("signin/tokenExchange", value)
        return response.status, await response.json()


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(TENANT)


@pytest.fixture
def desk(tenant: Tenant) -> Person:
    return tenant.add("desk@example.com", name="Front Desk")


@pytest.fixture
def identity(tmp_path: Path, tenant: Tenant, desk: Person) -> Iterator[Entra]:
    with entra(tmp_path, APP_ID, "secret", tenant) as running:
        yield running


@pytest.fixture
async def employee(
    database: Database, clock: SteppedClock, teams: FakeConnector, company: Company, *, identity: Entra, desk: Person
) -> AsyncIterator[EmployeeChat]:
    """The company has connected its tenant; the front desk has never signed in."""

    def connect(connection: Connection) -> None:
        account_id, now = company.account.account_id, clock()
        connection.execute(insert(tenants), {"tenant_id": TENANT, "account_id": account_id, "proved_on": now})
        row = {"account_id": account_id, "kind": "entraSso", "enabled": True, "configuration": {"tenantId": TENANT}}
        connection.execute(insert(integrations), {**row, "created_on": now, "modified_on": now})
        connection.execute(update(users).values(login_id_folded=users.c.email_folded))

    await database.write(connect)
    trusted = TCPConnector(ssl=ssl.create_default_context(cafile=str(identity.certificate)))
    async with ClientSession(connector=trusted) as session, ClientSession() as http:
        keys = SigningKeys(session, metadata_url(identity.url))
        sso = SingleSignOn(
            TeamsTokens(keys, [APP_ID, RESOURCE], entra_url=identity.url),
            EntraUsers(database, Vault([new_key()]), clock),
            SignIn(SignIns(database, clock), Directory(database, clock)),
            resource=RESOURCE,
        )
        async with running_bot(database, clock, single_sign_on=sso) as url:
            chat = EmployeeChat(http, url, teams.url)
            chat.person = desk
            yield chat


@pytest.fixture
def token(identity: Entra, tenant: Tenant, desk: Person) -> str:
    return identity.mint.sign(identity.mint.sso_claims(tenant, desk, version=1, audience=RESOURCE))


def attachments(teams: FakeConnector, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = teams.taken[number].activity["attachments"]
    return found


async def test_who_asks_for_calls_gets_them_without_signing_in(
    employee: EmployeeChat, teams: FakeConnector, company: Company, database: Database, token: str
) -> None:
    await record(database, company.desk, inbound("c1", answered=False))
    await employee.write("missed calls")
    (offer,) = attachments(teams, 0)
    assert offer["contentType"] == "application/vnd.microsoft.card.oauth"
    assert offer["content"]["tokenExchangeResource"]["uri"] == RESOURCE
    assert offer["content"]["buttons"][0]["value"].startswith(f"{PUBLIC_URL}/sign-in/")

    status, body = await employee.exchange(token, offer["content"]["tokenExchangeResource"]["id"])

    assert (status, body["id"]) == (200, offer["content"]["tokenExchangeResource"]["id"])
    assert "+33199000001" in texts_of(teams.taken[-1].card).replace(" ", "")


async def test_one_of_several_clients_is_served(employee: EmployeeChat, token: str, teams: FakeConnector) -> None:
    await employee.write("sign in")
    answers = [await employee.exchange(token) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 412, 412]
    assert len(teams.taken) == 2


@pytest.mark.parametrize("name", FORGERIES)
async def test_forged_tokens_sign_nobody_in(
    employee: EmployeeChat, identity: Entra, desk: Person, database: Database, *, clock: SteppedClock, name: str
) -> None:
    status, body = await employee.exchange(forge(identity, desk, name))
    assert (status, body["failureDetail"]) == (412, "the token signs nobody in")
    assert await Directory(database, clock).principal_of(employee.user) is None


async def test_the_token_of_a_colleague_signs_nobody_in(
    employee: EmployeeChat, identity: Entra, tenant: Tenant, database: Database, clock: SteppedClock
) -> None:
    colleague = tenant.add("east@example.com")
    status, _ = await employee.exchange(identity.mint.sign(identity.mint.sso_claims(tenant, colleague)))
    assert status == 412
    assert await Directory(database, clock).principal_of(employee.user) is None


async def test_after_a_failure_the_button_of_the_offer_still_leads_to_the_page(
    employee: EmployeeChat, teams: FakeConnector, company: Company, sign_ins: SignIn
) -> None:
    await employee.write("sign in")
    await employee.exchange("no.to.ken")
    link = attachments(teams, 0)[0]["content"]["buttons"][0]["value"].rpartition("/")[2]
    code = await sign_ins.grant(link, company.desk.principal)
    await employee.write(code)
    assert "You are signed in." in texts_of(teams.taken[-1].card)


@pytest.mark.parametrize("value", [{}, {"id": 1, "token": "x"}, {"id": "x", "token": {}}, {"id": "x"}])
async def test_an_invoke_without_token_is_told_so(employee: EmployeeChat, value: dict[str, object]) -> None:
    assert (await employee.invoke("signin/tokenExchange", value)).status == 400


async def test_in_a_group_nobody_is_signed_in(employee: EmployeeChat, token: str) -> None:
    employee.kind, employee.conversation_id = "groupChat", "19:group"
    assert (await employee.exchange(token))[0] == 412


async def test_a_client_that_names_no_object_id_gets_the_usual_card(chat: Chat, teams: FakeConnector) -> None:
    await chat.write("sign in")
    assert attachments(teams, 0)[0]["contentType"] == "application/vnd.microsoft.card.adaptive"


async def test_in_the_compose_box_it_comes_before_the_page(employee: EmployeeChat, token: str) -> None:
    asked = await search(employee, "east")
    assert asked["type"] == "silentAuth"
    assert link_in(asked)

    assert lines(await search(employee, "east", authentication={"token": token})) == [["Warehouse East", "202"]]


@pytest.mark.parametrize("forged", ["no.to.ken", ""])
async def test_in_the_compose_box_a_bad_token_leads_to_the_page(employee: EmployeeChat, forged: str) -> None:
    assert (await search(employee, "east", authentication={"token": forged}))["type"] == "auth"


async def test_in_the_compose_box_the_token_of_a_colleague_finds_nothing(
    employee: EmployeeChat, identity: Entra, tenant: Tenant, database: Database, clock: SteppedClock
) -> None:
    colleague = tenant.add("east@example.com")
    theirs = identity.mint.sign(identity.mint.sso_claims(tenant, colleague))

    assert (await search(employee, "east", authentication={"token": theirs}))["type"] == "auth"
    assert await Directory(database, clock).principal_of(employee.user) is None
