"""Gateways are paired by a code, cut off when their key is void, and measured against their PBX."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, WSMsgType, web
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import select, update

from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.gateway_key import GatewayKey
from cloudlink.model import Role
from cloudlink.port import TooManyAttempts, UnknownId
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.pairing import pairing_routes
from cloudlink.service.uplink import Uplink
from cloudlink.topics import ACCOUNT_DEACTIVATED
from cloudlink.uplink import CallRecorded, Hello, encode
from store.outbox import append
from store.schema import accounts, audit_log, call_hours, calls, gateways, users
from store.schema import outbox as outbox_rows
from tests.cloudlink.conftest import inbound, prove, publish
from tests.conftest import consuming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import ClientWebSocketResponse

    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

HERE = "192.0.2.7"


@pytest.fixture
def admin(people: People) -> Actor:
    return Actor(**{**_fields(Actor.of_user(people.desk)), "role": Role.ACCOUNT_ADMIN})


def _fields(actor: Actor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in Actor.__dataclass_fields__}


@pytest.fixture
def uplink(database: Database, outbox: Outbox, clock: SteppedClock) -> Uplink:
    return Uplink(database, outbox, clock)


@pytest.fixture
def service(database: Database, outbox: Outbox, uplink: Uplink, clock: SteppedClock) -> GatewayService:
    return GatewayService(database, outbox, uplink.connected, clock)


KEY = GatewayKey.new().public


class Site:
    """CloudLink's server, with a consumer that cuts links, and the gateways' side of it."""

    def __init__(self, server: BaseTestServer, http: ClientSession, outbox: Outbox) -> None:
        self.server = server
        self.http = http
        self.outbox = outbox

    async def pair(self, body: bytes) -> tuple[int, dict[str, str], Any]:
        async with self.http.post(self.server.make_url("/uplink/pair"), data=body) as response:
            return response.status, await response.json(), response.headers

    async def connect(self, gateway_id: str, key: str) -> ClientWebSocketResponse:
        """Connected and greeted."""
        url = self.server.make_url("/uplink")
        socket = await self.http.ws_connect(url)
        await prove(socket, url, gateway_id, key)
        if (message := await socket.receive(timeout=10)).type is not WSMsgType.TEXT:
            raise PermissionError(message.extra)
        assert json.loads(message.data) == {"type": "accepted"}
        await socket.send_str(encode(Hello("spool-1", "1.2.3")))
        assert (await socket.receive_json(timeout=10))["type"] == "welcome"
        return socket


async def redeem(service: GatewayService, code: str, address: str = HERE) -> tuple[str, str]:
    """The gateway's id and private key."""
    key = GatewayKey.new()
    return await service.redeem(code, key.public, address=address), key.private


@pytest.fixture
async def site(uplink: Uplink, outbox: Outbox, service: GatewayService) -> AsyncIterator[Site]:
    app = web.Application()
    app.add_routes([*uplink.routes(), *pairing_routes(service)])
    async with TestServer(app) as server, ClientSession() as http, consuming(outbox, "uplink", uplink.on_event):
        yield Site(server, http, outbox)
        await uplink.close()


async def answer(socket: ClientWebSocketResponse) -> str:
    """The type of the next frame; that the extensions are those which they are may be heard at any time."""
    while (heard := str((await socket.receive_json(timeout=10))["type"])) == "monitor":
        pass
    return heard


async def code_of_close(socket: ClientWebSocketResponse) -> tuple[int | None, str]:
    while (message := await socket.receive(timeout=10)).type is WSMsgType.TEXT:
        assert message.json()["type"] == "monitor"
    assert message.type is WSMsgType.CLOSE
    return message.data, message.extra or ""


async def test_a_gateway_is_paired_over_http_and_connects(
    service: GatewayService, site: Site, admin: Actor, people: People, clock: SteppedClock
) -> None:
    account = people.account.account_id
    pairing = await service.create(admin, account, " Head office ", "office400")
    assert not pairing.gateway.paired
    assert pairing.expires_at == pairing.gateway.pairing_expires_at
    typed = pairing.code.replace("-", " ").lower()
    key = GatewayKey.new()
    status, told, headers = await site.pair(json.dumps({"code": typed, "publicKey": key.public}).encode())
    assert (status, told) == (200, {"gatewayId": pairing.gateway.gateway_id})
    assert headers["Cache-Control"] == "no-store"
    socket = await site.connect(told["gatewayId"], key.private)
    [gateway] = await service.all(admin, account)
    assert (gateway.name, gateway.paired, gateway.connected) == ("Head office", True, True)
    assert (gateway.version, gateway.seen_at, gateway.pairing_expires_at) == ("1.2.3", clock(), None)
    await socket.close()


async def test_a_code_works_once_and_for_a_quarter_of_an_hour(
    service: GatewayService, admin: Actor, people: People, clock: SteppedClock
) -> None:
    pairing = await service.create(admin, people.account.account_id, "A", "office400")
    await redeem(service, pairing.code)
    with pytest.raises(UnknownId):
        await redeem(service, pairing.code)
    again = await service.pair_again(admin, people.account.account_id, pairing.gateway.gateway_id)
    clock.advance(minutes=15)
    with pytest.raises(UnknownId):
        await redeem(service, again.code)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"{", b'{"code": 1}', b'{"code": ""}', b"[" * 900, b"\xff",
                                  json.dumps({"code": "x" * 65, "publicKey": KEY}).encode(),
                                  b'{"code": "x"}', b'{"code": "x", "publicKey": "x"}'])  # fmt: skip
async def test_what_is_no_code_is_said_to_be_none(site: Site, people: People, body: bytes) -> None:
    status, told, _ = await site.pair(body)
    assert (status, set(told)) == (400, {"name", "message"})


async def test_whoever_guesses_has_to_wait(site: Site, service: GatewayService, admin: Actor, people: People) -> None:
    pairing = await service.create(admin, people.account.account_id, "A", "office400")
    for _ in range(10):
        assert (await site.pair(json.dumps({"code": "AAAA-AAAA", "publicKey": KEY}).encode()))[0] == 404
    status, _, headers = await site.pair(json.dumps({"code": pairing.code, "publicKey": KEY}).encode())
    assert (status, headers["Retry-After"]) == (429, "15")
    with pytest.raises(TooManyAttempts):
        await redeem(service, pairing.code, address="127.0.0.1")


async def test_the_gateway_of_a_deactivated_account_is_not_paired(
    service: GatewayService, database: Database, admin: Actor, people: People
) -> None:
    pairing = await service.create(admin, people.account.account_id, "A", "office400")
    await database.write(lambda connection: connection.execute(update(accounts).values(active=False)))
    with pytest.raises(UnknownId):
        await redeem(service, pairing.code)


async def test_pairing_again_cuts_the_old_link_once_the_code_is_used(
    service: GatewayService, site: Site, admin: Actor, people: People
) -> None:
    account = people.account.account_id
    pairing = await service.create(admin, account, "A", "office400")
    gateway_id, key = await redeem(service, pairing.code)
    socket = await site.connect(gateway_id, key)
    again = await service.pair_again(admin, account, gateway_id)
    await socket.send_str(encode(publish(1, CallRecorded("201", inbound("c1")))))
    assert await answer(socket) == "ack"
    _, new_key = await redeem(service, again.code)
    assert await code_of_close(socket) == (1008, "the gateway's key or account is void")
    with pytest.raises(PermissionError):
        await site.connect(gateway_id, key)
    newer = await site.connect(gateway_id, new_key)
    await newer.close()


async def test_a_key_that_is_revoked_cuts_the_link_and_voids_codes_until_another_is_paired(
    service: GatewayService, site: Site, admin: Actor, people: People
) -> None:
    account = people.account.account_id
    pairing = await service.create(admin, account, "A", "office400")
    gateway_id, key = await redeem(service, pairing.code)
    socket = await site.connect(gateway_id, key)
    code = (await service.pair_again(admin, account, gateway_id)).code
    await service.revoke(admin, account, gateway_id)
    assert (await code_of_close(socket))[0] == 1008
    assert [gateway.paired for gateway in await service.all(admin, account)] == [False]
    with pytest.raises(PermissionError):
        await site.connect(gateway_id, key)
    with pytest.raises(UnknownId):
        await redeem(service, code)
    again = await redeem(service, (await service.pair_again(admin, account, gateway_id)).code)
    await (await site.connect(*again)).close()


async def test_a_removed_gateway_is_cut_off_and_its_calls_stay(
    service: GatewayService, site: Site, database: Database, admin: Actor, people: People
) -> None:
    account = people.account.account_id
    pairing = await service.create(admin, account, "A", "office400")
    socket = await site.connect(*await redeem(service, pairing.code))
    await socket.send_str(encode(publish(1, CallRecorded("201", inbound("c1")))))
    assert await answer(socket) == "ack"
    await service.remove(admin, account, pairing.gateway.gateway_id)
    assert (await code_of_close(socket))[0] == 1008
    assert await service.all(admin, account) == []
    assert await database.read(select(call_hours)) == []
    assert len(await database.read(select(calls.c.call_id))) == 1


async def test_a_deactivated_account_is_cut_off_and_another_is_not(
    service: GatewayService, site: Site, database: Database, admin: Actor, people: People
) -> None:
    account, other = people.account.account_id, people.other_account.account_id
    sockets = {}
    for account_id in (account, other):
        actor = Actor(**{**_fields(admin), "account_id": account_id})
        pairing = await service.create(actor, account_id, "A", "office400")
        sockets[account_id] = await site.connect(*await redeem(service, pairing.code))

    def deactivate(connection: Any) -> None:
        connection.execute(update(accounts).where(accounts.c.account_id == account).values(active=False))
        for account_id in (account, other):
            append(connection, account_id, ACCOUNT_DEACTIVATED, {}, pairing.expires_at)

    await database.write(deactivate)
    site.outbox.wake()
    assert (await code_of_close(sockets[account]))[0] == 1008
    await sockets[other].send_str(encode(publish(1, CallRecorded("201", inbound("c1")))))
    assert await answer(sockets[other]) == "ack"
    await sockets[other].close()


async def test_use_is_the_busiest_hour_of_a_week_in_new_records(
    service: GatewayService, site: Site, admin: Actor, people: People, clock: SteppedClock
) -> None:
    account = people.account.account_id
    pairing = await service.create(admin, account, "A", "office400")
    socket = await site.connect(*await redeem(service, pairing.code))
    # Two at nine o'clock and one at ten; one is told twice, one is nobody's.
    told = [("201", inbound("c1")), ("201", inbound("c1")), ("201", inbound("c2", 59)), ("999", inbound("c3")),
            ("201", inbound("c4", 60))]  # fmt: skip
    for sequence, (extension, call) in enumerate(told, 1):
        await socket.send_str(encode(publish(sequence, CallRecorded(extension, call))))
        await socket.receive_json(timeout=10)
    [use] = await service.use(admin, account)
    assert (use.users, use.busiest_hour, use.capacity.bhcc) == (2, 2, 4200)
    clock.advance(days=8)
    [use] = await service.use(admin, account)
    assert use.busiest_hour == 0
    await socket.close()


@pytest.mark.parametrize(
    ("name", "pbx", "reason", "field"),
    [
        ("", "office400", Reason.REQUIRED, "name"),
        ("x" * 201, "office400", Reason.TOO_LONG, "name"),
        ("A", "pbx", Reason.UNKNOWN_VALUE, "pbx"),
        ("A", "", Reason.UNKNOWN_VALUE, "pbx"),
    ],
)
async def test_a_gateway_needs_a_name_and_a_known_pbx(
    service: GatewayService, admin: Actor, people: People, name: str, pbx: str, *, reason: Reason, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        await service.create(admin, people.account.account_id, name, pbx)
    assert (refused.value.reason, refused.value.field) == (reason, field)


async def test_a_pbx_is_not_exchanged_under_users_who_hold_its_role(
    service: GatewayService, database: Database, admin: Actor, people: People
) -> None:
    account = people.account.account_id
    gateway = (await service.create(admin, account, "A", "mivoice5000")).gateway
    holds = update(users).where(users.c.principal_id == people.desk.principal_id).values(telephony_role="CTI")
    await database.write(lambda connection: connection.execute(holds))
    with pytest.raises(Refused) as refused:
        await service.change(admin, account, gateway.gateway_id, "A", "office400")
    assert refused.value.field == "pbx"
    assert (await service.change(admin, account, gateway.gateway_id, "B", "mivoice5000")).name == "B"
    await service.create(admin, account, "C", "mivoice5000")
    assert (await service.change(admin, account, gateway.gateway_id, "A", "office400")).pbx == "office400"


async def test_rights_and_foreign_ids(service: GatewayService, admin: Actor, people: People) -> None:
    account = people.account.account_id
    gateway = (await service.create(admin, account, "A", "office400")).gateway
    user, stranger = (Actor.of_user(who) for who in (people.desk, people.stranger))
    with pytest.raises(NotAllowed):
        await service.all(user, account)
    for question in (
        service.all(stranger, account),
        service.create(stranger, account, "A", "office400"),
        service.pair_again(stranger, account, gateway.gateway_id),
        service.change(stranger, account, gateway.gateway_id, "A", "office400"),
        service.remove(stranger, account, gateway.gateway_id),
    ):
        with pytest.raises(UnknownId):
            await question
    other = Actor(**{**_fields(admin), "account_id": people.other_account.account_id})
    with pytest.raises(UnknownId):
        await service.remove(other, people.other_account.account_id, gateway.gateway_id)


async def test_each_change_is_audited_and_no_code_or_key_is_stored(
    service: GatewayService, database: Database, admin: Actor, people: People
) -> None:
    account = people.account.account_id
    pairing = await service.create(admin, account, "A", "office400")
    gateway_id, key = await redeem(service, pairing.code)
    await service.pair_again(admin, account, gateway_id)
    stored = str(await database.read(select(gateways)))
    await service.change(admin, account, gateway_id, "B", "office400")
    await service.remove(admin, account, gateway_id)
    entries = await database.read(
        select(audit_log.c.action, audit_log.c.actor_name, audit_log.c.address, audit_log.c.before, audit_log.c.after)
        .where(audit_log.c.subject_id == gateway_id)
        .order_by(audit_log.c.id)
    )
    assert [tuple(entry) for entry in entries] == [
        ("gateway.created", "Front Desk", "", None, {"name": "A", "pbx": "office400"}),
        ("gateway.paired", "gateway", HERE, None, None),
        ("gateway.pairingStarted", "Front Desk", "", None, None),
        ("gateway.changed", "Front Desk", "", {"name": "A"}, {"name": "B"}),
        ("gateway.removed", "Front Desk", "", {"name": "B", "pbx": "office400"}, None),
    ]
    kept = stored + str(entries) + str(await database.read(select(outbox_rows.c.payload)))
    assert key not in kept
    assert pairing.code.replace("-", "") not in kept.replace("-", "")
