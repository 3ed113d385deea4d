"""Processes that are killed amid traffic, or away for long: no call is lost, and none is told twice.

What is killed is a process as an operator starts it, by SIGKILL; a gateway that stays runs in this process, where it
does not wait half a minute before it tries again. The PBX goes by the time that the test passes. Each call lasts longer
than the gateway is away, since nobody can tell of a call that began and ended meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager, closing
from random import Random
from typing import TYPE_CHECKING, Self

from cloudlink.administration.accounts import NewAccount
from cloudlink.service.administration.people import add_many
from cloudlink.service.provision import OPERATOR, Provisioning, known_as
from gateway.service import run
from gateway.settings import GatewaySettings
from gateway.status.reading import NotRunning, read
from simulator.profiles import PROFILES, numbered
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.switch import CallEvent, EventName
from simulator.timeline import Timeline
from simulator.traffic.random_calls import random_calls
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox
from tests.scenarios.conftest import ROOT, free_port
from tests.scenarios.site import SOON

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from gateway.status.state import Status
    from simulator.ledger import Part
    from simulator.switch import Event
    from simulator.timeline import Steps

DESKS = 40
STEP = 0.25
CHUNK = 5.0
PATIENCE = 30
_GUID = "00000000-0000-0000-0000-00000000b07a"
_CALLS = """
SELECT users.extension, calls.extra_pbx_data
FROM calls JOIN users ON users.account_id = calls.account_id AND users.principal_id = calls.principal_id
"""


class Site:
    """A server, a gateway and a PBX. ``parts`` is what the switch says that its ``extensions`` did."""

    def __init__(self, folder: Path, desks: int = DESKS, *, gateway_stays: bool = False) -> None:
        self._stays = gateway_stays
        self.extensions = numbered(desks)
        self._monitored = frozenset(self.extensions)
        self.parts: list[Part] = []
        self._database = folder / "store.db"
        self._ports = {"server": free_port(), "gateway": free_port()}
        self._running: dict[str, Process] = {}
        self._folder = folder
        self._sent = 0
        self._waits = False

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self.pbx = await self._stack.enter_async_context(
            Simulator(
                SimulatorSettings(port=0, extensions=self.extensions, trunks=240, heartbeat_seconds=0), Timeline()
            )
        )
        self.pbx.keep_ledger(self.parts.append)
        self.pbx.switch.listeners.append(self._count)
        gateway_id, key = await self._company()
        self._settings = {
            "APP_ID": _GUID,
            "APP_PASSWORD": "not-a-secret",
            "APP_TENANT_ID": _GUID,
            "PUBLIC_URL": "https://assistant.example.com",
            "PORT": str(self._ports["server"]),
            "DATABASE_URL": f"sqlite:///{self._database}",
            "GATEWAY_CLOUDLINK_URL": f"http://127.0.0.1:{self._ports['server']}",
            "GATEWAY_ID": gateway_id,
            "GATEWAY_KEY": key,
            "GATEWAY_SPOOL": str(self._folder / "spool.db"),
            "GATEWAY_METRICS_PORT": str(self._ports["gateway"]),
            "CSTA_HOST": "127.0.0.1",
            "CSTA_PORT": str(self.pbx.port),
            "LOG_LEVEL": "WARNING",
        }
        await self.start("server")
        await (self._stack.enter_async_context(self._staying()) if self._stays else self.start("gateway"))
        await self.until_monitored()
        return self

    @asynccontextmanager
    async def _staying(self) -> AsyncIterator[None]:
        settings = {
            name.lower(): value for name, value in self._settings.items() if name.startswith(("GATEWAY", "CSTA"))
        }
        stop = asyncio.Event()
        task = asyncio.create_task(run(GatewaySettings.model_validate(settings), stop, backoff=SOON))
        yield
        stop.set()
        await task

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        for name in [*self._running]:
            await self.kill(name)

    async def start(self, name: str) -> None:
        """Begins it; a gateway that finds no server yet tries again."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, str(ROOT / "app.py"), "serve" if name == "server" else name),
                cwd=self._folder,
                env={**os.environ, **self._settings},
                stdout=log,
                stderr=log,
            )

    async def kill(self, name: str) -> None:
        """At once, whatever it does."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        if name == "gateway":
            # Its monitors end with its connection: who is monitored after this is so by the next gateway.
            self.pbx.close_links()

    async def until_monitored(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.pbx.monitored(*self.extensions)
            await self._until(
                lambda status: status.report.pbx.running == len(self.extensions) and not status.report.pbx.unseen
            )
        self._sent = 0

    async def pass_time(self, seconds: float) -> None:
        """The gateway hears of everything that happens meanwhile, five seconds late at most."""
        for _ in range(round(seconds / CHUNK)):
            self.pass_time_unheard(CHUNK)
            async with asyncio.timeout(PATIENCE):
                await self._until(lambda status: _events(status) == self._sent)

    async def on_disk(self) -> None:
        """The gateway has kept all that it has heard: what it heard last has come to CloudLink."""
        self._waits = not self._waits
        self.pbx.switch.set_message_waiting(self.extensions[0], on=self._waits)
        async with asyncio.timeout(PATIENCE):
            await self._until(lambda _: self._message_waits() is self._waits)

    def _message_waits(self) -> bool:
        with closing(sqlite3.connect(self._database)) as file:
            query = "SELECT message_waiting FROM endpoints WHERE name = ?"
            return bool(file.execute(query, (self.extensions[0],)).fetchone()[0])

    def pass_time_unheard(self, seconds: float) -> None:
        """Nobody waits for who listens."""
        for _ in range(round(seconds / STEP)):
            self.pbx.timeline.advance(STEP)

    async def told(self) -> None:
        """Nothing waits for CloudLink any more."""
        async with asyncio.timeout(PATIENCE):
            await self._until(lambda status: status.cloud.connected_since and not status.report.queue.facts)

    def _count(self, event: Event) -> None:
        if not isinstance(event, CallEvent):
            self._sent += 1
        elif event.name is not EventName.CALL_CLEARED:
            self._sent += sum(device in self._monitored for device in event.states)

    async def _until(self, condition: Callable[[Status], object]) -> None:
        while True:
            try:
                if condition(await read(self._ports["gateway"])):
                    return
            except NotRunning:
                # It has not come up yet, or is busy.
                await asyncio.sleep(0)

    def records(self) -> Counter[tuple[str, str]]:
        """Extension and the switch's id of each call record."""
        with closing(sqlite3.connect(self._database)) as file:
            rows = file.execute(_CALLS).fetchall()
        return Counter((extension, json.loads(data)["callId"]) for extension, data in rows)

    async def _company(self) -> tuple[str, str]:
        database = await open_database(f"sqlite:///{self._database}")
        provisioning = Provisioning(database, Outbox(database))
        account = await provisioning.create_account(NewAccount("Company"))
        news = [known_as(number, f"{number}@example.com", number) for number in self.extensions]
        await database.write(lambda c: add_many(c, OPERATOR, account.account_id, news, utc_now()))
        gateway = await provisioning.create_gateway(account.account_id)
        await database.close()
        return gateway


def _events(status: Status) -> int:
    """Those that the gateway has no use for too."""
    return status.counters.get("events", 0) + status.counters.get("events_unknown", 0)


def busy(site: Site, random: Random) -> Steps:
    """A call every other second, each of at least half a minute."""
    while True:
        yield random.expovariate(1 / 2)
        me, colleague = random.sample(site.extensions, 2)
        outsider = f"+331990001{random.randrange(100):02}"
        who = random.choice((f'{outsider} "Supplier" -> {me}', f"{me} -> {outsider}", f"{me} -> {colleague}"))
        how = random.choice(
            (f"ring {random.uniform(20, 25):.1f}; answer; talk {random.uniform(10, 60):.1f}", "ring 40")
        )
        site.pbx.play(f"call {who}; {how}; clear")


async def all_is_recorded_once(site: Site, least: int) -> None:
    """Every part of every call."""
    while site.pbx.switch.calls:
        await site.pass_time(CHUNK)
    await site.told()
    parts = Counter((part.extension, part.call) for part in site.parts)
    assert len(parts) >= least
    assert site.records() == parts


async def test_a_gateway_that_is_killed_again_and_again(tmp_path: Path) -> None:
    async with Site(tmp_path) as site:
        traffic = site.pbx.timeline.play(busy(site, Random(1)))  # noqa: S311 - it can be repeated, nothing secret
        for _ in range(2):
            await site.pass_time(60)
            await site.on_disk()
            # Amid a burst that nobody has waited for.
            site.pass_time_unheard(5)
            await site.kill("gateway")
            site.pass_time_unheard(8)
            await site.start("gateway")
            await site.until_monitored()
        await site.pass_time(60)
        traffic()
        await all_is_recorded_once(site, least=80)


async def test_a_server_that_is_killed_again_and_again(tmp_path: Path) -> None:
    async with Site(tmp_path, gateway_stays=True) as site:
        traffic = site.pbx.timeline.play(busy(site, Random(2)))  # noqa: S311 - it can be repeated, nothing secret
        for _ in range(2):
            await site.pass_time(60)
            site.pass_time_unheard(5)
            await site.kill("server")
            await site.pass_time(60)
            await site.start("server")
        await site.pass_time(60)
        traffic()
        await all_is_recorded_once(site, least=100)


async def test_an_outage_of_ten_minutes_in_the_full_busy_hour(tmp_path: Path) -> None:
    office400 = PROFILES["office400"]
    async with Site(tmp_path, office400.users, gateway_stays=True) as site:
        random = Random(3)  # noqa: S311 - it can be repeated, nothing secret
        traffic = site.pbx.timeline.play(random_calls(site.pbx.switch, site.pbx.timeline, office400.bhcc, random))
        await site.pass_time(30)
        await site.kill("server")
        await site.pass_time(600)
        await site.start("server")
        await site.pass_time(30)
        traffic()
        await all_is_recorded_once(site, least=700)
