"""What the PBX is told to do, and the ways in which that fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway.side import CommandFailed, NoAnswerFromPbx, NotConnected, NotMonitored, NotOffered, RefusedByPbx
from tests.fakes.csta_peer import CstaPeer, refusal, tagged
from tests.gateway.office import Office, office

if TYPE_CHECKING:
    from tests.fakes.csta_peer import Request

PLACED = (
    "<MakeCallResponse><callingDevice><callID>77</callID><deviceID>N&lt;201&gt;</deviceID></callingDevice>"
    "</MakeCallResponse>"
)


async def test_a_call_is_placed_from_the_telephone_which_rings_first() -> None:
    async with CstaPeer({"MakeCall": lambda _: PLACED}) as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        assert await us.exchange.place_call("201", "+33199000142") == "77"
        request = await peer.request("MakeCall")
        told = [tagged(request.xml, name) for name in ("callingDevice", "calledDirectoryNumber", "autoOriginate")]
        assert told == ["N<201>", "+33199000142", "prompt"]


async def test_a_call_placed_by_a_pbx_that_tells_no_connection_has_no_id() -> None:
    async with CstaPeer({"MakeCall": lambda _: "<MakeCallResponse/>"}) as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        assert await us.exchange.place_call("201", "202") is None


async def test_do_not_disturb_is_switched() -> None:
    answers = {"SetDoNotDisturb": lambda _: "<SetDoNotDisturbResponse/>"}
    async with CstaPeer(answers) as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        for on, text in ((True, "true"), (False, "false")):
            await us.exchange.set_do_not_disturb("201", on=on)
            request = await peer.request("SetDoNotDisturb")
            assert (tagged(request.xml, "device"), tagged(request.xml, "doNotDisturbOn")) == ("N<201>", text)


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (refusal("operation", "invalidCalledDeviceID"), RefusedByPbx, "the PBX refused: invalidCalledDeviceID"),
        (refusal("unspecified", ""), RefusedByPbx, "the PBX refused: unspecified"),
        ("<MonitorStopResponse/>", NotOffered, "this PBX cannot place calls"),
        (None, NoAnswerFromPbx, "the PBX did not answer in time"),
    ],
)
async def test_a_command_fails_for_a_reason_that_can_be_told(
    answer: str | None, error: type[CommandFailed], sentence: str
) -> None:
    async with CstaPeer({"MakeCall": lambda _: answer}) as peer, office(peer, "201", request_timeout=0.05) as us:
        await us.counters.until(lambda: us.counters["monitors"])
        with pytest.raises(error, match=sentence):
            await us.exchange.place_call("201", "202")


async def test_a_command_for_an_extension_of_others_is_not_sent() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        with pytest.raises(NotMonitored):
            await us.exchange.place_call("202", "203")
        assert peer.connections == 1


async def test_a_command_without_a_connection_fails_at_once() -> None:
    async with CstaPeer() as peer:
        us = Office(peer.port)
        us.exchange.want(["201"])
        with pytest.raises(NotConnected):
            await us.exchange.place_call("201", "202")


async def test_nobody_knows_what_became_of_a_command_whose_connection_is_lost_meanwhile() -> None:
    async with CstaPeer({"MakeCall": lambda _: None}) as peer, office(peer, "201") as us, asyncio.TaskGroup() as group:
        await us.counters.until(lambda: us.counters["monitors"])

        async def place() -> None:
            with pytest.raises(NoAnswerFromPbx):
                await us.exchange.place_call("201", "202")

        group.create_task(place())
        await peer.request("MakeCall")
        await peer.hang_up()


async def test_a_call_is_answered_and_left_by_the_switchs_id_of_it() -> None:
    answers = {name: lambda request: f"<{request.name}Response/>" for name in ("AnswerCall", "ClearConnection")}
    async with CstaPeer(answers) as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        await us.exchange.answer_call("201", "5")
        await us.exchange.clear_connection("201", "5")
        for name in answers:
            request = await peer.request(name)
            assert (tagged(request.xml, "callID"), tagged(request.xml, "deviceID")) == ("5", "N<201>")


async def test_a_command_waits_for_no_more_than_one_of_many_monitors() -> None:
    extensions = [str(extension) for extension in range(201, 221)]
    async with CstaPeer({"MakeCall": lambda _: PLACED}) as peer:
        usual = peer._usual
        held: list[Request] = []

        def hold(request: Request) -> None:
            held.append(request)

        peer.answers["MonitorStart"] = hold
        async with office(peer, *extensions, in_flight=1) as us, asyncio.TaskGroup() as group:
            await peer.request("MonitorStart")
            placing = group.create_task(us.exchange.place_call("220", "201"))
            await asyncio.sleep(0)
            peer.send(held[0].invoke_id, usual(held[0]) or "")
            assert await placing == "77"
            assert len(peer.monitors) == 1
