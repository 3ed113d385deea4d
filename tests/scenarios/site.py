"""A simulated switch at work, the gateway beside it, and the part of CloudLink that takes what gateways tell.

All run in the switch's time, a quarter of a second at once, so that hours pass in seconds. ``Truth`` listens on the
switch itself and knows which parts of which calls must stand in CloudLink.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aiohttp import web
from sqlalchemy import select

from cloudlink.administration.accounts import NewAccount
from cloudlink.service.provision import Provisioning, known_as
from cloudlink.service.uplink import Uplink
from cloudlink.topics import CALL_RECORDED, LINE_CHANGED
from gateway.calls.clock import SteadyClock
from gateway.retry import Backoff
from gateway.service import run
from gateway.settings import GatewaySettings
from simulator.switch import CallEvent, Event, EventName, State
from store.database import open_database
from store.outbox import Outbox
from store.schema import calls, users
from tests.conftest import consuming
from tests.gateway.conditions import Watched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulator.ledger import Part as LedgerPart
    from simulator.simulator import Simulator
    from simulator.timeline import Timeline
    from store.outbox import Event as OutboxEvent

EXTENSIONS = tuple(str(number) for number in range(201, 209))
STEP = 0.25
SOON = Backoff(first=0.1, longest=0.2, jitter=0.0)


@dataclass(slots=True)
class Part:
    """What one extension does in one call. ``known``: a gateway was connected at some moment of it; ``unseen``:
    something happened to it while none was, so that nobody can know how it went.
    """

    extension: str
    call: str
    outbound: bool
    known: bool
    answered: bool = False
    unseen: bool = False

    @property
    def told(self) -> tuple[str, ...]:
        """What a record must say of it."""
        if self.unseen:
            return self.extension, self.call
        direction = "outbound" if self.outbound else "inbound"
        return self.extension, self.call, direction, "answered" if self.answered else "not answered"


class Truth:
    """Listens on the switch itself, while a gateway is ``connected`` and while none is."""

    def __init__(self) -> None:
        self.connected = True
        self.over: list[Part] = []
        self._now: dict[tuple[str, str], Part] = {}
        self._left_unheard: dict[tuple[str, str], Part] = {}

    def hear(self, event: Event) -> None:
        if isinstance(event, CallEvent) and event.name is not EventName.CALL_CLEARED:
            self._join(event)
            for device in event.states.keys() & set(EXTENSIONS):
                self._change(event, device, event.states[device])

    def reconnect(self) -> None:
        """What is up now will be seen by the gateway's snapshots."""
        self.connected = True
        self.over += self._left_unheard.values()
        self._left_unheard.clear()
        for part in self._now.values():
            part.known = True

    def _join(self, event: CallEvent) -> None:
        for joined in event.joined:
            before, after = (joined.old.device, joined.old.call), (joined.new.device, joined.new.call)
            if before == after or before not in self._now:
                continue
            if self.connected:
                part = self._now[after] = self._now.pop(before)
                part.call = joined.new.call
            else:
                # Nobody can tell that these were one call.
                part = self._now.pop(before)
                part.unseen = True
                self.over.append(part)
                self._now[after] = Part(part.extension, joined.new.call, part.outbound, known=False, unseen=True)
        if event.secondary is not None:
            self._end(event.party.device, event.secondary.call)

    def _change(self, event: CallEvent, device: str, state: State) -> None:
        key = device, event.connection.call
        if key not in self._now and (state is not State.NULL or event.name is EventName.DIVERTED):
            begun = Part(*key, outbound=event.calling.device == device, known=self.connected)
            self._now[key] = self._left_unheard.pop(key, begun)
        part = self._now.get(key)
        if part is None:
            return
        part.unseen = part.unseen or not self.connected
        if event.name is EventName.ESTABLISHED:
            part.answered |= event.party.device != device if part.outbound else state is State.CONNECTED
        if state is State.NULL:
            self._end(*key)

    def _end(self, device: str, call: str) -> None:
        part = self._now.pop((device, call), None)
        if part is None:
            return
        if self.connected:
            self.over.append(part)
        else:
            # It may come back before anybody looks, and nobody can then tell that it was away.
            part.unseen = True
            self._left_unheard[device, call] = part


class Cloud:
    """Embedded CloudLink, which can be restarted on its database and port."""

    def __init__(self, database_url: str, timeline: Timeline) -> None:
        self._url = database_url
        self._now = timeline.now
        self.port = 0
        self._recorded: set[tuple[str, str]] = set()

    async def __aenter__(self) -> Self:
        self._running = AsyncExitStack()
        self._database = await open_database(self._url)
        self._running.push_async_callback(self._database.close)
        self._outbox = Outbox(self._database, self._now)
        self.provisioning = Provisioning(self._database, self._outbox, self._now)
        uplink = Uplink(self._database, self._outbox, self._now)
        app = web.Application()
        app.add_routes(uplink.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._running.push_async_callback(runner.cleanup)
        self._running.push_async_callback(uplink.close)
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    async def until_message_waits(self) -> None:
        """Returns when CloudLink holds that fact, and so all before it."""
        arrived = asyncio.Event()

        async def note(event: OutboxEvent) -> None:
            if event.topic == LINE_CHANGED and event.payload.get("message_waiting"):
                arrived.set()

        async with consuming(self._outbox, "scenario", note), asyncio.timeout(20):
            await arrived.wait()

    async def until_recorded(self, records: int) -> None:
        """Returns when CloudLink holds so many call records."""
        arrived = asyncio.Event()

        async def note(event: OutboxEvent) -> None:
            if event.topic == CALL_RECORDED:
                self._recorded.add((event.payload["principal_id"], event.payload["call_id"]))
            if len(self._recorded) >= records:
                arrived.set()

        if len(self._recorded) < records:
            async with consuming(self._outbox, "recorded", note), asyncio.timeout(20):
                await arrived.wait()

    async def log(self) -> list[tuple[object, ...]]:
        """Each record's extension, direction, answered or not, ringing and talking in seconds, and the other party."""
        columns = calls.c.direction, calls.c.completed, calls.c.ring_time, calls.c.billing_time
        of_user = calls.c.principal_id == users.c.principal_id
        rows = await self._database.read(select(users.c.extension, *columns, calls.c.from_, calls.c.to).where(of_user))
        return [(*told, (caller if told[1] == "inbound" else called) or "") for *told, caller, called in rows]

    async def calls(self) -> list[tuple[object, ...]]:
        """As ``as_the_ledger_has_it`` says them."""
        of_user = calls.c.principal_id == users.c.principal_id
        columns = calls.c.extra_pbx_data, calls.c.direction, calls.c.completed, calls.c.from_, calls.c.to
        times = calls.c.ring_time, calls.c.billing_time
        rows = await self._database.read(select(users.c.extension, *columns, *times).where(of_user))
        return [
            (
                *(
                    extension,
                    data["callId"],
                    direction,
                    completed,
                    (caller if direction == "inbound" else called) or "",
                ),
                *(ring, talk),
            )
            for extension, data, direction, completed, caller, called, ring, talk in rows
        ]

    async def records(self) -> list[tuple[str, ...]]:
        """As ``Part.told`` says them."""
        of_user = calls.c.principal_id == users.c.principal_id
        rows = await self._database.read(
            select(users.c.extension, calls.c.extra_pbx_data, calls.c.direction, calls.c.completed).where(of_user)
        )
        return [
            (extension, data["callId"], direction, "answered" if completed else "not answered")
            for extension, data, direction, completed in rows
        ]


async def company(cloud: Cloud, extensions: Sequence[str], spool: Path) -> dict[str, object]:
    """Makes a company whose people have these extensions; answers the settings of its gateway but for the PBX."""
    account = await cloud.provisioning.create_account(NewAccount("Company"))
    for number in extensions:
        new = known_as(f"Desk {number}", f"desk{number}@example.com", number)
        await cloud.provisioning.create_user(account.account_id, new)
    gateway_id, key = await cloud.provisioning.create_gateway(account.account_id)
    return {
        "gateway_cloudlink_url": f"http://127.0.0.1:{cloud.port}",
        "gateway_id": gateway_id,
        "gateway_key": key,
        "gateway_spool": spool,
    }


class Site:
    """A switch at work, the gateway beside it, and CloudLink."""

    def __init__(self, cloud: Cloud, pbx: Simulator, settings: dict[str, object]) -> None:
        self.cloud = cloud
        self.pbx = pbx
        self.truth = Truth()
        pbx.switch.listeners.insert(0, self.truth.hear)
        self.ledger: list[LedgerPart] = []
        pbx.keep_ledger(self.ledger.append)
        self._settings = settings
        self._sent_before = 0

    async def start_gateway(self) -> None:
        self._sent_before = self.pbx.status()["events"]
        self._counters = Watched()
        self._stop = asyncio.Event()
        self._gateway = asyncio.create_task(
            run(
                GatewaySettings.model_validate(self._settings),
                self._stop,
                clock=SteadyClock.on(self.pbx.timeline.now),
                backoff=SOON,
                counters=self._counters,
            )
        )
        await self._until_monitored()

    async def stop_gateway(self) -> None:
        self._stop.set()
        await self._gateway

    async def pass_time(self, seconds: float) -> None:
        """The gateway hears each event a quarter of a second after it happened at the latest."""
        for _ in range(round(seconds / STEP)):
            self.pbx.timeline.advance(STEP)
            await self._counters.until(lambda: self._heard() == self.pbx.status()["events"] - self._sent_before)

    def pass_time_unheard(self, seconds: float) -> None:
        self.truth.connected = False
        for _ in range(round(seconds / STEP)):
            self.pbx.timeline.advance(STEP)

    async def restart_gateway(self) -> None:
        await self.stop_gateway()
        self.pass_time_unheard(10)
        self.truth.reconnect()
        await self.start_gateway()

    async def restart_cloud(self) -> None:
        await self.cloud.__aexit__()
        await self.pass_time(30)
        await self.cloud.__aenter__()

    async def lose_link(self) -> None:
        self._counters["monitors"] = 0
        self.pbx.close_links()
        self.pass_time_unheard(10)
        self.truth.reconnect()
        await self._until_monitored()

    async def end_all_calls(self) -> None:
        while self.pbx.switch.calls:
            await self.pass_time(30)
        self.pbx.switch.set_message_waiting(EXTENSIONS[0], on=True)
        await self.cloud.until_message_waits()

    def _heard(self) -> int:
        """Events that have arrived; that calls are forwarded is none of the gateway's business."""
        return self._counters["events"] + self._counters["events_unknown"]

    async def _until_monitored(self) -> None:
        # The switch's own word comes first: the gateway's count may still be that of the connection before.
        async with asyncio.timeout(10):
            await self.pbx.monitored(*EXTENSIONS)
        await self._counters.until(lambda: self._counters["monitors"] == len(EXTENSIONS))
