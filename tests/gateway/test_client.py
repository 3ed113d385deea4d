"""One connection to a PBX over real TCP, with a PBX that does what PBXs do and worse."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gateway.csta import writer
from gateway.csta.asking import Asking
from gateway.csta.client import CstaClient
from gateway.csta.errors import (
    BadInvokeId,
    BadLength,
    BadVersion,
    ClosedInFrame,
    LinkLost,
    NoAnswer,
    Refused,
    SessionRefused,
    UnexpectedAnswer,
)
from gateway.csta.messages import CallEvent, Done, MonitorStarted, SessionEnded, SessionStarted, SystemStatus
from gateway.csta.session import Heartbeat, SessionRequest, keep_alive, keep_session, session
from gateway.transport import hang_up
from tests.fakes.csta_peer import ED5, CstaPeer, frame, refusal, tagged
from tests.gateway.conditions import Watched, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STARTED_MONITOR = "<MonitorStartResponse><monitorCrossRefID>0</monitorCrossRefID></MonitorStartResponse>"
MONITOR = writer.monitor_start(ED5, "N<123!98>")


class Connected:
    """A client on a peer; ``reading`` is its read loop."""

    def __init__(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter, timeout: float) -> None:
        self.out = out
        self.heard: list[object] = []
        self.counters = Watched()
        self.client = CstaClient(
            reader, out, namespace=ED5, heard=self.heard.append, counters=self.counters, in_flight=2, timeout=timeout
        )


@asynccontextmanager
async def connected(peer: CstaPeer, patience: float = 5) -> AsyncIterator[tuple[Connected, asyncio.Task[None]]]:
    reader, out = await asyncio.open_connection("127.0.0.1", peer.port)
    us = Connected(reader, out, patience)
    async with running(us.client.run()) as reading:
        yield us, reading
    await hang_up(out)


async def test_a_request_goes_out_as_the_public_sample_shows_it() -> None:
    async with CstaPeer() as peer, connected(peer) as (us, _):
        assert await us.client.request(MONITOR, MonitorStarted) == MonitorStarted("0")
        request = await peer.request("MonitorStart")
        assert request.invoke_id == "0001"
        assert "<deviceObject>N&lt;123!98&gt;</deviceObject>" in request.xml
        assert request.xml.endswith("<monitorType>device</monitorType></MonitorStart>")


async def test_the_public_refusal_is_an_error_with_its_value() -> None:
    answers = {"MonitorStart": lambda _: refusal("systemResourceAvailibility", "overallMonitorLimitExceeded")}
    async with CstaPeer(answers) as peer, connected(peer) as (us, _):
        with pytest.raises(Refused, match="systemResourceAvailibility: overallMonitorLimitExceeded"):
            await us.client.request(MONITOR, MonitorStarted)


async def test_the_pbx_may_use_our_invoke_id_for_its_own_request() -> None:
    async with CstaPeer({"MonitorStart": lambda _: None}) as peer, connected(peer) as (us, _):
        waiting = asyncio.create_task(us.client.request(MONITOR, MonitorStarted))
        ours = await peer.request("MonitorStart")
        peer.send(ours.invoke_id, f'<SystemStatus xmlns="{ED5}"><systemStatus>normal</systemStatus></SystemStatus>')
        reply = await peer.request("SystemStatusResponse")
        assert reply.invoke_id == ours.invoke_id
        assert us.heard == [SystemStatus("normal")]
        peer.send(ours.invoke_id, STARTED_MONITOR)
        assert await waiting == MonitorStarted("0")


async def test_what_stands_behind_an_answer_is_heard_after_it() -> None:
    order: list[str] = []
    async with CstaPeer({"MonitorStart": lambda _: None}) as peer, connected(peer) as (us, _):
        us.client._heard = lambda message: order.append(type(message).__name__)
        arrived = us.client.request(MONITOR, MonitorStarted, lambda answer: order.append(type(answer).__name__))
        waiting = asyncio.create_task(arrived)
        ours = await peer.request("MonitorStart")
        peer.send(ours.invoke_id, STARTED_MONITOR)
        peer.event("HeldEvent", "")
        await waiting
        await us.counters.until(lambda: len(order) == 2)
        assert order == ["MonitorStarted", "CallEvent"]


async def test_no_more_requests_are_in_flight_than_the_pbx_takes() -> None:
    async with (
        CstaPeer({"MonitorStart": lambda _: None}) as peer,
        connected(peer) as (us, _),
        asyncio.TaskGroup() as group,
    ):
        for _ in range(4):
            group.create_task(us.client.request(MONITOR, MonitorStarted))
        first = await peer.request("MonitorStart")
        second = await peer.request("MonitorStart")
        assert peer._requests.empty()
        for ours in (first, second):
            peer.send(ours.invoke_id, STARTED_MONITOR)
        third = await peer.request("MonitorStart")
        fourth = await peer.request("MonitorStart")
        for ours in (third, fourth):
            peer.send(ours.invoke_id, STARTED_MONITOR)


async def test_a_pbx_that_does_not_answer_is_given_up_and_its_late_answer_counted() -> None:
    async with CstaPeer({"MonitorStart": lambda _: None}) as peer, connected(peer, patience=0.02) as (us, _):
        with pytest.raises(NoAnswer):
            await us.client.request(MONITOR, MonitorStarted)
        peer.send("0001", STARTED_MONITOR)
        await us.counters.until(lambda: us.counters["answers_unexpected"])


async def test_an_answer_to_something_else_is_an_error() -> None:
    async with CstaPeer({"MonitorStart": lambda _: "<MonitorStopResponse/>"}) as peer, connected(peer) as (us, _):
        with pytest.raises(UnexpectedAnswer):
            await us.client.request(MONITOR, MonitorStarted)


async def test_an_unknown_request_of_the_pbx_is_refused_politely() -> None:
    async with CstaPeer() as peer, connected(peer):
        peer.send("0042", "<MakeCall/>")
        answer = await peer.request("CSTAErrorCode")
        assert (answer.invoke_id, tagged(answer.xml, "operation")) == ("0042", "generic")


async def test_the_pbx_may_ask_how_we_are() -> None:
    async with CstaPeer() as peer, connected(peer):
        peer.send("0042", "<RequestSystemStatus/>")
        answer = await peer.request("RequestSystemStatusResponse")
        assert tagged(answer.xml, "systemStatus") == "normal"


@pytest.mark.parametrize(
    "xml", ["", "garbage", "<open>", "<HeldEvent/>", "<!DOCTYPE a><a/>", "<a>N<123!98></a>", "<a>\x01</a>"]
)
async def test_an_unreadable_message_is_counted_and_the_next_one_read(xml: str) -> None:
    async with CstaPeer() as peer, connected(peer) as (us, reading):
        peer.send("9999", xml)
        peer.event("HeldEvent", "<localConnectionInfo>hold</localConnectionInfo>")
        await us.counters.until(lambda: us.counters["frames"] == 2)
        assert us.counters["messages_unreadable"] == 1
        assert [type(message) for message in us.heard] == [CallEvent]
        assert not reading.done()


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", BadVersion),
        (b"\x00\x00\x00\x030001", BadLength),
        (b"\x00\x00\x00\x0cabcd<a/>", BadInvokeId),
    ],
)
async def test_octets_that_are_no_frame_end_the_connection(octets: bytes, error: type[Exception]) -> None:
    async with CstaPeer() as peer, connected(peer) as (us, reading):
        await us.client.request(MONITOR, MonitorStarted)
        peer.send_octets(octets)
        with pytest.raises(error):
            await reading
        assert us.counters["frames_bad"] == 1


async def test_a_pbx_that_closes_within_a_frame_is_a_lost_link() -> None:
    async with CstaPeer() as peer, connected(peer) as (us, reading):
        await us.client.request(MONITOR, MonitorStarted)
        peer.send_octets(b"\x00\x00\x01\x009999<DeliveredEv")
        await peer.hang_up()
        with pytest.raises(ClosedInFrame):
            await reading


async def test_a_connection_that_the_pbx_resets_is_a_lost_link() -> None:
    async with CstaPeer() as peer, connected(peer) as (us, reading):
        await us.client.request(MONITOR, MonitorStarted)
        peer.reset()
        with pytest.raises(LinkLost, match="ConnectionResetError"):
            await reading


async def test_a_pbx_that_asks_and_never_reads_is_a_lost_link() -> None:
    async with CstaPeer() as peer, connected(peer) as (us, reading):
        await us.client.request(MONITOR, MonitorStarted)
        us.out.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        peer.stop_reading()
        peer.send_octets(frame("0001", "<RequestSystemStatus/>") * 20_000)
        with pytest.raises(LinkLost, match="does not read"):
            await reading


async def test_who_waits_for_an_answer_hears_that_the_link_is_lost() -> None:
    async with CstaPeer({"MonitorStart": lambda _: None}) as peer, connected(peer) as (us, reading):
        waiting = asyncio.create_task(us.client.request(MONITOR, MonitorStarted))
        await peer.request("MonitorStart")
        await peer.hang_up()
        for task in (waiting, reading):
            with pytest.raises(LinkLost):
                await task
        with pytest.raises(LinkLost):
            await us.client.request(MONITOR, MonitorStarted)


# -- session and heartbeat

WANTED = SessionRequest("MitelAssistant", "<user>gateway</user>", 600)
STARTED = "<StartApplicationSessionPosResponse><sessionID>7</sessionID></StartApplicationSessionPosResponse>"


async def test_a_session_is_started_with_its_credentials_and_stopped() -> None:
    answers = {
        "StartApplicationSession": lambda _: STARTED,
        "StopApplicationSession": lambda _: "<StopApplicationSessionPosResponse/>",
    }
    async with CstaPeer(answers) as peer, connected(peer) as (us, _):
        async with session(us.client, WANTED) as opened:
            assert opened is not None
            request = await peer.request("StartApplicationSession")
            assert tagged(request.xml, "applicationSpecificInfo") == "<user>gateway</user>"
            assert tagged(request.xml, "protocolVersion") == ED5
        assert tagged((await peer.request("StopApplicationSession")).xml, "sessionID") == "7"


@pytest.mark.parametrize(
    "answer",
    [
        "<StartApplicationSessionNegResponse><errorCode><definedError>invalidApplicationInfo</definedError></errorCode>"
        "</StartApplicationSessionNegResponse>",
        refusal("security", "invalidApplicationInfo"),
    ],
)
async def test_a_refused_session_ends_the_connection_with_the_reason(answer: str) -> None:
    async with CstaPeer({"StartApplicationSession": lambda _: answer}) as peer, connected(peer) as (us, _):
        with pytest.raises(SessionRefused, match="invalidApplicationInfo"):
            async with session(us.client, WANTED):
                raise AssertionError("a session that was refused")


async def test_a_session_is_renewed_at_half_its_time() -> None:
    renewed = "<ResetApplicationSessionTimerPosResponse/>"
    async with (
        CstaPeer({"ResetApplicationSessionTimer": lambda _: renewed}) as peer,
        connected(peer) as (us, _),
        running(keep_session(us.client, SessionStarted("7", None), 0)),
    ):
        for _ in range(2):
            assert tagged((await peer.request("ResetApplicationSessionTimer")).xml, "sessionID") == "7"


async def test_a_session_longer_than_any_clock_can_tell_is_renewed_as_if_it_were_what_was_asked_for() -> None:
    granted = f"<actualSessionDuration>{'9' * 400}</actualSessionDuration>"
    answers = {
        "StartApplicationSession": lambda _: STARTED.replace("</sessionID>", f"</sessionID>{granted}"),
        "ResetApplicationSessionTimer": lambda _: "<ResetApplicationSessionTimerPosResponse/>",
        "StopApplicationSession": lambda _: "<StopApplicationSessionPosResponse/>",
    }
    async with (
        CstaPeer(answers) as peer,
        connected(peer) as (us, _),
        session(us.client, WANTED) as opened,
    ):
        assert opened is not None
        async with running(keep_session(us.client, opened, 0)):
            await peer.request("ResetApplicationSessionTimer")


async def test_a_session_that_the_pbx_ends_is_heard_of() -> None:
    async with CstaPeer() as peer, connected(peer) as (us, reading):
        await us.client.request(MONITOR, MonitorStarted)
        peer.send("0001", "<ApplicationSessionTerminated><sessionID>7</sessionID></ApplicationSessionTerminated>")
        await us.counters.until(lambda: us.heard == [SessionEnded("no reason given", "7")])
        assert not reading.done()


@pytest.mark.parametrize("heartbeat", [Heartbeat.SYSTEM_STATUS, Heartbeat.REQUEST_SYSTEM_STATUS])
async def test_a_sign_of_life_is_sent_again_and_again(heartbeat: Heartbeat) -> None:
    name = "SystemStatus" if heartbeat is Heartbeat.SYSTEM_STATUS else "RequestSystemStatus"
    async with (
        CstaPeer({name: lambda _: refusal("operation", "generic")}) as peer,
        connected(peer) as (us, _),
        running(keep_alive(Asking(us.client), heartbeat, 0.001, lambda: "201")),
    ):
        await peer.request(name)
        await peer.request(name)


async def test_a_pbx_that_shows_no_sign_of_life_is_given_up() -> None:
    silent = {name: lambda _: None for name in ("SystemStatus", "RequestSystemStatus", "SnapshotDevice")}
    async with CstaPeer(silent) as peer, connected(peer, patience=0.02) as (us, _):
        with pytest.raises(NoAnswer):
            await keep_alive(Asking(us.client), Heartbeat.SYSTEM_STATUS, 0.001, lambda: "201")


async def test_a_positive_answer_needs_no_more_than_its_name() -> None:
    async with CstaPeer() as peer, connected(peer) as (us, _):
        assert await us.client.request(writer.monitor_stop(ED5, "0"), Done) == Done("MonitorStopResponse")
