"""The hosted CloudLink says that there is something new, and we read it; what else a post says is not believed."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from auth.demo import WithoutToken
from bot.connector import Connector, Patience, connector_session
from bot.notices.assembly import notices
from cloudlink.hosted.api import Api
from cloudlink.hosted.notifications import Notifications
from cloudlink.hosted.subscription import Subscription, webhook_secret
from cloudlink.hosted.tokens import UserTokens
from cloudlink.topics import CALL_RECORDED
from store.conversations import Conversations
from store.database import DatabaseUnavailable, open_database
from store.dial_links import DialLinks
from store.directory import Directory
from store.identity import TeamsUser
from store.outbox import Outbox
from store.schema import subscriptions
from tabs.dial import dial_routes
from tests import postgres
from tests.bot.conftest import actions_of, texts_of
from tests.cloudlink.conftest import PASSWORD, inbound
from tests.cloudlink.contract import ADDRESS
from tests.cloudlink.test_hosted import CLIENT_ID, SERVICE_ID, cloud, cloudlink, make, own, own_vault, session
from tests.conftest import consuming
from tests.fakes.connector import fake_connector
from tests.fakes.relay import Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from cloudlink.hosted.hosted import HostedCloudLink
    from cloudlink.model import Call, User
    from store.database import Database
    from store.outbox import Event
    from store.vault import Vault
    from tests.cloudlink.conftest import People, Record
    from tests.cloudlink.test_hosted import Cloud
    from tests.conftest import SteppedClock

__all__ = ["cloud", "cloudlink", "own", "own_vault", "session"]

SECRET = webhook_secret(CLIENT_ID, "any secret")
# Half past three in the afternoon: after the clock of the tests.
LATER = 390


class Ours:
    """Our side: the webhook, and the events that came of it."""

    def __init__(self, webhook: str, notifications: Notifications) -> None:
        self.webhook = webhook
        self._notifications = notifications
        self.events: list[Event] = []
        self.came = asyncio.Condition()

    def run(self) -> None:
        """As the server does at its start, and when it begins a worker again that has failed."""
        self.running = asyncio.create_task(self._notifications.run())

    async def on_event(self, event: Event) -> None:
        async with self.came:
            self.events.append(event)
            self.came.notify_all()

    async def wait_for(self, number: int) -> list[Event]:
        """The events, once there are so many."""
        async with asyncio.timeout(30), self.came:
            await self.came.wait_for(lambda: len(self.events) >= number)
        return self.events


@asynccontextmanager
async def ours_of(
    hosted: HostedCloudLink, tokens: UserTokens, own: Database, clock: SteppedClock
) -> AsyncIterator[Ours]:
    outbox = Outbox(own, clock)
    notifications = Notifications(hosted, tokens, own, outbox, secret=SECRET, now=clock)
    app = web.Application()
    app.add_routes(notifications.routes())
    async with TestServer(app) as server:
        ours = Ours(str(server.make_url(f"/cloudlink/notifications/{SECRET}")), notifications)
        ours.run()
        async with consuming(outbox, "test", ours.on_event):
            yield ours
        ours.running.cancel()
        with suppress(asyncio.CancelledError):
            await ours.running


@pytest.fixture
async def ours(
    cloudlink: HostedCloudLink,
    cloud: Cloud,
    own: Database,
    own_vault: Vault,
    session: ClientSession,
    *,
    clock: SteppedClock,
) -> AsyncIterator[Ours]:
    api = Api(session, cloud.template, application="Test/1.0")
    tokens = UserTokens(api, own, own_vault, client_id=CLIENT_ID, now=clock)
    async with ours_of(cloudlink, tokens, own, clock) as ours:
        yield ours


def subscription(cloud: Cloud, session: ClientSession, people: People, ours: Ours, clock: SteppedClock) -> Subscription:
    return Subscription(
        Api(session, cloud.template, application="Test/1.0"),
        account_id=people.account.account_id,
        client_id=SERVICE_ID,
        client_secret=cloud.client_secret,
        webhook=ours.webhook,
        now=clock,
    )


@pytest.fixture
def record(record: Record, outbox: Outbox) -> Record:
    """The cloud's consumers are told at once."""

    async def told(user: User, call: Call) -> None:
        await record(user, call)
        outbox.wake()

    return told


async def test_a_call_in_the_cloud_becomes_an_event_here(
    ours: Ours, cloud: Cloud, session: ClientSession, people: People, *, record: Record, clock: SteppedClock
) -> None:
    await subscription(cloud, session, people, ours, clock).ensure()
    await record(people.desk, inbound("missed", LATER, answered=False))

    (event,) = await ours.wait_for(1)
    assert (event.topic, event.account_id) == (CALL_RECORDED, people.account.account_id)
    assert event.payload == {"principal_id": people.desk.principal_id, "call_id": "missed", "missed": True}


async def test_a_missed_call_in_the_cloud_becomes_a_card_whose_button_dials(
    ours: Ours,
    cloud: Cloud,
    cloudlink: HostedCloudLink,
    own: Database,
    *,
    session: ClientSession,
    people: People,
    record: Record,
    clock: SteppedClock,
) -> None:
    """Nothing of the call stands in our own database but its link."""
    who, user = people.desk.principal, TeamsUser("app", "tenant", "29:desk")
    await subscription(cloud, session, people, ours, clock).ensure()
    async with AsyncExitStack() as stack:
        teams = await stack.enter_async_context(fake_connector())
        await Directory(own, clock).connect(user, who)
        parties = {"bot": {"id": "28:bot"}, "user": {"id": user.user_id}, "conversation": {"id": "a:desk"}}
        await Conversations(own, clock).remember(user, "a:desk", {"serviceUrl": teams.url, **parties})
        connector = Connector(
            await stack.enter_async_context(connector_session()), WithoutToken(), Patience(attempts=1)
        )
        told = notices(own, cloudlink, connector, app_id="app", public_url="https://assistant.example.com", now=clock)
        clock.advance(minutes=30)
        await record(people.desk, inbound("missed", LATER, answered=False))
        (event,) = await ours.wait_for(1)
        await told.listener.on_event(event)
        await told.worker.tell_due()

        (sent,) = teams.taken
        assert "+33199000001" in texts_of(sent.card)
        dial = next(each["url"] for each in actions_of(sent.card) if each["type"] == "Action.OpenUrl")
        pages = web.Application()
        pages.add_routes(dial_routes(DialLinks(own, clock), cloudlink))
        site = await stack.enter_async_context(TestServer(pages))
        async with session.get(site.make_url(urlsplit(dial).path)) as answer:
            assert answer.status == 200
            assert "tel:+33199000001" in await answer.text()


async def test_one_subscription_is_enough_and_can_be_taken_back(
    ours: Ours, cloud: Cloud, session: ClientSession, people: People, *, database: Database, clock: SteppedClock
) -> None:
    subscribed = subscription(cloud, session, people, ours, clock)
    await subscribed.ensure()
    await subscribed.ensure()
    assert len(list(await database.scan(select(subscriptions.c.subscription_id)))) == 1
    await subscribed.end()
    assert list(await database.scan(select(subscriptions.c.subscription_id))) == []


async def post(session: ClientSession, url: str, body: str) -> int:
    async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
        return response.status


def about(people: People) -> str:
    account_id, principal_id = people.desk.account_id, people.desk.principal_id
    return f'{{"content": {{"accountId": "{account_id}", "principalId": "{principal_id}", "callId": "invented"}}}}'


async def test_a_post_is_not_believed_but_looked_into(
    ours: Ours, session: ClientSession, people: People, record: Record
) -> None:
    """Old calls are no news, invented ones are none at all, and each new one is told once."""
    await record(people.desk, inbound("old", 1))
    await record(people.desk, inbound("new", LATER))
    assert await post(session, ours.webhook, about(people)) == 204
    await ours.wait_for(1)
    await record(people.desk, inbound("newer", LATER + 1))
    assert await post(session, ours.webhook, about(people)) == 204
    assert [event.payload["call_id"] for event in await ours.wait_for(2)] == ["new", "newer"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 204),
        ("{}", 204),
        ('{"publications": [1, {"content": 1}, {"publisher": {"accountId": 1}}]}', 204),
        ('{"content": {"accountId": "x", "principalId": "y"}}', 204),
        ("[" * 100_000, 400),
        ('"' + "x" * 300_000 + '"', 413),
    ],
)
async def test_odd_posts_do_no_harm(ours: Ours, session: ClientSession, body: str, status: int) -> None:
    assert await post(session, ours.webhook, body) == status
    assert ours.events == []


@pytest.fixture
def own_url(postgres_template: str) -> Iterator[str]:
    """A database on a server, and not the cloud's."""
    name = postgres.run(postgres.copy(postgres_template))
    yield postgres.url_of(name)
    postgres.run(postgres.drop(name))


async def test_nobody_is_forgotten_while_our_database_is_away(
    cloud: Cloud,
    session: ClientSession,
    people: People,
    record: Record,
    *,
    own_vault: Vault,
    own_url: str,
    clock: SteppedClock,
) -> None:
    """It goes away while the calls are being read, which is after the post was answered."""
    there = urlsplit(own_url)
    async with AsyncExitStack() as stack:
        relay = await stack.enter_async_context(Relay(str(there.hostname), there.port or 5432))
        own = await open_database(postgres.url_of(there.path.removeprefix("/"), relay.address) + "?sslmode=disable")
        stack.push_async_callback(own.close)
        hosted = make(cloud, own, own_vault, session, people, clock=clock)
        await hosted.sign_in("desk@example.com", PASSWORD, address=ADDRESS)
        await record(people.desk, inbound("new", LATER))
        tokens = UserTokens(
            Api(session, cloud.template, application="Test/1.0"), own, own_vault, client_id=CLIENT_ID, now=clock
        )
        ours = await stack.enter_async_context(ours_of(hosted, tokens, own, clock))

        async def cut(_: web.Request) -> web.Response:
            await relay.cut()
            return web.json_response({}, status=401)

        cloud.faults.append(cut)
        assert await post(session, ours.webhook, about(people)) == 204
        with pytest.raises(DatabaseUnavailable):
            await ours.running
        await relay.mend()
        ours.run()
        (event,) = await ours.wait_for(1)
        assert event.payload["call_id"] == "new"


async def test_without_the_secret_there_is_no_webhook(ours: Ours, session: ClientSession, people: People) -> None:
    assert await post(session, ours.webhook.replace(SECRET, "x" * len(SECRET)), about(people)) == 404
