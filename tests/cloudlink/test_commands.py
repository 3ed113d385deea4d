"""Commands reach their gateway over a real WebSocket, whichever of two servers it is linked to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, select, update

from cloudlink.commands import Command, MakeCall, Outcome, Result, SetDoNotDisturb
from cloudlink.port import CallFailed, CallProblem, UnknownId
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.uplink import CommandEnded, CommandGiven, CommandOffered, CommandTaken
from store.database import open_database
from store.schema import commands as command_rows
from store.schema import gateways
from tests.cloudlink.conftest import outbound
from tests.cloudlink.test_uplink import Key, Peer, Site, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.model import Call
    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@dataclass
class Desk:
    """A gateway's side of the uplink that does what it is told, and says ``result``."""

    peer: Peer
    result: str = Result.DONE
    done: list[Command] = field(default_factory=list)
    calls: tuple[Call, ...] | None = None

    async def work(self) -> None:
        while True:
            match await self.peer.hear():
                case CommandOffered(command_id):
                    await self.peer.say(CommandTaken(command_id))
                case CommandGiven(command_id, _, command):
                    self.done.append(command)
                    await self.peer.say(CommandEnded(command_id, self._outcome()))

    def _outcome(self) -> Outcome:
        return Outcome(self.result, "why", f"c{len(self.done)}", self.calls)


@asynccontextmanager
async def working(desk: Desk) -> AsyncIterator[Desk]:
    task = asyncio.create_task(desk.work())
    yield desk
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def key(provisioning: Provisioning, people: People) -> Key:
    return await provisioning.create_gateway(people.account.account_id)


@pytest.fixture
async def site(
    database: Database, outbox: Outbox, clock: SteppedClock, key: Key, commands: Commands
) -> AsyncIterator[Site]:
    async with serving(database, outbox, clock, key, commands) as site:
        yield site


@pytest.fixture
async def peer(site: Site) -> Peer:
    peer = await site.connect()
    await peer.greet()
    return peer


@pytest.fixture
async def elsewhere(database_url: str, site: Site, clock: SteppedClock) -> AsyncIterator[CallControl]:
    """Of a second server on the same database."""
    database = await open_database(database_url)
    yield CallControl(database, Commands(database, clock), now=clock)
    await database.close()


@pytest.fixture
def here(database: Database, commands: Commands, clock: SteppedClock) -> CallControl:
    return CallControl(database, commands, now=clock)


async def test_a_command_goes_straight_to_the_gateway(here: CallControl, peer: Peer, people: People) -> None:
    async with working(Desk(peer)) as desk:
        call = await here.place(people.desk.principal, "+33 1 99 00 00 07", "press-1")
    assert call.call_id == "c1"
    assert desk.done == [MakeCall("201", "+33199000007")]


async def test_another_server_has_the_gateway(
    elsewhere: CallControl, commands: Commands, peer: Peer, people: People, database: Database
) -> None:
    running = asyncio.create_task(commands.run())
    async with working(Desk(peer)) as desk:
        call = await elsewhere.place(people.desk.principal, "202", "press-1")
        again = await elsewhere.place(people.desk.principal, "202", "press-1")
    running.cancel()
    assert (call.call_id, again.call_id) == ("c1", "c1")
    assert desk.done == [MakeCall("201", "202")]
    ((body,),) = await database.read(select(command_rows.c.body))
    assert body is None


async def test_calls_are_told_across_servers_and_nothing_of_them_is_kept(
    elsewhere: CallControl, commands: Commands, peer: Peer, people: People, database: Database
) -> None:
    running = asyncio.create_task(commands.run())
    device = await elsewhere.device(people.desk.principal)
    async with working(Desk(peer, calls=(outbound("c9"),))):
        assert await elsewhere.calls(device) == (outbound("c9"),)
    running.cancel()
    assert await database.read(select(command_rows.c.command_id)) == []


async def test_what_no_server_takes_is_withdrawn(
    elsewhere: CallControl, commands: Commands, peer: Peer, people: People
) -> None:
    with pytest.raises(CallFailed) as failed:
        await elsewhere.place(people.desk.principal, "202", "press-1", within=0.3)
    assert failed.value.problem is CallProblem.NOT_CONNECTED
    async with working(Desk(peer)) as desk:
        await commands.look()
        assert desk.done == []
        # The same press may be tried again, since nothing was done.
        running = asyncio.create_task(commands.run())
        assert (await elsewhere.place(people.desk.principal, "202", "press-1")).call_id == "c1"
        running.cancel()
    assert len(desk.done) == 1


async def test_a_gateway_that_takes_late_gets_nothing(here: CallControl, peer: Peer, people: People) -> None:
    placing = asyncio.create_task(here.place(people.desk.principal, "202", "press-1", within=0.2))
    offered = await peer.hear()
    assert isinstance(offered, CommandOffered)
    with pytest.raises(CallFailed) as failed:
        await placing
    assert failed.value.problem is CallProblem.NOT_CONNECTED
    await peer.say(CommandTaken(offered.command_id))
    with pytest.raises(TimeoutError):
        await peer.socket.receive(timeout=0.1)


async def test_nobody_knows_what_a_gateway_did_that_fell_silent(here: CallControl, peer: Peer, people: People) -> None:
    placing = asyncio.create_task(here.place(people.desk.principal, "202", "press-1"))
    offered = await peer.hear()
    assert isinstance(offered, CommandOffered)
    await peer.say(CommandTaken(offered.command_id))
    assert isinstance(await peer.hear(), CommandGiven)
    await peer.socket.close()
    with pytest.raises(CallFailed) as failed:
        await placing
    assert failed.value.problem is CallProblem.UNANSWERED


async def test_outcomes_that_nobody_asked_for_mean_nothing(here: CallControl, peer: Peer, people: People) -> None:
    await peer.say(CommandEnded("never offered", Outcome(Result.DONE)))
    await peer.say(CommandTaken("never offered"))
    placing = asyncio.create_task(here.place(people.desk.principal, "202", "press-1"))
    offered = await peer.hear()
    assert isinstance(offered, CommandOffered)
    await peer.say(CommandEnded(offered.command_id, Outcome(Result.DONE, call_id="forged before it was given")))
    await peer.say(CommandTaken(offered.command_id))
    assert isinstance(await peer.hear(), CommandGiven)
    await peer.say(CommandTaken(offered.command_id))
    await peer.say(CommandEnded(offered.command_id, Outcome(Result.DONE, call_id="c1")))
    assert (await placing).call_id == "c1"


async def test_a_result_that_a_newer_gateway_tells_is_no_success(here: CallControl, peer: Peer, people: People) -> None:
    async with working(Desk(peer, "somethingNew")):
        with pytest.raises(CallFailed) as failed:
            await here.place(people.desk.principal, "202", "press-1")
    assert (failed.value.problem, failed.value.reason) == (CallProblem.UNANSWERED, "why")


async def test_the_gateway_that_serves_the_extension_is_found(
    here: CallControl, site: Site, peer: Peer, people: People, *, provisioning: Provisioning
) -> None:
    other = await site.connect(await provisioning.create_gateway(people.account.account_id))
    await other.greet()
    async with working(Desk(peer, Result.NOT_MONITORED)) as first, working(Desk(other)) as second:
        assert (await here.place(people.desk.principal, "202", "press-1")).call_id == "c1"
        assert (await here.place(people.desk.principal, "202", "press-2")).call_id == "c2"
    assert len(second.done) == 2
    assert len(first.done) in {0, 2}


async def test_do_not_disturb_reaches_the_telephone_and_counts_for_nobody(
    here: CallControl, site: Site, people: People, database: Database
) -> None:
    peer = await site.connect(commands="makeCall setDoNotDisturb somethingNew")
    await peer.greet()
    desk = people.desk.principal
    async with working(Desk(peer)) as gateway:
        for on in (True, False, False):
            await here.set_do_not_disturb(desk.account_id, desk.principal_id, on=on)
    assert gateway.done == [SetDoNotDisturb("201", on=True), *[SetDoNotDisturb("201", on=False)] * 2]
    assert await database.read(select(command_rows.c.command_id)) == []


async def test_an_older_gateway_is_not_sent_what_it_could_not_read(
    here: CallControl, peer: Peer, people: People
) -> None:
    desk = people.desk.principal
    async with working(Desk(peer)) as gateway:
        with pytest.raises(CallFailed) as failed:
            await here.set_do_not_disturb(desk.account_id, desk.principal_id, on=True)
        assert (failed.value.problem, failed.value.reason) == (CallProblem.NOT_OFFERED, "gatewayTooOld")
        assert (await here.place(desk, "202", "press-1")).call_id == "c1"
    assert gateway.done == [MakeCall("201", "202")]


async def test_do_not_disturb_across_servers_and_past_an_older_gateway(
    elsewhere: CallControl, commands: Commands, site: Site, peer: Peer, people: People, *, provisioning: Provisioning
) -> None:
    other = await site.connect(await provisioning.create_gateway(people.account.account_id), "setDoNotDisturb")
    await other.greet()
    running = asyncio.create_task(commands.run())
    desk = people.desk.principal
    async with working(Desk(peer)) as old, working(Desk(other)) as new:
        await elsewhere.set_do_not_disturb(desk.account_id, desk.principal_id, on=True)
    running.cancel()
    assert (old.done, new.done) == ([], [SetDoNotDisturb("201", on=True)])


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (Result.REFUSED, CallProblem.REFUSED),
        (Result.NOT_OFFERED, CallProblem.NOT_OFFERED),
        (Result.NOT_CONNECTED, CallProblem.NOT_CONNECTED),
        (Result.UNANSWERED, CallProblem.UNANSWERED),
    ],
)
async def test_what_a_telephone_did_not_do_is_told(
    here: CallControl, site: Site, people: People, result: str, problem: CallProblem
) -> None:
    peer = await site.connect(commands="setDoNotDisturb")
    await peer.greet()
    desk = people.desk.principal
    async with working(Desk(peer, result)):
        with pytest.raises(CallFailed) as failed:
            await here.set_do_not_disturb(desk.account_id, desk.principal_id, on=True)
    assert failed.value.problem is problem
    with pytest.raises(UnknownId):
        await here.set_do_not_disturb(desk.account_id, "nobody", on=True)


async def test_only_accounts_whose_pbx_can_are_offered_it(
    here: CallControl, key: Key, people: People, database: Database, clock: SteppedClock
) -> None:
    assert not await here.offered(people.desk.principal)
    for pbx, offered in (("office400", True), ("mivoice5000", True), ("mxone", True), ("business", False)):
        change = update(gateways).values(seen_at=clock(), pbx=pbx)
        await database.write(partial(Connection.execute, statement=change))
        assert await here.offered(people.desk.principal) is offered
        assert not await here.offered(people.stranger.principal)
