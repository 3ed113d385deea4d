"""The bot as a server, one company behind it, and Teams on both of its sides."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from auth.demo import WithoutToken
from auth.sign_in import SignIn
from bot.connector import Connector, Patience, connector_session
from bot.routes import add_bot
from cloudlink.administration.accounts import NewAccount
from cloudlink.model import Account, Call, DialSettings, User
from cloudlink.service import facts
from cloudlink.service.administration.gateway_links import StoredLinks
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning, known_as
from cloudlink.uplink import CallRecorded
from reporting.desk import Desk
from reporting.errors import RecentErrors
from store.directory import Directory
from store.identity import TeamsUser
from store.outbox import Outbox
from store.sign_ins import SignIns
from store.vault import Vault, new_key
from tests.fakes.connector import FakeConnector, fake_connector
from tests.reports import own_reports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from aiohttp import ClientResponse
    from sqlalchemy import Connection

    from bot.adapter import Deadlines, Verifier
    from bot.connected_tenants import IsConnected
    from bot.single_sign_on import SingleSignOn
    from cloudlink.port import CloudLink
    from store.database import Database
    from tests.conftest import SteppedClock

APP_ID = "00000000-0000-0000-0000-00000000b07a"
TENANT = "00000000-0000-0000-0000-000000007e4a"
PUBLIC_URL = "https://assistant.example.com"


@dataclass(frozen=True, slots=True)
class Company:
    """An account with people who have telephones."""

    account: Account
    desk: User
    warehouse: User
    workshop: User


@dataclass
class Chat:
    """One person's Teams client: posts activities to the bot, as the connector does.

    ``kind`` is ``personal``, ``groupChat`` or ``channel``.
    """

    http: ClientSession
    messages_url: str
    service_url: str
    user_id: str = "29:desk"
    conversation_id: str = "a:desk"
    kind: str = "personal"
    locale: str = "en-GB"
    ids: count[int] = field(default_factory=lambda: count(1))

    @property
    def user(self) -> TeamsUser:
        return TeamsUser(APP_ID, TENANT, self.user_id)

    def activity(self, type_: str, **fields: object) -> dict[str, Any]:
        """What Teams sends, with the fields given."""
        return {
            "type": type_,
            "id": f"f:{next(self.ids)}",
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": {"id": self.user_id, "name": "Front Desk"},
            "recipient": {"id": "28:bot", "name": "Mitel Assistant"},
            "conversation": {"id": self.conversation_id, "conversationType": self.kind, "tenantId": TENANT},
            "locale": self.locale,
            "entities": [{"type": "clientInfo", "timezone": "Europe/Paris", "platform": "Windows"}],
            **fields,
        }

    async def post(self, activity: Mapping[str, Any]) -> ClientResponse:
        """Delivers an activity; the response's body is read already."""
        async with self.http.post(self.messages_url, json=activity) as response:
            await response.read()
            return response

    async def write(self, text: str, **fields: object) -> None:
        """Writes a message to the bot."""
        response = await self.post(self.activity("message", text=text, **fields))
        assert response.status == 200

    async def invoke(self, name: str, value: object) -> ClientResponse:
        """Sends an invoke."""
        return await self.post(self.activity("invoke", name=name, value=value))

    async def press(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Presses an ``Action.Execute``; answers the body."""
        action = {"type": "Action.Execute", "verb": data.get("verb"), "data": data}
        response = await self.invoke("adaptiveCard/action", {"action": action, "trigger": "manual"})
        assert response.status == 200
        body: dict[str, Any] = await response.json()
        return body


@pytest.fixture
async def teams() -> AsyncIterator[FakeConnector]:
    async with fake_connector() as connector:
        yield connector


@pytest.fixture
async def company(database: Database, clock: SteppedClock) -> Company:
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    plan = DialSettings(region="FR", barred_prefixes=("+33899",))
    account = await provisioning.create_account(NewAccount("Main Office", "fr-FR", "Europe/Paris", dialing=plan))

    async def user(name: str, email: str, extension: str) -> User:
        return await provisioning.create_user(account.account_id, known_as(name, email, extension))

    return Company(
        account,
        desk=await user("Front Desk", "desk@example.com", "201"),
        warehouse=await user("Warehouse East", "east@example.com", "202"),
        workshop=await user("Warehouse West", "west@example.com", "203"),
    )


async def record(database: Database, owner: User, *calls: Call) -> None:
    """Stores calls of a user as the uplink would."""
    assert owner.extension is not None
    recorded = [CallRecorded(owner.extension, call) for call in calls]

    def work(connection: Connection) -> None:
        for fact in recorded:
            facts.write(connection, owner.account_id, [fact], fact.call.created_on)

    await database.write(work)


@pytest.fixture
def sign_ins(database: Database, clock: SteppedClock) -> SignIn:
    return SignIn(SignIns(database, clock), Directory(database, clock))


@asynccontextmanager
async def running_bot(
    database: Database,
    clock: SteppedClock,
    *,
    verifier: Verifier | None = None,
    deadlines: Deadlines | None = None,
    cloudlink: CloudLink | None = None,
    single_sign_on: SingleSignOn | None = None,
    is_connected: IsConnected | None = None,
    reported: bool = True,
) -> AsyncIterator[str]:
    """A bot on a free port; answers the URL of ``/api/messages``. ``reported``: somebody reads problem reports."""
    port = cloudlink or EmbeddedCloudLink(database, clock)
    own = own_reports(database, Outbox(database, clock), Vault([new_key()]), clock)
    desk = Desk(own, port, RecentErrors(clock), "1.2.3", StoredLinks(database, clock))
    async with connector_session() as session:
        app = web.Application()
        add_bot(
            app,
            app_id=APP_ID,
            public_url=PUBLIC_URL,
            database=database,
            cloudlink=port,
            sign_in=SignIn(SignIns(database, clock), Directory(database, clock)),
            desk=desk if reported else None,
            verifier=verifier or WithoutToken(),
            connector=Connector(session, WithoutToken(), Patience(attempts=3, first_wait=0.001)),
            popup=False,
            single_sign_on=single_sign_on,
            is_connected=is_connected,
            now=clock,
            deadlines=deadlines,
        )
        async with TestServer(app, host="127.0.0.1") as server:
            yield str(server.make_url("/api/messages"))


@pytest.fixture
async def chat(database: Database, clock: SteppedClock, teams: FakeConnector) -> AsyncIterator[Chat]:
    """The front desk's personal chat with a bot that knows nobody yet."""
    async with running_bot(database, clock) as url, ClientSession() as http:
        yield Chat(http, url, teams.url)


@pytest.fixture
async def signed_in(chat: Chat, database: Database, clock: SteppedClock, company: Company) -> Chat:
    """The same chat after the front desk has signed in."""
    await Directory(database, clock).connect(chat.user, company.desk.principal)
    return chat


def texts_of(part: object) -> str:
    """Every text in a card, in order, one a line."""
    if isinstance(part, dict):
        own = [part[key] for key in ("text", "title", "altText") if isinstance(part.get(key), str)]
        nested = [texts_of(value) for value in part.values() if isinstance(value, dict | list)]
        return "\n".join(filter(None, own + nested))
    return "\n".join(filter(None, map(texts_of, part))) if isinstance(part, list) else ""


def actions_of(part: object) -> list[dict[str, Any]]:
    """Every action in a card, in order."""
    if isinstance(part, dict):
        own = [part] if str(part.get("type", "")).startswith("Action.") else []
        return own + [action for value in part.values() for action in actions_of(value)]
    return [action for item in part for action in actions_of(item)] if isinstance(part, list) else []
