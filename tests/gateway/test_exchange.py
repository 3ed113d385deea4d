"""The PBX side as a whole: monitors, refusals, lost links."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.clock import SteadyClock
from gateway.calls.lines import Lines
from gateway.exchange import Connection, Exchange
from gateway.pbx import PROFILES
from gateway.side import CommandFailed, NoAnswerFromPbx, NotConnected, NotMonitored, NotOffered, RefusedByPbx
from gateway.transport import Address
from tests.fakes.csta_peer import CstaPeer, refusal, tagged
from tests.gateway.conditions import AT_ONCE, Watched, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cloudlink.model import Call
    from cloudlink.uplink import Fact
    from tests.fakes.csta_peer import Request

RINGING = (
    "<connection><callID>5</callID><deviceID>N&lt;201&gt;</deviceID></connection>"
    "<callingDevice><deviceIdentifier>N&lt;+33199000142&gt;</deviceIdentifier></callingDevice>"
    "<localConnectionInfo>alerting</localConnectionInfo>"
)
CLEARED = (
    "<droppedConnection><callID>5</callID><deviceID>N&lt;201&gt;</deviceID></droppedConnection>"
    "<localConnectionInfo>null</localConnectionInfo>"
)
RINGS_IN_SNAPSHOT = (
    "<SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData><snapshotDeviceResponseInfo><connectionIdentifier>"
    "<callID>5</callID><deviceID>201</deviceID></connectionIdentifier><localCallState><simpleCallState>callReceived"
    "</simpleCallState></localCallState></snapshotDeviceResponseInfo></snapshotData></crossRefIDorSnapshotData>"
    "</SnapshotDeviceResponse>"
)

MONITOR_7 = "<MonitorStartResponse><monitorCrossRefID>7</monitorCrossRefID></MonitorStartResponse>"


class Office:
    """An exchange on a peer, with what it tells. While ``full``, the next fact cannot be taken."""

    full = False

    def __init__(self, port: int, **profile: float) -> None:
        ids = count(1)
        self.told: list[Fact] = []
        self.counters = Watched()
        lines = Lines(self._publish, SteadyClock.on(lambda: datetime.now(UTC)), lambda: f"record-{next(ids)}")
        office400 = replace(PROFILES["office400"], **profile)  # type: ignore[arg-type]
        address = Address(host="127.0.0.1", ports=(port,))
        connection = Connection(address=address, profile=office400, backoff=AT_ONCE)
        self.exchange = Exchange(connection, lines, self.counters)

    def _publish(self, facts: Sequence[Fact]) -> None:
        if self.full:
            self.full = False
            raise MemoryError
        self.told += facts
        self.counters["told"] += len(facts)

    @property
    def records(self) -> list[Call]:
        return [fact.call for fact in self.told if isinstance(fact, CallRecorded)]

    @property
    def shown(self) -> list[tuple[str, str | None]]:
        return [(fact.extension, fact.state) for fact in self.told if isinstance(fact, LineChanged)]


@asynccontextmanager
async def office(peer: CstaPeer, *extensions: str, **profile: float) -> AsyncIterator[Office]:
    us = Office(peer.port, **profile)
    us.exchange.want(extensions)
    async with running(us.exchange.run()):
        yield us


async def test_each_extension_is_monitored_and_then_looked_at() -> None:
    async with CstaPeer() as peer, office(peer, "201", "202") as us:
        await us.counters.until(lambda: us.counters["monitors"] == 2)
        assert set(peer.monitors.values()) == {"N<201>", "N<202>"}
        assert sorted(us.shown) == [("201", "idle"), ("202", "idle")]


async def test_a_call_on_a_monitor_becomes_a_record_even_under_cross_reference_zero() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("DeliveredEvent", RINGING, monitor="0")
        peer.event("ConnectionClearedEvent", CLEARED, monitor="0")
        await us.counters.until(lambda: us.records)
        assert us.records[0].from_ == "+33199000142"
        assert us.records[0].missed


async def test_events_of_monitors_that_were_never_started_are_counted() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("DeliveredEvent", RINGING, monitor="99")
        await us.counters.until(lambda: us.counters["events_unmonitored"])
        assert us.records == []


async def test_an_event_between_monitor_and_snapshot_is_not_lost() -> None:
    async with CstaPeer() as peer:
        usual = peer._usual

        def rings_at_once(request: Request) -> str | None:
            answer = usual(request)
            assert answer is not None
            peer.send(request.invoke_id, answer)
            peer.event("DeliveredEvent", RINGING)
            peer.event("ConnectionClearedEvent", CLEARED)
            return None

        peer.answers["MonitorStart"] = rings_at_once
        async with office(peer, "201") as us:
            await us.counters.until(lambda: us.counters["monitors"])
            assert len(us.records) == 1


async def test_too_few_licences_keep_what_works_and_are_tried_again_later() -> None:
    async with CstaPeer() as peer:
        usual, licences = peer._usual, 1

        def limited(request: Request) -> str | None:
            if len(peer.monitors) < licences:
                return usual(request)
            return refusal("systemResourceAvailibility", "overallMonitorLimitExceeded")

        peer.answers["MonitorStart"] = limited
        async with office(peer, "201", "202", "203", "204", in_flight=1, retry_monitor=0.01) as us:
            await us.counters.until(lambda: us.counters["monitors_refused"] == 3)
            assert us.counters["monitors"] == 1
            licences = 4
            await us.counters.until(lambda: us.counters["monitors"] == 4)
            assert peer.connections == 1


async def test_one_unknown_extension_does_not_stop_the_others() -> None:
    async with CstaPeer() as peer:
        usual = peer._usual

        def knows_201(request: Request) -> str | None:
            known = "201" in tagged(request.xml, "deviceObject")
            return usual(request) if known else refusal("operation", "invalidDeviceID")

        peer.answers["MonitorStart"] = knows_201
        async with office(peer, "200", "201", "202") as us:
            await us.counters.until(lambda: us.counters["monitors"])
            assert (us.counters["monitors"], us.counters["monitors_refused"]) == (1, 2)


async def test_extensions_may_come_and_go() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"] == 1)
        us.exchange.want(["202"])
        assert tagged((await peer.request("MonitorStop")).xml, "monitorCrossRefID") == "0"
        await us.counters.until(lambda: ("202", "idle") in us.shown)
        assert us.shown == [("201", "idle"), ("201", "unknown"), ("202", "idle")]


async def test_an_extension_that_goes_in_a_call_leaves_a_record_of_it() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"] == 1)
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        us.exchange.want([])
        await peer.request("MonitorStop")
        assert [call.extra_pbx_data["endSeen"] for call in us.records] == [False]
        assert us.shown[-1] == ("201", "unknown")


async def test_a_lost_link_is_made_again_and_the_call_that_ended_meanwhile_recorded_once() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        await peer.hang_up()
        await us.counters.until(lambda: us.records)
        assert peer.connections == 2
        assert us.records[0].extra_pbx_data["endSeen"] is False
        assert us.shown == [("201", "idle"), ("201", "ringing"), ("201", "unknown"), ("201", "idle")]


async def test_a_call_that_goes_on_over_a_lost_link_stays_one_call() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        peer.answers["SnapshotDevice"] = lambda _: RINGS_IN_SNAPSHOT
        await peer.hang_up()
        await us.counters.until(lambda: us.shown.count(("201", "ringing")) == 2)
        peer.event("ConnectionClearedEvent", CLEARED)
        await us.counters.until(lambda: us.records)
        assert [call.from_ for call in us.records] == ["+33199000142"]


async def test_garbage_from_the_pbx_is_counted_and_the_link_made_again() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.send_octets(b"\xde\xad\xbe\xef" * 10)
        await us.counters.until(lambda: us.counters["pbx_connections"] == 2)
        assert us.counters["frames_bad"] == 1


async def test_a_fault_of_ours_is_logged_with_its_stack_and_costs_only_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        us.full = True
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: us.counters["pbx_connections"] == 2)
        assert us.counters["faults"] == 1
        (logged,) = [record for record in caplog.records if record.exc_info]
        assert "MemoryError" in caplog.text
        assert logged.levelname == "ERROR"


async def test_lost_messages_ask_for_a_snapshot() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.answers["SnapshotDevice"] = lambda _: RINGS_IN_SNAPSHOT
        peer.send("0001", "<SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>")
        await us.counters.until(lambda: ("201", "ringing") in us.shown)


async def test_a_snapshot_in_segments_is_put_together() -> None:
    data = RINGS_IN_SNAPSHOT.split("<crossRefIDorSnapshotData>")[1].split("</crossRefIDorSnapshotData>", maxsplit=1)[0]
    async with CstaPeer({"SnapshotDevice": lambda _: ANNOUNCED}) as peer, office(peer, "201") as us:
        await peer.request("SnapshotDevice")
        for last, part in (("false", "<snapshotData/>"), ("true", data)):
            segment = f"<serviceCrossRefID>9</serviceCrossRefID><lastSegment>{last}</lastSegment>{part}"
            peer.send("0001", f"<SnapshotDeviceData>{segment}</SnapshotDeviceData>")
        await us.counters.until(lambda: us.shown == [("201", "ringing")])


ANNOUNCED = (
    "<SnapshotDeviceResponse><crossRefIDorSnapshotData><serviceCrossRefID>9</serviceCrossRefID>"
    "</crossRefIDorSnapshotData></SnapshotDeviceResponse>"
)


@pytest.mark.parametrize("answer", [None, refusal("performance", "outstandingReqLimitExceeded"), ANNOUNCED])
async def test_a_snapshot_that_fails_after_a_lost_link_is_asked_for_again(answer: str | None) -> None:
    async with CstaPeer() as peer, office(peer, "201", request_timeout=0.05, retry_busy=0.01) as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: ("201", "ringing") in us.shown)

        def fails_once(request: Request) -> str | None:
            del peer.answers["SnapshotDevice"]
            return answer

        peer.answers["SnapshotDevice"] = fails_once
        await peer.hang_up()
        await us.counters.until(lambda: us.counters["monitors_unseen"] == 1)
        await us.counters.until(lambda: us.records and us.counters["monitors_unseen"] == 0)
        assert us.records[0].extra_pbx_data["endSeen"] is False
        assert us.shown[-1] == ("201", "idle")
        assert peer.connections == 2


async def test_a_monitor_whose_answer_is_late_is_adopted() -> None:
    requests: list[Request] = []
    async with CstaPeer({"MonitorStart": requests.append}) as peer, office(peer, "201", request_timeout=0.05) as us:
        await us.counters.until(lambda: us.counters["monitors_refused"])
        peer.send(requests[0].invoke_id, MONITOR_7)
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("DeliveredEvent", RINGING, monitor="7")
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        assert us.shown[0] == ("201", "idle")
        assert (len(requests), peer.connections) == (1, 1)


async def test_a_monitor_whose_answer_is_too_late_is_stopped() -> None:
    requests: list[Request] = []

    async with CstaPeer() as peer:
        usual = peer._usual

        def silent_once(request: Request) -> str | None:
            requests.append(request)
            return None if len(requests) == 1 else usual(request)

        peer.answers["MonitorStart"] = silent_once
        async with office(peer, "201", request_timeout=0.05, retry_busy=0.01) as us:
            await us.counters.until(lambda: us.counters["monitors"])
            peer.send(requests[0].invoke_id, MONITOR_7)
            assert tagged((await peer.request("MonitorStop")).xml, "monitorCrossRefID") == "7"
            peer.event("DeliveredEvent", RINGING, monitor="0")
            await us.counters.until(lambda: ("201", "ringing") in us.shown)
            assert us.counters["monitors"] == 1


async def test_a_pbx_that_answers_nothing_any_more_is_connected_to_again() -> None:
    silent = {"MonitorStart": lambda _: None, "RequestSystemStatus": lambda _: None}
    async with CstaPeer(silent) as peer, office(peer, "201", "202", request_timeout=0.05) as us:
        await us.counters.until(lambda: us.counters["pbx_connections"] == 2)
        peer.answers.clear()
        await us.counters.until(lambda: us.counters["monitors"] == 2)


async def test_the_parties_of_a_call_found_in_a_snapshot_are_asked_for() -> None:
    parties = (
        "<SnapshotCallResponse><callingDevice><deviceIdentifier>N&lt;201&gt;</deviceIdentifier></callingDevice>"
        "<calledDevice><deviceIdentifier>N&lt;202&gt;Workshop</deviceIdentifier></calledDevice></SnapshotCallResponse>"
    )
    answers = {"SnapshotDevice": lambda _: RINGS_IN_SNAPSHOT, "SnapshotCall": lambda _: parties}
    async with CstaPeer(answers) as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("ConnectionClearedEvent", CLEARED)
        await us.counters.until(lambda: us.records)
        assert (us.records[0].direction, us.records[0].to_name) == ("outbound", "Workshop")


# -- commands, and how it is


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
        ("<MonitorStopResponse/>", NotOffered, "this PBX cannot do this"),
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


async def test_a_command_whose_connection_is_lost_meanwhile_fails_as_one_without() -> None:
    async with CstaPeer({"MakeCall": lambda _: None}) as peer, office(peer, "201") as us, asyncio.TaskGroup() as group:
        await us.counters.until(lambda: us.counters["monitors"])

        async def place() -> None:
            with pytest.raises(NotConnected):
                await us.exchange.place_call("201", "202")

        group.create_task(place())
        await peer.request("MakeCall")
        await peer.hang_up()


async def test_the_exchange_tells_how_it_is() -> None:
    limit = refusal("systemResourceAvailibility", "overallMonitorLimitExceeded")
    async with CstaPeer() as peer:
        usual = peer._usual
        peer.answers["MonitorStart"] = lambda request: limit if peer.monitors else usual(request)
        peer.answers["SnapshotDevice"] = lambda _: refusal("operation", "invalidDeviceID")
        us = Office(peer.port)
        us.exchange.want(["201", "202"])
        before = us.exchange.monitoring()
        assert (before.connected_since, before.attempts, before.wanted, before.degraded) == (None, 0, 2, True)
        async with running(us.exchange.run()):
            await us.counters.until(lambda: us.counters["monitors_refused"])
            peer.send("0001", "<SystemStatus><systemStatus>overloadImminent</systemStatus></SystemStatus>")
            await us.counters.until(lambda: us.exchange.monitoring().status)
            now = us.exchange.monitoring()
        assert now.connected_since is not None
        assert (now.attempts, now.error, now.session, now.status) == (1, None, None, "overloadImminent")
        assert (now.running, now.refused, now.unseen) == (
            1,
            {"202": "overallMonitorLimitExceeded"},
            {"201": "invalidDeviceID"},
        )
        assert now.licence_limit_reached
        assert now.degraded


async def test_the_exchange_tells_why_the_pbx_is_not_there() -> None:
    async with CstaPeer() as peer:
        port = peer.port
    us = Office(port)
    async with running(us.exchange.run()):
        await us.counters.until(lambda: us.exchange.monitoring().error)
    assert us.exchange.monitoring().error == "the PBX cannot be reached: Connection refused"
