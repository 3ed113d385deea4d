"""Subscriptions, and publications by webhook and WebSocket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import WSCloseCode, WSMsgType
from sqlalchemy import func, select, update

from cloudlink.administration.actor import SYSTEM
from cloudlink.administration.clients import NewClient
from cloudlink.administration.users import UserChanges
from cloudlink.model import CallState
from cloudlink.service.administration.audit import AuditLog
from cloudlink.service.api.notifications.deliveries import MOST_WAITING, TAKEN_FOR, FanOut, due, take
from cloudlink.service.api.notifications.webhooks import MOST_ATTEMPTS, MOST_FAILURES, Webhooks, webhook_session
from cloudlink.service.line_watch import LineWatch
from store.outbox import Event
from store.schema import deliveries, endpoints, subscriptions
from tests.cloudlink.conftest import inbound
from tests.fakes.webhook import Webhook
from tests.lines import linked, show_line, unlink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.model import User
    from cloudlink.service.api.admin.routes import Administration
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.api.conftest import Api, Mint
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock

APPLICATION = "5f1c3a52-0c5c-4c5a-9f5e-3a1d1f0e7b11"
RINGING = "$.publications[?(@.content.state == 'ringing')]"


def subscription(url: str, **more: str) -> dict[str, str]:
    return {
        "applicationId": APPLICATION,
        "deviceId": url,
        "transport": "webhook",
        "topic": "platform-api-media",
        "subjectFilter": "/2017-09-01/endpoints/",
        **more,
    }


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    async with Webhook.listening() as listening:
        yield listening


async def subscribe(admin: Api, url: str, **more: str) -> str:
    made = await admin("POST", "/subscriptions", subscription(url, **more))
    assert made.status == 201, made.body
    return str(made.body["subscriptionId"])


async def change_line(database: Database, people: People, state: CallState, clock: SteppedClock) -> None:
    clock.advance(seconds=1)
    await show_line(database, people.desk, clock(), state=state)


async def count(database: Database, table: Any) -> int:
    return int((await database.scan(select(func.count()).select_from(table)))[0][0])


async def test_a_call_reaches_the_webhook_in_mitels_envelope(
    admin: Api, webhook: Webhook, people: People, record: Record, outbox: Outbox
) -> None:
    subscription_id = await subscribe(admin, webhook.url)

    await record(people.desk, inbound("c1"))
    outbox.wake()
    body, headers = await webhook.posts.get()

    signature = hmac.new(APPLICATION.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Mitel-Signature"] == signature
    webhook.posts.put_nowait((body, headers))
    told = await webhook.next()
    content = told.pop("content")
    account_id, principal_id = people.account.account_id, people.desk.principal_id
    assert told == {
        "publicationId": told["publicationId"],
        "topic": "platform-api-media",
        "method": "PUT",
        "subject": f"/2017-09-01/endpoints/{content['endpointId']}/calls/c1",
        "publisher": {"accountId": account_id, "principalId": principal_id},
        "subscription": {"subscriptionId": subscription_id},
        "notification": {"createdOn": "2026-03-02T14:05:00.000Z", "correlationId": told["publicationId"]},
    }
    assert (content["callId"], content["state"], content["direction"]) == ("c1", "completed", "inbound")
    assert (content["accountId"], content["principalId"], content["userId"]) == (account_id, principal_id, principal_id)
    assert content["eventType"] == "CallStateNotification"


async def test_filters_choose_what_is_told(
    admin: Api, webhook: Webhook, people: People, database: Database, clock: SteppedClock
) -> None:
    await subscribe(admin, webhook.url, publicationFilter=RINGING)
    await subscribe(admin, webhook.url, subjectFilter="/2017-09-01/endpoints/none")

    await change_line(database, people, CallState.CONNECTED, clock)
    await change_line(database, people, CallState.RINGING, clock)

    told = await webhook.next()
    assert (told["content"]["state"], told["content"]["eventType"]) == ("ringing", "EndpointStateNotification")
    assert webhook.posts.empty()


async def test_one_publication_tells_that_a_gateway_is_away_and_one_that_it_is_back(
    admin: Api, webhook: Webhook, people: People, database: Database, outbox: Outbox, *, clock: SteppedClock
) -> None:
    await subscribe(admin, webhook.url)
    for state in (CallState.RINGING, CallState.CONNECTED):
        await change_line(database, people, state, clock)
    assert [(await webhook.next())["content"]["state"] for _ in range(2)] == ["ringing", "connected"]
    watch = LineWatch(database, outbox, clock)
    await watch.look()

    await unlink(database, people.account.account_id)
    clock.advance(seconds=11)
    await watch.look()

    told = await webhook.next()
    content = told["content"]
    assert (content["eventType"], content["state"], content["known"]) == ("GatewayStateNotification", "unknown", False)
    assert (told["subject"], told["publisher"]) == (
        "/2017-09-01/endpoints/",
        {"accountId": people.account.account_id},
    )
    here = f"/media/2017-09-01/endpoints/{people.desk.principal_id}"
    assert (await admin("GET", here)).body["state"] == "unknown"

    await database.write(lambda connection: linked(connection, people.account.account_id, clock()))
    await watch.look()

    assert (await webhook.next())["content"]["known"] is True
    assert (await admin("GET", here)).body["state"] == "connected"
    assert webhook.posts.empty()


async def test_everything_that_is_known_of_a_telephone_is_published(
    admin: Api, webhook: Webhook, people: People, database: Database, clock: SteppedClock
) -> None:
    await subscribe(admin, webhook.url)
    await show_line(database, people.desk, clock(), state=CallState.IDLE, dnd=True)

    content = (await webhook.next())["content"]

    assert (content["state"], content["dnd"], content["messageWaiting"]) == ("idle", True, False)
    assert (content["userAvailability"], content["name"]) == ("available", "201")


async def test_a_socket_tells_in_order_and_ends_with_its_subscription(
    admin: Api, api: Api, people: People, record: Record, outbox: Outbox
) -> None:
    subscription_id = await subscribe(admin, "", transport="websocket")
    await record(people.desk, inbound("c1", 1))
    await record(people.desk, inbound("c2", 2))
    outbox.wake()
    url = api.server.make_url(f"/notifications/2017-09-01/subscriptions/{subscription_id}/socket")

    async with api.session.ws_connect(url, headers={"Authorization": f"Bearer {admin.token}"}) as socket:
        told = [(await socket.receive_json(timeout=10))["content"]["callId"] for _ in range(2)]
        assert told == ["c1", "c2"]
        assert (await admin("DELETE", f"/subscriptions/{subscription_id}")).status == 204
        assert (await socket.receive(timeout=10)).type is WSMsgType.CLOSE
    answer = await api("GET", f"/subscriptions/{subscription_id}/socket")
    assert answer.status == 401


async def test_subscriptions_are_the_accounts_own(admin: Api, desk: Api, stranger: Api, people: People) -> None:
    subscription_id = await subscribe(admin, "https://hooks.example.com/calls")
    here = f"/subscriptions/{subscription_id}"

    listed = (await admin("GET", "/subscriptions")).items

    assert [item["subscriptionId"] for item in listed] == [subscription_id]
    assert (await admin("GET", here)).body == listed[0]
    for asker in (desk, stranger):
        for method, path in (("GET", "/subscriptions"), ("POST", "/subscriptions"), ("DELETE", here), ("GET", here)):
            assert (await asker(method, path)).status == 403
    assert (await admin("DELETE", "/subscriptions/nothing")).status == 404
    for _ in range(19):
        await subscribe(admin, "https://hooks.example.com/calls")
    assert (await admin("POST", "/subscriptions", subscription("https://hooks.example.com/calls"))).status == 409


async def test_another_accounts_administrator_finds_no_such_subscription(
    admin: Api, api: Api, mint: Mint, people: People
) -> None:
    here = f"/subscriptions/{await subscribe(admin, 'https://hooks.example.com/calls')}"
    other = api.of(await mint.client(people.other_account.account_id))
    assert [(await other(method, here)).status for method in ("GET", "DELETE")] == [404, 404]
    assert (await other("GET", f"{here}/socket")).status == 404


async def test_the_log_tells_who_subscribed_and_no_secret(admin: Api, people: People, database: Database) -> None:
    here = f"/subscriptions/{await subscribe(admin, 'https://hooks.example.com/calls?key=hidden')}"
    assert (await admin("DELETE", here)).status == 204

    page = await AuditLog(database).entries(SYSTEM, people.account.account_id, limit=2)

    assert [entry.action for entry in page.items] == ["subscription.removed", "subscription.created"]
    made = page.items[-1]
    assert (made.actor_id, made.subject_name) == (people.warehouse.principal_id, "hooks.example.com")
    assert "hidden" not in str(page)
    assert APPLICATION not in str(page)


@pytest.mark.parametrize(
    "more",
    [
        {"topic": "platform-api-chat"},
        {"transport": "pigeon"},
        {"applicationId": ""},
        {"publicationFilter": "$["},
        {"publicationFilter": "state"},
        {"publicationFilter": "$.publications[?match(@.content.state, 'r*')]"},
        {"publicationFilter": "$[?@.content =~ /(a+)+$/]"},
        {"publicationFilter": "$..[?@..[?@..a]]"},
        {"publicationFilter": "$" + "[" * 390},
        {"publicationFilter": "$" + ".a" * 300},
    ],
)
async def test_refuses_what_it_cannot_keep(admin: Api, more: dict[str, str]) -> None:
    answer = await admin("POST", "/subscriptions", subscription("https://hooks.example.com/calls", **more))
    assert (answer.status, answer.body["name"]) == (400, "BadRequest"), answer.body


@pytest.mark.parametrize("changes", [UserChanges(role="USER"), UserChanges(active=False)])
async def test_they_end_with_the_rights_of_whoever_made_them(
    admin: Api, mint: Mint, administration: Administration, people: People, changes: UserChanges
) -> None:
    account_id, maker = people.account.account_id, people.warehouse.principal_id
    await administration.users.change(SYSTEM, account_id, people.desk.principal_id, {"role": "ACCOUNT_ADMIN"})
    await subscribe(admin, "https://hooks.example.com/calls")
    other = admin.of(await mint.user(people.desk.principal))
    await subscribe(other, "https://hooks.example.com/other")

    await administration.users.change(SYSTEM, account_id, maker, changes)

    assert [item["deviceId"] for item in (await other("GET", "/subscriptions")).items] == [
        "https://hooks.example.com/other"
    ]


async def test_they_end_with_the_application_that_made_them(
    admin: Api, api: Api, mint: Mint, administration: Administration, people: People
) -> None:
    account_id = people.account.account_id
    robot = api.of(await mint.client(account_id))
    await subscribe(robot, "https://hooks.example.com/calls")
    await subscribe(admin, "https://hooks.example.com/kept")
    (client,) = await administration.clients.all(SYSTEM, account_id)

    weaker = NewClient("Wallboard", grant_types=("client_credentials",), role="USER", confidential=True)
    await administration.clients.change(SYSTEM, account_id, client.client_id, weaker, active=True)

    kept = "https://hooks.example.com/kept"
    assert [item["deviceId"] for item in (await admin("GET", "/subscriptions")).items] == [kept]


async def test_they_end_with_the_account(
    admin: Api, administration: Administration, people: People, database: Database
) -> None:
    await subscribe(admin, "https://hooks.example.com/calls")
    await administration.accounts.set_active(SYSTEM, people.account.account_id, active=False)
    assert await count(database, subscriptions) == 0


@pytest.mark.parametrize("changes", [UserChanges(role="USER"), UserChanges(active=False)])
async def test_a_socket_ends_with_the_rights_of_whoever_opened_it(
    admin: Api, mint: Mint, administration: Administration, people: People, changes: UserChanges
) -> None:
    account_id, colleague = people.account.account_id, people.desk.principal_id
    await administration.users.change(SYSTEM, account_id, colleague, {"role": "ACCOUNT_ADMIN"})
    token = await mint.user(people.desk.principal)
    subscription_id = await subscribe(admin, "", transport="websocket")
    url = admin.server.make_url(f"/notifications/2017-09-01/subscriptions/{subscription_id}/socket")

    async with admin.session.ws_connect(url, headers={"Authorization": f"Bearer {token}"}) as socket:
        await administration.users.change(SYSTEM, account_id, colleague, changes)
        closed = await socket.receive(timeout=10)

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, WSCloseCode.POLICY_VIOLATION)


async def test_an_event_that_is_told_again_is_published_once(line: Line, people: People, clock: SteppedClock) -> None:
    before = await count(line.database, deliveries)
    endpoint = await endpoint_of(line.database, people.desk)
    payload = {"principal_id": people.desk.principal_id, "endpoint_id": endpoint, "state": "idle"}
    again = Event(len(STATES), people.account.account_id, "line.changed", payload, clock())
    for _ in range(2):
        await FanOut(line.database, lambda: None, clock).on_event(again)
    assert await count(line.database, deliveries) == before


class Line:
    """A webhook with three publications waiting, and a worker that a test drives by hand."""

    def __init__(self, database: Database, clock: SteppedClock, worker: Webhooks, webhook: Webhook) -> None:
        self.database = database
        self.clock = clock
        self.worker = worker
        self.webhook = webhook

    async def states(self) -> list[str]:
        """Of the posts that have come since."""
        return [(await self.webhook.next())["content"]["state"] for _ in range(self.webhook.posts.qsize())]


STATES = [CallState.RINGING, CallState.CONNECTED, CallState.IDLE]


@pytest.fixture
async def line(
    webhook: Webhook, people: People, database: Database, outbox: Outbox, clock: SteppedClock
) -> AsyncIterator[Line]:
    """Without the server, whose own worker would be faster."""
    row = {
        "account_id": people.account.account_id,
        "subscription_id": "s1",
        "client_id": "app",
        "application_id": APPLICATION,
        "device_id": webhook.url,
        "transport": "webhook",
        "topic": "platform-api-media",
        "subject_filter": "",
        "publication_filter": "",
        "failures": 0,
        "last_event": 0,
        "created_on": clock(),
    }
    await database.write(lambda connection: connection.execute(subscriptions.insert(), row))
    fan_out = FanOut(database, lambda: None, clock)
    endpoint = await endpoint_of(database, people.desk)
    for place, state in enumerate(STATES, 1):
        payload = {"principal_id": people.desk.principal_id, "endpoint_id": endpoint, "state": state.value}
        await fan_out.on_event(Event(place, people.account.account_id, "line.changed", payload, clock()))
    async with webhook_session(loopback=True) as session:
        yield Line(database, clock, Webhooks(database, session, loopback=True, now=clock, jitter=lambda: 1.0), webhook)


async def endpoint_of(database: Database, user: User) -> str:
    of_user = select(endpoints.c.endpoint_id).where(endpoints.c.principal_id == user.principal_id)
    return str((await database.scan(of_user))[0][0])


async def test_what_is_not_taken_comes_again_and_nothing_overtakes_it(line: Line) -> None:
    line.webhook.answers = [500, 503]
    await line.worker.settle()
    assert await line.states() == ["ringing"]
    line.clock.advance(seconds=4.9)
    await line.worker.settle()
    assert await line.states() == []
    line.clock.advance(seconds=0.1)
    await line.worker.settle()
    assert await line.states() == ["ringing"]
    line.clock.advance(seconds=10)

    await line.worker.settle()

    assert await line.states() == ["ringing", "connected", "idle"]
    assert await count(line.database, deliveries) == 0


async def test_another_worker_goes_on_after_a_restart(line: Line) -> None:
    line.webhook.answers = [500]
    await line.worker.settle()
    line.clock.advance(seconds=5)
    async with webhook_session(loopback=True) as session:
        await Webhooks(line.database, session, loopback=True, now=line.clock).settle()
    assert await line.states() == ["ringing", "ringing", "connected", "idle"]


async def test_two_servers_post_each_publication_once(line: Line) -> None:
    async with webhook_session(loopback=True) as session:
        other = Webhooks(line.database, session, loopback=True, now=line.clock)
        await asyncio.gather(line.worker.settle(), other.settle())
        await asyncio.gather(line.worker.settle(), other.settle())

    assert await line.states() == ["ringing", "connected", "idle"]


async def test_what_a_server_has_taken_and_never_told_of_comes_again(line: Line) -> None:
    (taken,) = await due(line.database, line.clock())
    assert await take(line.database, taken, line.clock())
    await line.worker.settle()
    assert await line.states() == []

    line.clock.advance(seconds=TAKEN_FOR.total_seconds())
    await line.worker.settle()

    assert await line.states() == ["ringing", "connected", "idle"]


async def test_a_publication_is_given_up_and_a_dead_subscription_ends(line: Line) -> None:
    line.webhook.answers = [500] * MOST_ATTEMPTS
    for _ in range(MOST_ATTEMPTS):
        await line.worker.settle()
        line.clock.advance(hours=1)
    assert await line.states() == ["ringing"] * MOST_ATTEMPTS + ["connected", "idle"]
    assert [row[0] for row in await line.database.scan(select(subscriptions.c.failures))] == [0]


async def test_a_subscription_whose_webhook_takes_nothing_ends(line: Line, people: People) -> None:
    nearly = update(subscriptions).values(failures=MOST_FAILURES - 1)
    await line.database.write(lambda connection: connection.execute(nearly))
    line.webhook.answers = [410] * 100
    for _ in range(MOST_ATTEMPTS):
        await line.worker.settle()
        line.clock.advance(hours=1)
    assert (await count(line.database, subscriptions), await count(line.database, deliveries)) == (0, 0)
    log = await AuditLog(line.database).entries(SYSTEM, people.account.account_id, limit=1)
    assert (log.items[0].action, log.items[0].actor_kind) == ("subscription.removed", SYSTEM.kind)


async def test_redirects_are_not_followed(line: Line) -> None:
    async with Webhook.listening() as elsewhere:
        line.webhook.answers, line.webhook.location = [307], elsewhere.url
        await line.worker.settle()
        assert elsewhere.posts.empty()
    assert await count(line.database, deliveries) == 3


async def test_a_webhook_on_this_machine_needs_the_setting(line: Line) -> None:
    async with webhook_session(loopback=False) as session:
        await Webhooks(line.database, session, loopback=False, now=line.clock).settle()
    assert line.webhook.posts.empty()
    assert await count(line.database, deliveries) == 3


async def test_the_newest_are_kept_for_who_is_long_away(
    line: Line, people: People, database: Database, clock: SteppedClock
) -> None:
    fan_out = FanOut(database, lambda: None, clock)
    endpoint = await endpoint_of(database, people.desk)
    payload = {"principal_id": people.desk.principal_id, "endpoint_id": endpoint, "state": "held"}
    for place in range(MOST_WAITING):
        await fan_out.on_event(Event(10 + place, people.account.account_id, "line.changed", payload, clock()))
    assert await count(database, deliveries) == MOST_WAITING
