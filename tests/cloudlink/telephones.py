"""The account's gateway, which does what it is told, on the server that a test's CloudLink uses."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloudlink.commands import Command, Outcome, Result
from cloudlink.service.spools import Gateway, open_spool
from cloudlink.uplink import CommandEnded, CommandGiven, CommandOffered, CommandTaken, Hello

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.service.commands import Commands
    from cloudlink.service.provision import Provisioning
    from cloudlink.uplink import Frame
    from store.database import Database
    from tests.conftest import SteppedClock

PER_MINUTE = 4


@dataclass
class Worker:
    """A gateway's side of its link."""

    commands: Commands
    gateway: Gateway
    result: str = Result.DONE
    done: list[Command] = field(default_factory=list)

    async def hear(self, frame: Frame) -> None:
        match frame:
            case CommandOffered(command_id):
                await self.commands.hear(self.gateway, CommandTaken(command_id))
            case CommandGiven(command_id, _, command):
                self.done.append(command)
                call_id = f"c{len(self.done)}" if self.result == Result.DONE else None
                ended = CommandEnded(command_id, Outcome(self.result, call_id=call_id))
                await self.commands.hear(self.gateway, ended)


@dataclass
class Telephones:
    """``commands`` are the server's."""

    database: Database
    provisioning: Provisioning
    clock: SteppedClock
    account_id: str
    commands: Commands

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Worker]:
        """A gateway that is linked meanwhile."""
        gateway_id, _ = await self.provisioning.create_gateway(self.account_id)
        gateway = Gateway(self.account_id, gateway_id)
        hello = Hello("spool-1", "1.0")
        await self.database.write(lambda connection: open_spool(connection, gateway, hello, self.clock()))
        worker = Worker(self.commands, gateway)
        self.commands.attach(gateway, worker.hear)
        yield worker
        self.commands.detach(gateway, worker.hear)
