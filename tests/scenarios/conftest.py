"""The whole system: a PBX on a real socket, the gateway as its own process, the server, and CloudLink's people."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from cloudlink.administration.accounts import NewAccount
from cloudlink.model import DialSettings
from cloudlink.service.provision import known_as
from composition.processes import Processes
from composition.server import Server
from composition.settings import ServerSettings
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from store.outbox import Event, Outbox

ROOT = Path(__file__).parents[2]
EMAIL = "front.desk@example.com"
PASSWORD = "correct horse battery"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Recorded:
    """Counts the calls that reach CloudLink, from ``async with`` on."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._calls: asyncio.Queue[Event] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._consumer = asyncio.create_task(self._outbox.run_consumer("scenario", self._note))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self._consumer.cancel()
        with suppress(asyncio.CancelledError):
            await self._consumer

    async def __call__(self, calls: int) -> None:
        """Returns when so many more calls stand in CloudLink."""
        async with asyncio.timeout(30):
            for _ in range(calls):
                await self._calls.get()

    async def _note(self, event: Event) -> None:
        if event.topic == "call.recorded":
            self._calls.put_nowait(event)


class Company:
    """A company with one PBX, one gateway and one server; its front desk has extension 201."""

    def __init__(self, server: Server, pbx: Simulator, recorded: Recorded, folder: Path) -> None:
        self.server = server
        self.pbx = pbx
        self.recorded = recorded
        self.url = f"http://127.0.0.1:{server.port}"
        self._folder = folder

    async def people(self) -> None:
        provisioning = self.server.provisioning
        dialing = DialSettings(region="FR")
        account = await provisioning.create_account(
            NewAccount("Company", language_code="en-GB", time_zone="Europe/Paris", dialing=dialing)
        )
        new = known_as(name="Front Desk", email=EMAIL, extension="201", password=PASSWORD)
        await provisioning.create_user(account.account_id, new)
        self._account_id = account.account_id

    async def colleague(self, name: str, extension: str) -> None:
        """Makes one more user, and returns once their extension is monitored."""
        new = known_as(name=name, email=f"{extension}@example.com", extension=extension)
        await self.server.provisioning.create_user(self._account_id, new)
        async with asyncio.timeout(30):
            await self.pbx.monitored(extension)

    async def start_gateway(self, processes: Processes) -> None:
        """Starts it as a process and returns once extension 201 is monitored."""
        gateway_id, key = await self.server.provisioning.create_gateway(self._account_id)
        environment = {
            **os.environ,
            "CSTA_HOST": "127.0.0.1",
            "CSTA_PORT": str(self.pbx.port),
            "GATEWAY_CLOUDLINK_URL": self.url,
            "GATEWAY_ID": gateway_id,
            "GATEWAY_KEY": key,
            "GATEWAY_SPOOL": str(self._folder / "spool.db"),
        }
        command = [sys.executable, str(ROOT / "app.py"), "gateway"]
        log = self._folder / "gateway.log"
        await processes.start("gateway", command, environment=environment, folder=self._folder, log=log)
        async with asyncio.timeout(30):
            await self.pbx.monitored("201")


@asynccontextmanager
async def running(settings: ServerSettings, folder: Path, *, unauthenticated: bool) -> AsyncIterator[Company]:
    """The company at work."""
    async with (
        Simulator(SimulatorSettings(port=0)) as pbx,
        Server(settings, unauthenticated=unauthenticated) as server,
        Recorded(server.outbox) as recorded,
        Processes() as processes,
    ):
        company = Company(server, pbx, recorded, folder)
        await company.people()
        await company.start_gateway(processes)
        yield company


@pytest.fixture
def server_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServerSettings:
    """Of this test alone: its own port and database, nothing from the environment."""
    for name in ServerSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    port = free_port()
    database_url = f"sqlite:///{tmp_path / 'assistant.db'}"
    return ServerSettings(port=port, public_url=f"http://127.0.0.1:{port}", database_url=database_url)
