"""Commands from CloudLink: on a real PBX connection, once, in time, and with numbers alone."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from cloudlink.commands import AnswerCall, Command, EndCall, ListCalls, MakeCall, Outcome, Result, SetDoNotDisturb
from cloudlink.uplink import CommandEnded, CommandGiven, CommandOffered, CommandTaken
from gateway.orders import REMEMBERED, Orders
from tests.fakes.csta_peer import CstaPeer, Request, refusal, tagged
from tests.gateway.conditions import running
from tests.gateway.office import CLEARED, RINGING, Office, office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from cloudlink.uplink import Frame

PLACED = (
    "<MakeCallResponse><callingDevice><callID>5</callID><deviceID>201</deviceID></callingDevice></MakeCallResponse>"
)
OUTSIDE = "+33199000142"


class Site:
    """Between a PBX and somebody who gives commands. ``seconds`` pass when a test says so."""

    def __init__(self, us: Office, peer: CstaPeer, outside: str) -> None:
        self.seconds = 100.0
        self.us = us
        self.peer = peer
        self.orders = Orders(us.exchange, us.lines, us.counters, outside=outside, clock=lambda: self.seconds)
        self.frames: asyncio.Queue[CommandOffered | CommandGiven] = asyncio.Queue()
        self._said: asyncio.Queue[Frame] = asyncio.Queue()

    async def serve(self) -> None:
        await self.orders.serve(self.frames, self._said.put)

    async def heard(self) -> Frame:
        return await asyncio.wait_for(self._said.get(), 10)

    async def offer(self, command_id: str) -> None:
        self.frames.put_nowait(CommandOffered(command_id))
        assert await self.heard() == CommandTaken(command_id)

    async def do(self, command: Command, command_id: str = "1") -> Outcome:
        await self.offer(command_id)
        return await self.give(command, command_id)

    async def give(self, command: Command, command_id: str = "1") -> Outcome:
        self.frames.put_nowait(CommandGiven(command_id, 10, command))
        ended = await self.heard()
        assert isinstance(ended, CommandEnded)
        assert ended.command_id == command_id
        return ended.outcome


@asynccontextmanager
async def site(
    answers: Mapping[str, Callable[[Request], str | None]] | None = None, *, outside: str = "+{digits}"
) -> AsyncIterator[Site]:
    async with CstaPeer({"MakeCall": lambda _: PLACED, **(answers or {})}) as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        here = Site(us, peer, outside)
        async with running(here.serve()):
            yield here


@pytest.mark.parametrize(
    ("number", "outside", "dialled"),
    [("202", "000{digits}", "202"), (OUTSIDE, "+{digits}", OUTSIDE), (OUTSIDE, "000{digits}", "00033199000142")],
)
async def test_a_call_is_dialled_as_the_pbx_wants_it(number: str, outside: str, dialled: str) -> None:
    async with site(outside=outside) as here:
        assert (await here.do(MakeCall("201", number))).result == Result.DONE
        assert tagged((await here.peer.request("MakeCall")).xml, "calledDirectoryNumber") == dialled


async def test_the_call_is_recorded_under_the_id_that_was_told_before_anything_was_heard_of_it() -> None:
    async with site() as here:
        outcome = await here.do(MakeCall("201", "202"))
        here.peer.event("DeliveredEvent", RINGING)
        here.peer.event("ConnectionClearedEvent", CLEARED)
        await here.us.counters.until(lambda: here.us.records)
        assert [call.call_id for call in here.us.records] == [outcome.call_id]


async def test_the_id_of_a_call_that_was_heard_of_first_is_told() -> None:
    async with site() as here:
        here.peer.event("DeliveredEvent", RINGING)
        await here.us.counters.until(lambda: ("201", "ringing") in here.us.shown)
        outcome = await here.do(MakeCall("201", "202"))
        here.peer.event("ConnectionClearedEvent", CLEARED)
        await here.us.counters.until(lambda: here.us.records)
        assert [call.call_id for call in here.us.records] == [outcome.call_id]


async def test_answers_and_ends_a_call_by_the_id_of_its_record() -> None:
    done = {name: (lambda _, name=name: f"<{name}Response/>") for name in ("AnswerCall", "ClearConnection")}
    async with site(done) as here:
        here.peer.event("DeliveredEvent", RINGING)
        await here.us.counters.until(lambda: ("201", "ringing") in here.us.shown)
        assert await here.do(AnswerCall("201", "record-1"), "1") == Outcome(Result.DONE, call_id="record-1")
        assert tagged((await here.peer.request("AnswerCall")).xml, "callID") == "5"
        assert (await here.do(EndCall("201", "record-1"), "2")).result == Result.DONE
        assert tagged((await here.peer.request("ClearConnection")).xml, "callID") == "5"
        assert (await here.do(EndCall("201", "record-2"), "3")).result == Result.UNKNOWN_CALL
        assert (await here.do(EndCall("202", "record-1"), "4")).result == Result.UNKNOWN_CALL


async def test_tells_the_calls_of_an_extension_without_asking_the_pbx() -> None:
    async with site() as here:
        assert (await here.do(ListCalls("201"), "1")).calls == ()
        here.peer.event("DeliveredEvent", RINGING)
        await here.us.counters.until(lambda: ("201", "ringing") in here.us.shown)
        (call,) = (await here.do(ListCalls("201"), "2")).calls or ()
        assert (call.call_id, call.state, call.direction, call.from_) == ("record-1", "ringing", "inbound", OUTSIDE)
        assert (await here.do(ListCalls("202"), "3")).result == Result.NOT_MONITORED
        await here.peer.hang_up()
        await here.us.counters.until(lambda: ("201", "unknown") in here.us.shown)
        assert (await here.do(ListCalls("201"), "4")).result in {Result.NOT_CONNECTED, Result.DONE}


@pytest.mark.parametrize(("on", "told"), [(True, "true"), (False, "false")])
async def test_do_not_disturb_is_switched(on: bool, told: str) -> None:
    async with site({"SetDoNotDisturb": lambda _: "<SetDoNotDisturbResponse/>"}) as here:
        assert await here.do(SetDoNotDisturb("201", on)) == Outcome(Result.DONE)
        request = await here.peer.request("SetDoNotDisturb")
        assert (tagged(request.xml, "device"), tagged(request.xml, "doNotDisturbOn")) == ("N<201>", told)


async def test_a_command_that_comes_again_is_not_done_again() -> None:
    async with site() as here:
        first = CommandGiven("1", 10, MakeCall("201", "202"))
        await here.do(first.command, "1")
        here.frames.put_nowait(first)
        here.frames.put_nowait(CommandOffered("1"))
        here.frames.put_nowait(CommandGiven("never offered", 10, first.command))
        await here.do(first.command, "2")
        assert here.us.counters["commands"] == 2


async def test_a_command_that_the_network_held_back_is_too_late() -> None:
    async with site() as here:
        await here.offer("1")
        here.seconds += 10
        late = await here.give(MakeCall("201", "202"))
        assert late == Outcome(Result.NOT_CONNECTED, reason="late")
        assert here.us.counters["commands_late"] == 1


@pytest.mark.parametrize(
    "number", ["*21*202#", "#31#+33199000142", "202;203", "+0", "20 2", "2\n02", "٢٠٢", "", "+" + "9" * 16, "9" * 21]
)
async def test_nothing_but_numbers_is_dialled_whoever_asks(number: str) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> str:
        asked.append(request)
        return PLACED

    async with site({"MakeCall": answer}) as here:
        outcome = await here.do(MakeCall("201", number))
        assert outcome == Outcome(Result.REFUSED, reason="invalidCalledDeviceID")
        assert asked == []


async def test_each_failure_is_told_as_what_it_is(caplog: pytest.LogCaptureFixture) -> None:
    refused = refusal("stateIncompatibility", "invalidConnectionState")
    async with site({"MakeCall": lambda _: refused}) as here:
        with caplog.at_level(logging.INFO, "gateway.orders"):
            assert await here.do(MakeCall("201", OUTSIDE), "1") == Outcome(Result.REFUSED, "invalidConnectionState")
        assert (await here.do(MakeCall("202", "201"), "2")).result == Result.NOT_MONITORED
        here.peer.answers["MakeCall"] = lambda _: None
        placing = asyncio.create_task(here.do(MakeCall("201", "202"), "3"))
        await here.peer.request("MakeCall")
        await here.peer.request("MakeCall")
        await here.peer.hang_up()
        assert (await placing).result == Result.UNANSWERED
    (told,) = [record.__dict__ for record in caplog.records if record.message == "command"]
    assert (told["extension"], told["to"], told["result"]) == ("201", "outside", "refused")
    assert "199000142" not in repr(told)


async def test_ids_are_not_kept_for_ever() -> None:
    async with site() as here:
        for number in range(REMEMBERED + 1):
            await here.offer(str(number))
        here.frames.put_nowait(CommandOffered("0"))
        assert await here.heard() == CommandTaken("0")
