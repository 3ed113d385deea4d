"""What spool, link and CloudLink lose when one of them fails amid traffic: nothing, and nothing is doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import func, select

from cloudlink.gateway_key import GatewayKey
from cloudlink.service.uplink import Uplink
from cloudlink.uplink import LineChanged
from gateway.credentials import Credentials
from gateway.link import Cloud, Link
from gateway.orders import Orders
from gateway.service import utc_now
from gateway.spool import Spool
from store.schema import calls, endpoints
from store.schema import outbox as events
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.fakes.relay import Relay
from tests.gateway.conditions import AT_ONCE, Watched, nothing_new, running
from tests.gateway.office import Office
from tests.gateway.test_spool import AT, recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People

__all__ = ["outbox", "password_hash", "people", "provisioning"]

ROOT = Path(__file__).parents[2]
# MX-ONE is stated for 15,000 calls in its busy hour; most have two monitored parties, and four states each.
CALLS_IN_TEN_MINUTES = 2500

Key = tuple[str, str]


@pytest.fixture
async def key(provisioning: Provisioning, people: People) -> Key:
    return await provisioning.create_gateway(people.account.account_id)


@asynccontextmanager
async def cloudlink(database: Database, outbox: Outbox) -> AsyncIterator[BaseTestServer]:
    uplink = Uplink(database, outbox)
    app = web.Application()
    app.add_routes(uplink.routes())
    async with TestServer(app) as server:
        yield server
        await uplink.close()


@asynccontextmanager
async def linked(url: str, spool: Spool, key: Key) -> AsyncIterator[Link]:
    counters, office = Watched(), Office(port=1)
    credentials = Credentials(key[0], GatewayKey(key[1]))
    link = Link(
        Cloud(url, lambda: credentials, ClientSession, AT_ONCE),
        spool,
        counters=counters,
        monitor=lambda _: None,
        orders=Orders(office.exchange, office.lines, counters),
        version="1",
        report=nothing_new,
        now=utc_now,
    )
    async with running(link.run()):
        yield link


async def emptied(spool: Spool) -> None:
    """Returns when CloudLink has acknowledged all."""
    async with asyncio.timeout(60):
        while len(spool):  # noqa: ASYNC110 - it is emptied in another thread
            await asyncio.sleep(0.005)


async def names(database: Database) -> list[str]:
    return sorted(name for (name,) in await database.read(select(calls.c.call_id)))


async def test_a_link_that_is_cut_again_and_again_loses_no_record_and_doubles_none(
    database: Database, outbox: Outbox, key: Key, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db", gateway_id=key[0])
    told = [f"record {number:03}" for number in range(200)]
    async with (
        cloudlink(database, outbox) as server,
        Relay("127.0.0.1", server.port or 0) as wire,
        linked(f"http://{wire.address}", spool, key) as link,
    ):
        for first in range(0, len(told), 10):
            # CloudLink hears these facts, and the gateway nothing any more: neither knows what the other has.
            wire.cut_after(told[first + 5].encode())
            spool.append([recorded(name) for name in told[first : first + 10]])
            link.wake()
            await asyncio.sleep(0)
        await emptied(spool)
    spool.close()
    assert await names(database) == told


async def test_a_cloudlink_that_is_started_anew_amid_traffic_has_every_record_once(
    database: Database, outbox: Outbox, key: Key, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db", gateway_id=key[0])
    told = [f"record {number:03}" for number in range(100)]
    async with Relay("127.0.0.1", 1) as wire, linked(f"http://{wire.address}", spool, key) as link:
        for first in range(0, len(told), 20):
            spool.append([recorded(name) for name in told[first : first + 20]])
            link.wake()
            async with cloudlink(database, outbox) as server:
                wire.lead_to("127.0.0.1", server.port or 0)
                await emptied(spool)
    spool.close()
    assert await names(database) == told


async def test_ten_minutes_away_in_the_busy_hour_of_an_mx_one_come_whole_and_in_few_states(
    database: Database, outbox: Outbox, key: Key, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db", gateway_id=key[0])
    told = [f"record {number:04}" for number in range(2 * CALLS_IN_TEN_MINUTES)]
    for first in range(0, len(told), 100):
        spool.append([recorded(name) for name in told[first : first + 100]])
        for state in ("ringing", "connected", "held", "idle"):
            spool.append([LineChanged(extension, AT, state=state) for extension in ("201", "202")])
    async with cloudlink(database, outbox) as server, linked(str(server.make_url("")).rstrip("/"), spool, key):
        await emptied(spool)
    spool.close()
    assert await names(database) == told
    states = await database.read(select(endpoints.c.name, endpoints.c.state).order_by(endpoints.c.name))
    assert [row for row in map(tuple, states) if row[1] != "unknown"] == [("201", "idle"), ("202", "idle")]
    [[changes]] = await database.read(select(func.count()).where(events.c.topic == "line.changed"))
    assert changes == 2


TELL = """
import asyncio, sys
from pathlib import Path
from gateway.spool import Spool
from tests.gateway.test_link_faults import emptied, linked
from tests.gateway.test_spool import recorded

async def main(url, path, gateway_id, key):
    spool = Spool(Path(path), gateway_id=gateway_id)
    async with linked(url, spool, (gateway_id, key)) as link:
        print('ready', flush=True)
        for line in iter(sys.stdin.readline, ''):
            spool.append([recorded(name) for name in line.split()])
            link.wake()
            print(line, end='', flush=True)
            await asyncio.sleep(0.002)
        await emptied(spool)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_gateway_that_is_killed_amid_traffic_has_told_every_record_once_in_the_end(
    database: Database, outbox: Outbox, key: Key, tmp_path: Path
) -> None:
    told: list[str] = []
    async with cloudlink(database, outbox) as server:
        url = str(server.make_url("")).rstrip("/")
        for life in range(3):
            child = await asyncio.create_subprocess_exec(
                *[sys.executable, "-c", TELL, url, str(tmp_path / "spool.db"), *key],
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            assert child.stdin is not None
            assert child.stdout is not None
            assert await child.stdout.readline() == b"ready\n"
            for batch in range(20):
                mine = [f"life-{life}-batch-{batch:02}-{number}" for number in range(5)]
                child.stdin.write(" ".join(mine).encode() + b"\n")
                # Said again: it is on the disk, and perhaps on its way.
                assert await child.stdout.readline() == " ".join(mine).encode() + b"\n"
                told += mine
            if life < 2:
                os.kill(child.pid, signal.SIGKILL)
            child.stdin.close()
            await asyncio.wait_for(child.wait(), 30)
    assert await names(database) == sorted(told)
