"""A gateway speaks to CloudLink over a real WebSocket."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, update

from cloudlink.administration.gateways import Link, PbxModel
from cloudlink.administration.users import TelephonyRole
from cloudlink.model import CallState
from cloudlink.port import CallKind
from cloudlink.service.administration.gateway_links import StoredLinks
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning, known_as
from cloudlink.service.spools import Gateway, Receipt, open_spool, receive
from cloudlink.service.uplink import Uplink
from cloudlink.topics import CALL_RECORDED, LINE_CHANGED
from cloudlink.uplink import (
    Accepted,
    Ack,
    CallRecorded,
    CallsLost,
    Entry,
    Frame,
    Hello,
    LineChanged,
    Monitor,
    Publish,
    UplinkError,
    Welcome,
    decode,
    encode,
)
from store.schema import calls, endpoints, gateways, users
from store.schema import outbox as outbox_rows
from tests.cloudlink.conftest import inbound, outbound, prove, publish
from tests.conftest import consuming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from yarl import URL

    from cloudlink.service.commands import Commands
    from cloudlink.uplink import Fact
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

SPOOL = "spool-1"
COMMANDS = "X-Uplink-Commands"


class Peer:
    """The gateway's side of one connection."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, frame: Frame) -> None:
        await self.socket.send_str(encode(frame))

    async def hear(self) -> Frame:
        return decode(await self.socket.receive_str(timeout=10))

    async def greet(self, spool: str = SPOOL) -> Welcome:
        await self.say(Hello(spool, "1.0"))
        welcome = await self.hear()
        assert isinstance(welcome, Welcome)
        return welcome

    async def tell(self, sequence: int, fact: Fact) -> Frame:
        await self.say(publish(sequence, fact))
        return await self.hear()

    async def closed_with(self) -> tuple[int | None, str]:
        message = await self.socket.receive(timeout=10)
        assert message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED}
        return self.socket.close_code, message.extra or ""


Key = tuple[str, str]


class Site:
    """CloudLink's server, and a way to connect to it as a gateway."""

    def __init__(self, uplink: Uplink, url: URL, session: ClientSession, key: Key) -> None:
        self.uplink = uplink
        self.url = url
        self._session = session
        self._key = key

    async def reach(self, commands: str | None = None) -> ClientWebSocketResponse:
        """Connected, and nothing said but which commands a gateway of this version knows."""
        return await self._session.ws_connect(self.url, headers={} if commands is None else {COMMANDS: commands})

    async def show(self, key: Key | None = None, url: URL | None = None, commands: str | None = None) -> Peer:
        """Connected, and a key shown, as one does that reached CloudLink at ``url``."""
        socket = await self.reach(commands)
        await prove(socket, url or self.url, *(key or self._key))
        return Peer(socket)

    async def connect(self, key: Key | None = None, commands: str | None = None) -> Peer:
        """``commands`` is ``None`` for a gateway from before there was one to be told of."""
        peer = await self.show(key, commands=commands)
        assert await peer.hear() == Accepted()
        return peer


@asynccontextmanager
async def serving(
    database: Database, outbox: Outbox, clock: SteppedClock, key: Key, commands: Commands | None = None
) -> AsyncIterator[Site]:
    """Ends when all connections have been dealt with."""
    uplink = Uplink(database, outbox, clock, public_url="https://assistant.example.com", commands=commands)
    app = web.Application()
    app.add_routes(uplink.routes())
    async with TestServer(app) as server, ClientSession() as session:
        yield Site(uplink, server.make_url("/uplink"), session, key)
        await uplink.close()


@pytest.fixture
async def site(database: Database, outbox: Outbox, clock: SteppedClock, key: Key) -> AsyncIterator[Site]:
    async with serving(database, outbox, clock, key) as site:
        yield site


@pytest.fixture
async def key(provisioning: Provisioning, people: People) -> Key:
    """Of a gateway of the account, by its id."""
    return await provisioning.create_gateway(people.account.account_id)


@pytest.fixture
async def peer(site: Site) -> Peer:
    """Connected and greeted."""
    connected = await site.connect()
    await connected.greet()
    return connected


@pytest.fixture
def cloudlink(database: Database, clock: SteppedClock) -> EmbeddedCloudLink:
    return EmbeddedCloudLink(database, clock)


async def events(database: Database) -> list[tuple[str, dict[str, Any]]]:
    rows = await database.read(select(outbox_rows.c.topic, outbox_rows.c.payload).order_by(outbox_rows.c.id))
    return [(topic, payload) for topic, payload in rows if topic in {CALL_RECORDED, LINE_CHANGED}]


async def test_welcomes_with_the_extensions_of_the_gateways_account_only(site: Site) -> None:
    assert await (await site.connect()).greet() == Welcome(0, ("201", "202"))


async def test_a_recorded_call_is_in_the_log_of_the_extensions_owner_alone(
    peer: Peer, people: People, cloudlink: EmbeddedCloudLink, database: Database
) -> None:
    assert await peer.tell(1, CallRecorded("201", inbound("c1", answered=False))) == Ack(1)

    (call,) = (await cloudlink.calls(people.desk.principal, CallKind.MISSED)).items
    assert call == replace(
        inbound("c1", answered=False), to_principal_id=people.desk.principal_id, to_name="Front Desk"
    )
    for other in (people.warehouse, people.stranger):
        assert (await cloudlink.calls(other.principal)).items == []
    told = {"principal_id": people.desk.principal_id, "call_id": "c1", "missed": True}
    assert await events(database) == [("call.recorded", told)]


async def test_an_internal_call_names_the_colleague(peer: Peer, people: People, cloudlink: EmbeddedCloudLink) -> None:
    await peer.tell(1, CallRecorded("201", inbound("c1", caller="202")))
    await peer.tell(2, CallRecorded("201", replace(inbound("c2", caller="202"), from_name="As the PBX says")))

    named = await cloudlink.call(people.desk.principal, "c1")
    assert (named.from_name, named.from_principal_id) == ("Warehouse", people.warehouse.principal_id)
    assert (await cloudlink.call(people.desk.principal, "c2")).from_name == "As the PBX says"


async def test_principals_that_a_gateway_claims_are_not_believed(
    peer: Peer, people: People, cloudlink: EmbeddedCloudLink
) -> None:
    stranger = people.stranger.principal_id
    await peer.tell(
        1, CallRecorded("201", replace(outbound("c1"), from_principal_id=stranger, to_principal_id=stranger))
    )

    call = await cloudlink.call(people.desk.principal, "c1")
    assert (call.from_principal_id, call.to_principal_id) == (people.desk.principal_id, None)


async def test_a_fact_that_comes_twice_counts_once(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink, database: Database
) -> None:
    await peer.tell(1, CallRecorded("201", inbound("c1")))
    await peer.tell(2, CallRecorded("201", inbound("c2")))
    again = await site.connect()
    assert (await again.greet()).received == 2

    assert await again.tell(1, CallRecorded("201", inbound("c1"))) == Ack(2)
    assert await again.tell(3, CallRecorded("201", replace(inbound("c2"), from_name="changed"))) == Ack(3)

    assert [call.from_name for call in (await cloudlink.calls(people.desk.principal)).items] == [None, None]
    assert len(await events(database)) == 2


async def test_a_new_spool_begins_at_one(site: Site, peer: Peer) -> None:
    await peer.tell(1, CallRecorded("201", inbound("c1")))
    again = await site.connect()
    assert (await again.greet("spool-2")).received == 0
    assert await again.tell(1, CallRecorded("201", inbound("c2"))) == Ack(1)


async def test_a_gap_ends_the_connection_and_loses_nothing(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink
) -> None:
    await peer.say(publish(2, CallRecorded("201", inbound("c2"))))

    assert await peer.closed_with() == (1008, "what follows 1 does not follow 0")
    assert (await cloudlink.calls(people.desk.principal)).items == []
    assert (await (await site.connect()).greet()).received == 0


CALL = json.loads(encode(publish(1, CallRecorded("201", inbound("c1")))))
FACT = CALL["facts"][0]["fact"]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ('{"type":"nonsense"}', "nonsense"),
        (json.dumps({**CALL, "facts": []}), "facts"),
        (json.dumps({**CALL, "after": 1}), "sequence 1 does not follow 1"),
        (json.dumps({**CALL, "facts": [{"sequence": "one", "fact": FACT}]}), "sequence"),
        (json.dumps({**CALL, "facts": [{"sequence": 2, "fact": FACT}] * 2}), "sequence 2 does not follow 2"),
        (json.dumps({**CALL, "facts": [{"sequence": 1, "fact": {"kind": "callRecorded", "extension": "1"}}]}), "call"),
        (encode(Ack(1)), "does not send ack"),
        (encode(Hello("another", "1.0")), "does not send hello"),
        (b"\x00", "frames are text"),
    ],
)
async def test_a_frame_that_cannot_be_read_ends_the_connection(
    site: Site, peer: Peer, frame: str | bytes, reason: str
) -> None:
    await (peer.socket.send_str(frame) if isinstance(frame, str) else peer.socket.send_bytes(frame))

    code, said = await peer.closed_with()

    assert code == 1008
    assert reason in said
    assert site.uplink.counters["bad_frame"] == 1


async def test_a_frame_that_is_too_long_ends_the_connection(peer: Peer) -> None:
    await peer.socket.send_str(json.dumps({**CALL, "padding": "x" * 262_144}))
    assert (await peer.closed_with())[0] == 1009


async def test_the_first_frame_must_be_hello(site: Site) -> None:
    peer = await site.connect()
    await peer.say(publish(1, CallRecorded("201", inbound("c1"))))
    assert await peer.closed_with() == (1008, "the first frame must be hello or rotate")


async def test_nobody_makes_the_server_read_much_before_they_are_known(site: Site) -> None:
    peer = await site.connect()
    await peer.socket.send_json({"type": "hello", "spoolId": "s" * 5000, "version": "1"})
    assert await peer.closed_with() == (1008, "the frame is too long")


def test_a_frame_of_nothing_but_faults_is_told_in_few_words() -> None:
    with pytest.raises(UplinkError, match=r"^\d+ problems$"):
        decode(json.dumps({"type": "publish", "after": 1, "facts": [0] * 2000}))


def _unusable() -> dict[str, Fact]:
    call = inbound("c1")
    return {
        "an extension that nobody has": CallRecorded("999", call),
        "an overlong id": CallRecorded("201", replace(call, call_id="x" * 65)),
        "an overlong cause": CallRecorded("201", replace(call, cause="x" * 65)),
        "no number of seconds": CallRecorded("201", replace(call, ring_time=float("nan"))),
    }


@pytest.mark.parametrize("case", _unusable())
async def test_a_fact_that_can_never_be_used_is_acknowledged_and_counted(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink, case: str
) -> None:
    frame = encode(publish(1, _unusable()[case])).replace('"ringTime":null', '"ringTime":NaN')
    await peer.socket.send_str(frame)

    assert await peer.hear() == Ack(1)
    assert await peer.tell(2, CallRecorded("201", inbound("c2"))) == Ack(2)
    assert [call.call_id for call in (await cloudlink.calls(people.desk.principal)).items] == ["c2"]
    assert (site.uplink.counters["facts"], site.uplink.counters["unusable"]) == (2, 1)


async def test_a_name_or_number_that_is_too_long_does_not_lose_the_call(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink
) -> None:
    call = replace(inbound("c1"), from_name="N" * 201, from_="9" * 129, from_number_e164=True)
    assert await peer.tell(1, CallRecorded("201", call)) == Ack(1)

    (kept,) = (await cloudlink.calls(people.desk.principal)).items
    assert kept.from_name == "N" * 200
    assert kept.from_ is None
    assert kept.extra_pbx_data["from"] == "9" * 129
    assert site.uplink.counters["unusable"] == 0


async def test_a_line_shows_its_latest_state(
    peer: Peer, people: People, cloudlink: EmbeddedCloudLink, database: Database, clock: SteppedClock
) -> None:
    before = clock()
    clock.advance(seconds=5)
    await peer.tell(1, LineChanged("201", clock(), state=CallState.CONNECTED, dnd=True))
    await peer.tell(2, LineChanged("201", before, state=CallState.RINGING))
    await peer.tell(3, LineChanged("201", clock(), message_waiting=True))
    await peer.tell(4, LineChanged("201", clock(), state=CallState.CONNECTED))

    (endpoint,) = await cloudlink.endpoints(people.desk.principal)
    assert (endpoint.state, endpoint.dnd, endpoint.message_waiting) == ("connected", True, True)
    about = {"principal_id": people.desk.principal_id, "endpoint_id": endpoint.endpoint_id}
    assert await events(database) == [
        ("line.changed", {**about, "state": "connected", "dnd": True}),
        ("line.changed", {**about, "message_waiting": True}),
    ]


async def test_who_told_a_line_is_kept_and_is_no_news_of_it(
    site: Site, peer: Peer, people: People, provisioning: Provisioning, database: Database, *, key: Key,
    clock: SteppedClock,
) -> None:  # fmt: skip
    """A gateway that takes another one's place tells the same again."""
    account_id, newer = people.account.account_id, str(uuid4())
    told_by = select(endpoints.c.told_by).where(
        endpoints.c.account_id == account_id, endpoints.c.name == "201", endpoints.c.state == "connected"
    )
    await peer.tell(1, LineChanged("201", clock(), state=CallState.CONNECTED))
    before = len(await events(database))
    assert [tuple(row) for row in await database.read(told_by)] == [(key[0],)]

    beside = await site.connect((newer, await provisioning.issue_gateway_key(account_id, newer)))
    await beside.greet()
    await beside.tell(1, LineChanged("201", clock(), state=CallState.CONNECTED))
    assert [tuple(row) for row in await database.read(told_by)] == [(newer,)]
    assert len(await events(database)) == before


async def test_facts_that_arrive_together_are_written_together_but_for_those_that_cannot_be_used(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink, database: Database, *, clock: SteppedClock
) -> None:
    told: list[Fact] = [CallRecorded("201", inbound(f"c{number}")) for number in range(20)]
    # Which PostgreSQL cannot hold.
    told[3] = CallRecorded("201", replace(inbound("c3"), from_name="\x00"))
    told[7] = CallRecorded("999", inbound("c7"))
    told[9] = CallRecorded("201", inbound("c8"))
    told += [LineChanged("201", clock(), state) for state in (CallState.RINGING, CallState.CONNECTED)]
    told += [CallsLost(3), LineChanged("202", clock(), CallState.RINGING)]
    frames = [[1, 2, 4], [*range(5, 13)], [*range(20, 46, 2)]]
    entries = [Entry(sequence, fact) for sequence, fact in zip(chain(*frames), told, strict=True)]
    await peer.say(Publish(0, tuple(entries[:3])))
    await peer.say(Publish(4, tuple(entries[3:11])))
    await peer.say(Publish(12, tuple(entries[11:])))
    while (heard := await peer.hear()) != Ack(entries[-1].sequence):
        assert isinstance(heard, Ack)

    names = {call.call_id for call in (await cloudlink.calls(people.desk.principal)).items}
    assert {f"c{number}" for number in (*range(3), 4, 5, 6, 8, *range(10, 20))} <= names
    assert site.uplink.counters["calls_lost"] == 3
    assert await database.read(select(gateways.c.calls_lost)) == [(3,)]
    lines = [payload["state"] for topic, payload in await events(database) if topic == LINE_CHANGED]
    assert lines[-2:] == [CallState.CONNECTED, CallState.RINGING]


async def test_a_gateway_writes_for_those_extensions_alone_that_it_monitors(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink, database: Database, *, clock: SteppedClock
) -> None:
    """It stands beside an MX-ONE, where 201 holds the role that an MX-ONE asks for, and 202 does not."""

    def ask(connection: Any) -> None:
        connection.execute(update(gateways).values(pbx=PbxModel.MX_ONE))
        connection.execute(update(users).where(users.c.extension == "201").values(telephony_role=TelephonyRole.USER))

    await database.write(ask)
    for sequence, extension in enumerate(("201", "202"), 1):
        await peer.tell(sequence * 2 - 1, CallRecorded(extension, inbound(f"c{extension}")))
        await peer.tell(sequence * 2, LineChanged(extension, clock(), state=CallState.CONNECTED))

    assert len((await cloudlink.calls(people.desk.principal)).items) == 1
    assert (await cloudlink.calls(people.warehouse.principal)).items == []
    states = [(await cloudlink.endpoints(user.principal))[0].state for user in (people.desk, people.warehouse)]
    assert states == [CallState.CONNECTED, CallState.UNKNOWN]
    assert site.uplink.counters["unusable"] == 2


async def test_of_two_pbxs_each_gateway_writes_for_its_own_people(
    site: Site, key: Key, peer: Peer, people: People, database: Database, *, provisioning: Provisioning
) -> None:
    """An Office 400, which asks for no role, beside an MX-ONE, where 202 holds the role that it asks for."""
    account_id = people.account.account_id
    mx_one = str(uuid4())
    other = mx_one, await provisioning.issue_gateway_key(account_id, mx_one, pbx=PbxModel.MX_ONE)

    def ask(connection: Any) -> None:
        office = update(gateways).where(gateways.c.gateway_id == key[0]).values(pbx=PbxModel.OFFICE_400)
        connection.execute(office)
        connection.execute(update(users).where(users.c.extension == "202").values(telephony_role=TelephonyRole.USER))

    await database.write(ask)
    assert (await (await site.connect()).greet("spool-2")).extensions == ("201",)
    beside = await site.connect(other)
    assert (await beside.greet()).extensions == ("202",)
    for sequence, extension in enumerate(("201", "202"), 1):
        await beside.tell(sequence, CallRecorded(extension, inbound(f"c{extension}")))
    told = await database.read(select(calls.c.call_id, calls.c.principal_id))
    assert [tuple(row) for row in told] == [("c202", people.warehouse.principal_id)]


async def test_a_gateway_may_say_that_it_knows_no_more_of_an_extension_that_nobody_monitors_now(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink, database: Database, *, clock: SteppedClock
) -> None:
    await peer.tell(1, LineChanged("202", clock(), state=CallState.CONNECTED))
    await database.write(lambda connection: connection.execute(update(gateways).values(pbx=PbxModel.MX_ONE)))
    await peer.tell(2, LineChanged("202", clock(), state=CallState.RINGING))
    await peer.tell(3, LineChanged("202", clock(), state=CallState.UNKNOWN))
    assert (await cloudlink.endpoints(people.warehouse.principal))[0].state == CallState.UNKNOWN
    assert site.uplink.counters["unusable"] == 1


async def test_a_change_of_the_future_was_told_by_a_clock_that_has_been_put_right(
    peer: Peer, people: People, cloudlink: EmbeddedCloudLink, clock: SteppedClock
) -> None:
    await peer.tell(1, LineChanged("201", clock() + timedelta(hours=1), state=CallState.CONNECTED))
    await peer.tell(2, LineChanged("201", clock(), state=CallState.IDLE))
    assert (await cloudlink.endpoints(people.desk.principal))[0].state == CallState.IDLE


async def test_times_at_the_ends_of_time_cost_their_facts_alone(
    site: Site, peer: Peer, people: People, cloudlink: EmbeddedCloudLink, clock: SteppedClock
) -> None:
    """A gateway would send what cannot be counted again and again, and nothing behind it."""
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    for sequence, at in enumerate((datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)), 1):
        assert await peer.tell(sequence, CallRecorded("201", replace(inbound("c0"), created_on=at))) == Ack(sequence)
    for sequence, at in enumerate((datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)), 3):
        assert await peer.tell(sequence, LineChanged("201", at, state=CallState.RINGING)) == Ack(sequence)
    assert await peer.tell(5, CallRecorded("201", inbound("c1"))) == Ack(5)

    assert [call.call_id for call in (await cloudlink.calls(people.desk.principal)).items] == ["c1"]
    assert (await cloudlink.endpoints(people.desk.principal))[0].state == CallState.UNKNOWN
    assert site.uplink.counters["unusable"] == 4


async def test_a_newer_connection_replaces_the_older(site: Site, peer: Peer) -> None:
    newer = await site.connect()
    await newer.greet()

    assert await peer.closed_with() == (1008, "replaced by a newer connection")
    assert await newer.tell(1, CallRecorded("201", inbound("c1"))) == Ack(1)


async def test_a_connection_that_was_not_yet_replaced_cannot_write_over_a_newer_spool(
    database: Database, people: People, provisioning: Provisioning, clock: SteppedClock
) -> None:
    gateway_id, _ = await provisioning.create_gateway(people.account.account_id)
    gateway = Gateway(people.account.account_id, gateway_id)
    told = [publish(1, CallRecorded("201", inbound("c1")))]
    for spool in ("older", "newer"):
        assert await database.write(partial(open_spool, gateway=gateway, hello=Hello(spool, "1.0"), now=clock())) == 0

    with pytest.raises(UplinkError, match="replaced by another"):
        await database.write(lambda c: receive(c, gateway, "older", told, clock()))
    assert await database.write(lambda c: receive(c, gateway, "newer", told, clock())) == Receipt(1, facts=1)


async def test_people_learn_that_a_gateway_is_connected_and_that_it_is_no_more(
    database: Database, outbox: Outbox, clock: SteppedClock, key: Key, people: People
) -> None:
    links, who, opened = StoredLinks(database, clock), people.desk.principal, clock()
    assert await links.of(who) == [Link(connected=False, since=None)]
    async with serving(database, outbox, clock, key) as site:
        peer = await site.connect()
        await peer.greet()
        clock.advance(minutes=1)
        assert await links.of(who) == [Link(connected=True, since=opened)]
        assert await links.of(people.stranger.principal) == []
        await peer.socket.close()
        async with asyncio.timeout(10):
            while await links.of(who) != [Link(connected=False, since=clock())]:  # noqa: ASYNC110 - written last of all
                await asyncio.sleep(0)


async def test_a_line_is_known_while_the_link_of_who_told_it_is_open(
    database: Database, outbox: Outbox, clock: SteppedClock, key: Key, people: People, *, cloudlink: EmbeddedCloudLink
) -> None:
    who = people.desk.principal

    async def state() -> str:
        return (await cloudlink.endpoints(who))[0].state

    async with serving(database, outbox, clock, key) as site:
        peer = await site.connect()
        await peer.greet()
        await peer.tell(1, LineChanged("201", clock(), state=CallState.CONNECTED))
        assert await state() == CallState.CONNECTED
    assert await state() == CallState.UNKNOWN
    async with serving(database, outbox, clock, key) as site:
        peer = await site.connect()
        # It has nothing new to tell.
        assert (await peer.greet()).received == 1
        assert await state() == CallState.CONNECTED


async def test_the_end_of_an_older_link_does_not_hide_the_newer(
    database: Database, outbox: Outbox, clock: SteppedClock, key: Key, people: People
) -> None:
    """The newer one is held by another server, as when a company has two."""
    async with serving(database, outbox, clock, key) as newer:
        async with serving(database, outbox, clock, key) as older:
            # Both are kept: a connection that nobody holds is closed.
            peers = [await older.connect()]
            await peers[0].greet()
            clock.advance(minutes=1)
            peers.append(await newer.connect())
            await peers[1].greet()
        links = await StoredLinks(database, clock).of(people.desk.principal)
        assert links == [Link(connected=True, since=clock())]


async def test_a_link_of_a_server_that_was_killed_is_not_believed_for_long(
    site: Site, peer: Peer, database: Database, clock: SteppedClock, *, people: People
) -> None:
    links, opened = StoredLinks(database, clock), clock()
    for _ in range(3):
        clock.advance(minutes=2)
        assert await links.of(people.desk.principal) == [Link(connected=True, since=opened)]
        await site.uplink.note_open()
    noted = clock()
    clock.advance(minutes=4)
    assert await links.of(people.desk.principal) == [Link(connected=False, since=noted)]


async def test_a_key_that_another_server_made_void_ends_the_link(site: Site, peer: Peer, database: Database) -> None:
    await site.uplink.check_keys()
    await database.write(lambda connection: connection.execute(update(gateways).values(public_key="")))
    checking = asyncio.create_task(site.uplink.check_keys())
    assert await peer.closed_with() == (1008, "the gateway's key or account is void")
    await checking


async def test_a_server_that_stops_says_that_it_is_going_away(site: Site, peer: Peer) -> None:
    closing = asyncio.create_task(site.uplink.close())
    assert (await peer.closed_with())[0] == 1001
    await closing


async def test_a_connected_gateway_is_told_of_new_extensions_of_its_account(
    site: Site, peer: Peer, provisioning: Provisioning, people: People, outbox: Outbox
) -> None:
    await provisioning.create_user(people.other_account.account_id, known_as("Clerk", "clerk@example.com", "300"))
    await provisioning.create_user(people.account.account_id, known_as("Clerk", "clerk@example.com", "203"))

    async with consuming(outbox, "uplink", site.uplink.on_event):
        assert await peer.hear() == Monitor(("201", "202", "203"))
