"""The hosted CloudLink, against our own embedded one over real HTTP: the same contract, and what a network adds."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pytest
import stamina
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy import select, update

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.clients import NewClient
from cloudlink.hosted.api import Api
from cloudlink.hosted.hosted import HostedCloudLink
from cloudlink.hosted.mirror import Mirror
from cloudlink.hosted.tokens import UserTokens
from cloudlink.port import CallFailed, CallProblem, CloudLinkUnavailable, SignInRefused, TooManyAttempts, UnknownId
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.users import UserService, inviting
from cloudlink.service.api.admin.routes import Administration, admin_routes
from cloudlink.service.api.media.routes import media_routes
from cloudlink.service.api.notifications.routes import Notifications
from cloudlink.service.api.routing import add_api
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.identity.authentication_api import AuthenticationApi
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.identity.grants import Grants
from cloudlink.service.identity.keys import Keys
from cloudlink.service.identity.tokens import Tokens
from store.database import open_database
from store.schema import accounts, hosted_tokens, sessions, users
from store.vault import Vault, new_key
from tests.cloudlink.conftest import PASSWORD, inbound
from tests.cloudlink.contract import ADDRESS, CloudLinkContract
from tests.signing import one_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from aiohttp.typedefs import Handler

    from cloudlink.service.call_control import CallControl
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock

CLIENT_ID = "6a8c1b9e-0000-4000-8000-000000000001"
SERVICE_ID = "6a8c1b9e-0000-4000-8000-000000000002"


@dataclass
class Cloud:
    """The service that plays Mitel's. ``faults`` answer in its place, first come, first served."""

    template: str
    client_secret: str
    faults: list[Callable[[web.Request], Awaitable[web.StreamResponse]]]
    requests: list[str]


@pytest.fixture
async def cloud(
    database: Database, outbox: Outbox, people: People, calling: CallControl, clock: SteppedClock
) -> AsyncIterator[Cloud]:
    """The public API of the embedded service, with an application that may take passwords."""
    vault, port = Vault([new_key()]), unused_port()
    url = f"http://127.0.0.1:{port}"
    keys = Keys(database, vault, clock, new=one_key)
    tokens, clients = Tokens(database, keys, url, clock), ClientService(database, clock)
    grants = Grants(database, vault, tokens, EmbeddedCloudLink(database, clock), now=clock)
    operator = Actor(ActorKind.OPERATOR, "operator")
    account_id = people.account.account_id
    new = NewClient("Assistant", grant_types=("password", "refresh_token"), client_id=CLIENT_ID)
    await clients.create(operator, account_id, new)
    of_service = NewClient(
        "Notices", grant_types=("client_credentials",), role="ACCOUNT_ADMIN", confidential=True, client_id=SERVICE_ID
    )
    _, client_secret = await clients.create(operator, account_id, of_service)
    users_of = UserService(database, outbox, inviting(vault, url), clock)
    administration = Administration(AccountService(database, outbox, clock), users_of, clients)
    running = Cloud(url + "/{service}/2017-09-01", client_secret or "", [], [])
    notifications = Notifications(tokens, database, outbox, loopback=True, now=clock)

    @web.middleware
    async def faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
        running.requests.append(f"{request.method} {request.path}")
        return await (running.faults.pop(0)(request) if running.faults else handler(request))

    app = web.Application(middlewares=[faulty])
    services = {
        "authentication": AuthenticationApi(database, keys, tokens, grants, clients).routes(),
        "admin": admin_routes(tokens, database, administration),
        "media": media_routes(tokens, database, calling, clock),
        "notifications": notifications.routes(),
    }
    notifications.run_in(app)
    add_api(app, services, public_url=url)
    async with TestServer(app, port=port):
        yield running


@pytest.fixture
async def own(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Database]:
    """The assistant's own database, which is not the cloud's."""
    path = shutil.copy(sqlite_template, tmp_path / "own.db")
    opened = await open_database(f"sqlite:///{path}")
    yield opened
    await opened.close()


@pytest.fixture
def own_vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def cloudlink(
    cloud: Cloud, own: Database, own_vault: Vault, session: ClientSession, people: People, *, clock: SteppedClock
) -> HostedCloudLink:
    """The front desk has signed in, and an operator has said how the company dials, which the API does not tell."""
    hosted = make(cloud, own, own_vault, session, people, clock=clock)
    await hosted.sign_in("desk@example.com", PASSWORD, address=ADDRESS)
    dialing = update(accounts).values(dialing=asdict(people.account.dialing))
    await own.write(lambda connection: connection.execute(dialing))
    return hosted


def make(
    cloud: Cloud, own: Database, vault: Vault, session: ClientSession, people: People, *, clock: SteppedClock
) -> HostedCloudLink:
    api = Api(session, cloud.template, application="Test/1.0")
    return HostedCloudLink(
        api,
        UserTokens(api, own, vault, client_id=CLIENT_ID, now=clock),
        Mirror(own, clock),
        account_id=people.account.account_id,
        now=clock,
    )


class TestHosted(CloudLinkContract):
    """The contract over the network."""


async def test_what_the_api_does_not_tell_is_ours_and_stays(
    cloudlink: HostedCloudLink, own: Database, people: People
) -> None:
    ours = update(accounts).values(time_zone="Europe/Zurich", dialing={"region": "CH"})
    await own.write(lambda connection: connection.execute(ours))
    await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)

    account = await cloudlink.account(people.desk.principal)
    assert (account.name, account.time_zone, account.dialing.region) == ("Main Office", "Europe/Zurich", "CH")


async def test_refresh_tokens_are_stored_encrypted_and_bearers_nowhere(
    cloudlink: HostedCloudLink, own: Database, own_vault: Vault
) -> None:
    (row,) = await own.scan(select(hosted_tokens.c.refresh_token_encrypted))
    assert own_vault.decrypt(row[0])
    assert own_vault.decrypt(row[0]) not in repr([tuple(each) for each in await own.scan(select(hosted_tokens))])


async def test_a_restart_needs_no_new_sign_in(
    cloudlink: HostedCloudLink,
    cloud: Cloud,
    own: Database,
    own_vault: Vault,
    session: ClientSession,
    *,
    people: People,
    clock: SteppedClock,
) -> None:
    again = make(cloud, own, own_vault, session, people, clock=clock)
    assert await again.user(people.desk.principal) == people.desk


async def test_tokens_are_renewed_before_they_end_and_once_for_all(
    cloudlink: HostedCloudLink, cloud: Cloud, people: People, record: Record, clock: SteppedClock
) -> None:
    await record(people.desk, inbound("c1"))
    clock.advance(hours=1)
    cloud.requests.clear()
    pages = await asyncio.gather(*(cloudlink.calls(people.desk.principal) for _ in range(5)))
    assert [len(page.items) for page in pages] == [1] * 5
    assert cloud.requests.count("POST /authentication/2017-09-01/token") == 1


async def test_a_session_that_was_ended_signs_the_person_out(
    cloudlink: HostedCloudLink, database: Database, own: Database, people: People, clock: SteppedClock
) -> None:
    await database.write(lambda connection: connection.execute(sessions.delete()))
    with pytest.raises(UnknownId):
        await cloudlink.user(people.desk.principal)

    assert [row[0] for row in await own.scan(select(users.c.active))] == [False]
    assert list(await own.scan(select(hosted_tokens))) == []
    assert await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS) == [people.desk]
    assert [row[0] for row in await own.scan(select(users.c.active))] == [True]


async def answer(status: int, body: str = "{}", **headers: str) -> web.Response:
    return web.Response(status=status, text=body, content_type="application/json", headers=headers)


async def test_throttling_is_waited_for(
    cloudlink: HostedCloudLink, cloud: Cloud, people: People, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    throttled = {"Retry-After": "1"}
    cloud.faults += [lambda _: answer(429, **throttled)] * 2
    with stamina.set_testing(True, attempts=4, cap=True):
        assert len((await cloudlink.calls(people.desk.principal)).items) == 1


async def test_a_long_pause_is_told_at_once(cloudlink: HostedCloudLink, cloud: Cloud, people: People) -> None:
    long = {"Retry-After": "600"}
    cloud.faults.append(lambda _: answer(429, **long))
    with pytest.raises(CloudLinkUnavailable):
        await cloudlink.calls(people.desk.principal)
    assert cloud.faults == []

    cloud.faults.append(lambda _: answer(429, **long))
    with pytest.raises(TooManyAttempts) as paused:
        await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)
    assert paused.value.retry_after == 600

    endless = {"Retry-After": "9" * 400}
    cloud.faults.append(lambda _: answer(429, **endless))
    with pytest.raises(TooManyAttempts) as paused:
        await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)
    assert paused.value.retry_after == 3600


@pytest.mark.parametrize("seconds", ['"soon"', '""', "99999999999999999", "null"])
async def test_a_token_without_a_time_is_none(cloudlink: HostedCloudLink, cloud: Cloud, seconds: str) -> None:
    body = f'{{"access_token": "a", "refresh_token": "r", "expires_in": {seconds}}}'
    cloud.faults.append(lambda _: answer(200, body))
    with pytest.raises(CloudLinkUnavailable):
        await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)


async def test_somebody_of_another_account_is_not_let_in(
    cloudlink: HostedCloudLink, cloud: Cloud, own: Database
) -> None:
    tokens = '{"access_token": "a", "refresh_token": "r", "expires_in": 3600}'
    claims = '{"accountId": "another", "principalId": "p", "userId": "u", "role": "USER"}'
    cloud.faults += [lambda _: answer(200, tokens), lambda _: answer(200, claims)]
    with pytest.raises(SignInRefused):
        await cloudlink.sign_in("night@example.com", PASSWORD, address=ADDRESS)
    assert "another" not in [row[0] for row in await own.scan(select(users.c.account_id))]


async def test_a_bearer_that_is_refused_before_its_time_is_renewed_once(
    cloudlink: HostedCloudLink, cloud: Cloud, people: People
) -> None:
    cloud.faults.append(lambda _: answer(401, '{"name": "Unauthorized", "message": "x"}'))
    assert await cloudlink.user(people.desk.principal) == people.desk


@pytest.mark.parametrize(
    "fault",
    [
        lambda _: answer(500),
        lambda _: answer(503, "not json"),
        lambda _: answer(200, "not json"),
        lambda _: answer(200, "[]"),
        lambda _: answer(200, '{"_embedded": {"items": [1]}}'),
        lambda _: answer(200, '{"_embedded": {"items": [{"callId": {}}]}}'),
        lambda _: answer(200, '"' + "x" * 5_000_000 + '"'),
    ],
)
async def test_whatever_is_no_answer_is_unavailable(
    cloudlink: HostedCloudLink,
    cloud: Cloud,
    people: People,
    fault: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> None:
    cloud.faults.append(fault)
    with pytest.raises(CloudLinkUnavailable):
        await cloudlink.calls(people.desk.principal)


async def test_redirects_are_not_followed(cloudlink: HostedCloudLink, cloud: Cloud, people: People) -> None:
    elsewhere = {"Location": "https://evil.example/"}
    cloud.faults.append(lambda _: answer(302, **elsewhere))
    with pytest.raises(UnknownId):
        await cloudlink.calls(people.desk.principal)


async def test_a_foreign_next_link_is_only_a_place(cloudlink: HostedCloudLink, cloud: Cloud, people: People) -> None:
    foreign = '{"_links": {"next": "https://[evil.example/steal?$skip=20&$filter=x"}, "_embedded": {"items": []}}'
    cloud.faults.append(lambda _: answer(200, foreign))
    page = await cloudlink.calls(people.desk.principal)
    assert page.next_cursor is not None
    cloud.requests.clear()
    await cloudlink.calls(people.desk.principal, cursor=page.next_cursor)
    assert cloud.requests == ["GET /media/2017-09-01/calls/records"]


async def test_calls_with_unknown_words_and_extra_data_survive(
    cloudlink: HostedCloudLink, cloud: Cloud, people: People
) -> None:
    odd = """{"_embedded": {"items": [
      {"callId": "a", "direction": "sideways", "state": "parked", "createdOn": "2026-03-02T09:00:00Z",
       "extraPbxData": "{\\"x\\": 1}"},
      {"callId": "b", "extraPbxData": {"x": 2}}
    ]}}"""
    cloud.faults.append(lambda _: answer(200, odd))
    calls = (await cloudlink.calls(people.desk.principal)).items
    assert [(call.call_id, call.direction, call.extra_pbx_data) for call in calls] == [
        ("a", "sideways", {"x": 1}),
        ("b", "", {"x": 2}),
    ]


async def test_a_silent_service_is_unavailable(
    own: Database, own_vault: Vault, session: ClientSession, people: People, clock: SteppedClock
) -> None:
    nowhere = Cloud("http://127.0.0.1:9/{service}", "", [], [])
    hosted = make(nowhere, own, own_vault, session, people, clock=clock)
    with pytest.raises(CloudLinkUnavailable):
        await hosted.sign_in("desk@example.com", PASSWORD, address=ADDRESS)


async def test_a_service_that_falls_silent_may_have_placed_the_call(
    cloud: Cloud, cloudlink: HostedCloudLink, people: People
) -> None:
    """So nobody is told that it was not, and it is not asked again by itself."""

    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    for fault, problem in (
        (hang_up, CallProblem.UNANSWERED),
        (lambda _: answer(500, "{}"), CallProblem.UNANSWERED),
        (lambda _: answer(200, "[]"), CallProblem.UNANSWERED),
        (lambda _: answer(400, '{"name": "BadRequest", "message": "to"}'), CallProblem.NOT_A_NUMBER),
        (lambda _: answer(409, '{"name": "Conflict", "message": "busy"}'), CallProblem.REFUSED),
    ):
        before = len(cloud.requests)
        cloud.faults.append(fault)
        with pytest.raises(CallFailed) as failed:
            await cloudlink.place_call(people.desk.principal, "202", request_id="press-1")
        assert failed.value.problem is problem
        assert len(cloud.requests) == before + 1
