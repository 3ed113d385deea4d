"""Calls that the public API places: over HTTP, the real uplink, a real gateway and a PBX on a real socket."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from cloudlink.service.uplink import Uplink
from cloudlink.topics import CALL_RECORDED, LINE_CHANGED
from gateway.service import run
from gateway.settings import GatewaySettings
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import State
from simulator.timeline import Timeline
from store.schema import commands as command_rows
from store.schema import gateways
from tests.cloudlink.telephones import PER_MINUTE
from tests.conftest import consuming
from tests.gateway.conditions import AT_ONCE, Watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web

    from cloudlink.service.commands import Commands
    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from store.outbox import Event, Outbox
    from tests.cloudlink.api.conftest import Api, Mint
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

OUTSIDE = "+33199000007"


FORBIDDEN: list[tuple[dict[str, Any], int]] = [
    ({"to": "+33899000001"}, 403),
    ({"to": "0 899 00 00 01"}, 403),
    ({"to": "tel:+33 899 000 001"}, 403),
    ({"to": "*21*202#"}, 400),
    ({"to": "#31#+33199000007"}, 400),
    ({"to": "202\r\n</calledDirectoryNumber>"}, 400),
    ({"to": "2\x0002"}, 400),
    ({"to": "sip:202@example.com"}, 400),
    ({"to": "+33199000007;ext=1"}, 400),
    ({"to": "9" * 41}, 400),
    ({"to": "202", "from": "202"}, 403),
    ({"to": "202", "from": "+33199000001"}, 403),
    ({"to": "202", "fromName": "Somebody else"}, 403),
    ({"to": "202", "record": True}, 403),
    ({"to": "202", "successUrl": "https://example.com"}, 403),
    ({"to": "202", "executeOnAnswer": "bridge", "associatedCallId": "c1"}, 403),
]


class Office:
    """A PBX whose time stands still, and the gateway beside it."""

    def __init__(self, pbx: Simulator, counters: Watched) -> None:
        self.pbx = pbx
        self.counters = counters

    def calls(self) -> list[tuple[str, State]]:
        """Who has part in which call now."""
        return [(device, state) for call in self.pbx.switch.calls.values() for device, state in call.states().items()]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough here: ``test_commands`` has both."""
    return sqlite_url


@pytest.fixture
async def app(
    app: web.Application, database: Database, outbox: Outbox, commands: Commands, clock: SteppedClock
) -> web.Application:
    """The API's server has gateways too."""
    uplink = Uplink(database, outbox, clock, commands=commands)
    app.add_routes(uplink.routes())

    async def close(_: web.Application) -> None:
        await uplink.close()

    app.on_shutdown.append(close)
    return app


@pytest.fixture
async def key(provisioning: Provisioning, people: People) -> tuple[str, str]:
    return await provisioning.create_gateway(people.account.account_id)


@pytest.fixture
async def office(api: Api, key: tuple[str, str], tmp_path: Path) -> AsyncIterator[Office]:
    settings = SimulatorSettings(port=0, extensions=("201", "202"), heartbeat_seconds=0)
    async with Simulator(settings, Timeline()) as pbx, beside(pbx, api, key, tmp_path) as counters:
        await counters.until(lambda: counters["monitors"] == 2)
        yield Office(pbx, counters)


@asynccontextmanager
async def beside(pbx: Simulator, api: Api, key: tuple[str, str], folder: Path, **more: str) -> AsyncIterator[Watched]:
    """A gateway at work."""
    settings = {
        "gateway_cloudlink_url": str(api.server.make_url("")).rstrip("/"),
        "gateway_id": key[0],
        "gateway_key": key[1],
        "gateway_spool": folder / "spool.db",
        "csta_port": pbx.port,
        **more,
    }
    counters, stop = Watched(), asyncio.Event()
    gateway = asyncio.create_task(
        run(GatewaySettings.model_validate(settings), stop, backoff=AT_ONCE, counters=counters)
    )
    yield counters
    stop.set()
    await gateway


def calls_of(people: People) -> str:
    return f"/endpoints/{people.desk.principal_id}/calls"


async def test_rings_the_own_telephone_and_calls_the_number(desk: Api, people: People, office: Office) -> None:
    answer = await desk("POST", calls_of(people), {"to": "01 99 00 00 07"})

    assert answer.status == 200
    told = answer.body
    assert {name: told[name] for name in ("from", "to", "toNumberE164", "state", "cause", "direction")} == {
        "from": "201",
        "to": OUTSIDE,
        "toNumberE164": True,
        "state": "connected",
        "cause": "newCall",
        "direction": "outbound",
    }
    assert told["_links"]["self"].endswith(f"/calls/{told['callId']}")
    ((device, _),) = office.calls()
    assert device == "201"


async def test_the_call_has_the_id_that_its_record_will_have(
    desk: Api, people: People, office: Office, outbox: Outbox
) -> None:
    placed = (await desk("POST", calls_of(people), {"to": "202"})).body["callId"]
    recorded = asyncio.Event()

    async def note(event: Event) -> None:
        if event.topic == CALL_RECORDED and event.payload["call_id"] == placed:
            recorded.set()

    async with consuming(outbox, "test", note), asyncio.timeout(10):
        while office.pbx.switch.calls:
            office.pbx.timeline.advance(60)
        await recorded.wait()
    record = await desk("GET", f"/calls/{placed}/records")
    assert [(call["direction"], call["to"]) for call in record.items] == [("outbound", "202")]


async def test_ends_and_answers_calls_by_their_ids(
    desk: Api, api: Api, mint: Mint, people: People, office: Office
) -> None:
    placed = (await desk("POST", calls_of(people), {"to": "202"})).body["callId"]
    assert (await desk("PUT", f"{calls_of(people)}/{placed}", {"action": "answer"})).status in {200, 422}
    ended = await desk("PUT", f"{calls_of(people)}/{placed}", {"action": "end"})
    assert (ended.status, ended.body, office.calls()) == (200, {}, [])
    assert (await desk("PUT", f"{calls_of(people)}/{placed}", {"action": "end"})).status == 404
    for action in ("hold", "blindTransfer", "redirect", "dtmf"):
        refused = await desk("PUT", f"{calls_of(people)}/{placed}", {"action": action, "destination": "202"})
        assert (refused.status, refused.body["name"]) == (403, "Forbidden")


async def test_answers_what_rings_by_the_id_that_the_list_tells(
    desk: Api, stranger: Api, people: People, office: Office, outbox: Outbox
) -> None:
    placed = (await desk("POST", calls_of(people), {"to": "202"})).body["callId"]
    own = (await desk("GET", f"{calls_of(people)}/{placed}")).body
    assert (own["callId"], own["direction"], own["from"]) == (placed, "outbound", "201")
    assert (await desk("PUT", f"{calls_of(people)}/{placed}", {"action": "end"})).status == 200
    rings = asyncio.Event()

    async def note(event: Event) -> None:
        if event.topic == LINE_CHANGED and event.payload.get("state") == "ringing":
            rings.set()

    async with consuming(outbox, "test", note), asyncio.timeout(10):
        office.pbx.ring("+33199000042", "201", "Supplier")
        await rings.wait()
    (call,) = (await desk("GET", calls_of(people))).items
    assert {name: call[name] for name in ("state", "direction", "from", "fromName", "cause")} == {
        "state": "ringing",
        "direction": "inbound",
        "from": "+33199000042",
        "fromName": "Supplier",
        "cause": "newCall",
    }
    assert (await desk("GET", calls_of(people), skip="1")).items == []
    assert (await stranger("GET", calls_of(people))).status == 404
    assert (await desk("PUT", f"{calls_of(people)}/{call['callId']}", {"action": "answer"})).status == 200
    assert ("201", State.CONNECTED) in office.calls()


async def test_a_telephone_obeys_its_own_user_alone(
    desk: Api, admin: Api, stranger: Api, api: Api, mint: Mint, *, people: People, office: Office
) -> None:
    application = api.of(await mint.client(people.account.account_id))
    reading = api.of(await mint.user(people.desk.principal, scope="read"))
    own = (await desk("GET", f"/endpoints/{people.desk.principal_id}")).body["endpointId"]
    for asker, status in ((admin, 404), (stranger, 404), (application, 403), (reading, 403), (api, 401)):
        for endpoint_id in (people.desk.principal_id, own):
            for method, path, body in (
                ("POST", "calls", {"to": "202"}),
                ("PUT", "calls/c1", {"action": "end"}),
                ("PUT", "calls/c1", {"action": "answer"}),
            ):
                assert (await asker(method, f"/endpoints/{endpoint_id}/{path}", body)).status == status
    assert (office.calls(), office.counters["commands"]) == ([], 0)


async def test_nothing_reaches_the_pbx_that_may_not_be_dialled(desk: Api, people: People, office: Office) -> None:
    for body, status in FORBIDDEN:
        answer = await desk("POST", calls_of(people), body)
        assert (answer.status, set(answer.body)) == (status, {"name", "message"}), body
        assert str(body["to"]) not in answer.body["message"]
    assert (office.calls(), office.counters["commands"]) == ([], 0)


async def test_the_same_request_places_one_call(desk: Api, people: People, office: Office) -> None:
    headers = {"Idempotency-Key": "press-1"}
    answers = await asyncio.gather(*(desk("POST", calls_of(people), {"to": "202"}, headers=headers) for _ in range(5)))
    again = await desk("POST", calls_of(people), {"to": "202"}, headers=headers)
    assert {answer.body["callId"] for answer in (*answers, again)} == {again.body["callId"]}
    assert (len(office.pbx.switch.calls), office.counters["commands"]) == (1, 1)
    other = await desk("POST", calls_of(people), {"to": OUTSIDE}, headers=headers)
    assert (other.status, office.counters["commands"]) == (422, 2)


async def test_a_flood_is_slowed_down_for_its_own_author_alone(
    desk: Api, admin: Api, people: People, office: Office, clock: SteppedClock
) -> None:
    placed = (await desk("POST", calls_of(people), {"to": "202"})).body["callId"]
    for _ in range(PER_MINUTE - 1):
        await desk("PUT", f"{calls_of(people)}/{placed}", {"action": "end"})
    flooding = await desk("POST", calls_of(people), {"to": "202"})
    assert (flooding.status, flooding.headers["Retry-After"]) == (429, "60")
    assert (await admin("POST", f"/endpoints/{people.warehouse.principal_id}/calls", {"to": "201"})).status == 200
    clock.advance(seconds=61)
    assert (await desk("POST", calls_of(people), {"to": OUTSIDE})).status in {200, 422}
    assert office.counters["commands"] == PER_MINUTE + 2


async def test_what_the_pbx_refuses_is_told_in_its_word(desk: Api, people: People, office: Office) -> None:
    await desk("POST", calls_of(people), {"to": "202"})
    refused = await desk("POST", calls_of(people), {"to": "202"})
    assert (refused.status, refused.body["name"]) == (422, "RefusedByPbx")
    assert refused.body["message"].startswith("The PBX refused: ")


async def test_without_a_gateway_it_says_which(
    desk: Api, people: People, key: tuple[str, str], database: Database, clock: SteppedClock
) -> None:
    assert (await desk("POST", calls_of(people), {"to": "202"})).status == 403

    seen = update(gateways).values(seen_at=clock())
    await database.write(lambda connection: connection.execute(seen))
    away = await desk("POST", calls_of(people), {"to": "202"})
    assert (away.status, away.body["name"], away.headers["Retry-After"]) == (503, "GatewayNotConnected", "30")

    business = update(gateways).values(pbx="business")
    await database.write(lambda connection: connection.execute(business))
    assert (await desk("POST", calls_of(people), {"to": "202"})).status == 403


async def test_a_gateway_whose_pbx_is_away_says_so_at_once(
    desk: Api, people: People, key: tuple[str, str], api: Api, *, tmp_path: Path
) -> None:
    settings = SimulatorSettings(port=0, extensions=("201", "202"), heartbeat_seconds=0)
    async with Simulator(settings, Timeline()) as pbx, beside(pbx, api, key, tmp_path) as counters:
        await counters.until(lambda: counters["monitors"] == 2)
        await pbx.__aexit__(None, None, None)
        away = await desk("POST", calls_of(people), {"to": "202"})
    assert away.status in {503, 504}


async def test_a_pbx_with_an_exit_code_gets_it(
    desk: Api, people: People, key: tuple[str, str], api: Api, *, tmp_path: Path
) -> None:
    settings = SimulatorSettings(port=0, extensions=("201", "202"), heartbeat_seconds=0)
    outside = {"csta_outside": "000{digits}"}
    async with Simulator(settings, Timeline()) as pbx, beside(pbx, api, key, tmp_path, **outside) as counters:
        await counters.until(lambda: counters["monitors"] == 2)
        assert (await desk("POST", calls_of(people), {"to": OUTSIDE})).status == 200
        (call,) = pbx.switch.calls.values()
        pbx.timeline.advance(30)
        assert "00033199000007" in repr(call)


async def test_neither_logs_nor_rows_keep_the_number(
    desk: Api, people: People, office: Office, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert (await desk("POST", calls_of(people), {"to": OUTSIDE})).status == 200
    ended = [record.__dict__ for record in caplog.records if record.message == "command"]
    assert [(told["extension"], told["to"], told["result"]) for told in ended] == [("201", "outside", "done")]
    assert not any("199000007" in json.dumps(record.__dict__, default=str) for record in caplog.records)
    rows = await database.read(select(*command_rows.c))
    assert len(rows) == 1
    assert "199000007" not in repr(rows)
