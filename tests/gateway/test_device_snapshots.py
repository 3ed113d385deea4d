"""What monitored extensions do now, asked of a PBX that answers in pieces, late, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.csta_peer import CstaPeer, refusal, tagged
from tests.gateway.office import CLEARED, RINGING, RINGS_IN_SNAPSHOT, SNAPSHOT_DATA, office

if TYPE_CHECKING:
    from tests.fakes.csta_peer import Request

ANNOUNCED = (
    "<SnapshotDeviceResponse><crossRefIDorSnapshotData><serviceCrossRefID>9</serviceCrossRefID>"
    "</crossRefIDorSnapshotData></SnapshotDeviceResponse>"
)


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


@pytest.mark.parametrize("status", ["messagesLost", "messageLost"])
async def test_lost_messages_ask_for_a_snapshot(status: str) -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.answers["SnapshotDevice"] = lambda _: RINGS_IN_SNAPSHOT
        peer.send("0001", f"<SystemStatus><systemStatus>{status}</systemStatus></SystemStatus>")
        await us.counters.until(lambda: ("201", "ringing") in us.shown)


async def test_a_snapshot_in_segments_is_put_together() -> None:
    data = RINGS_IN_SNAPSHOT.split("<crossRefIDorSnapshotData>")[1].split("</crossRefIDorSnapshotData>", maxsplit=1)[0]
    async with CstaPeer({"SnapshotDevice": lambda _: ANNOUNCED}) as peer, office(peer, "201") as us:
        await peer.request("SnapshotDevice")
        for last, part in (("false", "<snapshotData/>"), ("true", data)):
            segment = f"<serviceCrossRefID>9</serviceCrossRefID><lastSegment>{last}</lastSegment>{part}"
            peer.send("0001", f"<SnapshotDeviceData>{segment}</SnapshotDeviceData>")
        await us.counters.until(lambda: us.shown == [("201", "ringing")])


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


async def test_the_parties_may_come_in_segments_too() -> None:
    sides = (
        "<callingDevice><deviceIdentifier>N&lt;201&gt;</deviceIdentifier></callingDevice>"
        "<calledDevice><deviceIdentifier>N&lt;202&gt;Workshop</deviceIdentifier></calledDevice>"
    )
    announced = (
        "<SnapshotCallResponse><crossRefIDorSnapshotData><serviceCrossRefID>4</serviceCrossRefID>"
        f"</crossRefIDorSnapshotData>{sides}</SnapshotCallResponse>"
    )
    answers = {"SnapshotDevice": lambda _: RINGS_IN_SNAPSHOT, "SnapshotCall": lambda _: announced}
    async with CstaPeer(answers) as peer, office(peer, "201") as us:
        await peer.request("SnapshotCall")
        for last in ("false", "true"):
            segment = f"<serviceCrossRefID>4</serviceCrossRefID><lastSegment>{last}</lastSegment><snapshotData/>"
            peer.send("0001", f"<SnapshotCallData>{segment}</SnapshotCallData>")
        await us.counters.until(lambda: us.counters["monitors"])
        peer.event("ConnectionClearedEvent", CLEARED)
        await us.counters.until(lambda: us.records)
        assert us.records[0].to_name == "Workshop"


async def test_an_event_among_the_segments_of_a_snapshot_is_newer_than_all_of_them() -> None:
    async with CstaPeer({"SnapshotDevice": lambda _: ANNOUNCED}) as peer, office(peer, "201") as us:
        await peer.request("SnapshotDevice")
        peer.event("DeliveredEvent", RINGING)
        peer.event("ConnectionClearedEvent", CLEARED)
        segment = f"<serviceCrossRefID>9</serviceCrossRefID><lastSegment>true</lastSegment>{SNAPSHOT_DATA}"
        peer.send("0001", f"<SnapshotDeviceData>{segment}</SnapshotDeviceData>")
        await us.counters.until(lambda: us.counters["monitors"])
        assert len(us.records) == 1
        assert us.shown[-1] == ("201", "idle")


async def test_a_snapshot_without_end_is_given_up() -> None:
    async with CstaPeer({"SnapshotDevice": lambda _: ANNOUNCED}) as peer, office(peer, "201") as us:
        await peer.request("SnapshotDevice")
        infos = SNAPSHOT_DATA.removeprefix("<snapshotData>").removesuffix("</snapshotData>") * 150
        segment = f"<serviceCrossRefID>9</serviceCrossRefID><snapshotData>{infos}</snapshotData>"
        for _ in range(9):
            peer.send("0001", f"<SnapshotDeviceData>{segment}</SnapshotDeviceData>")
        await us.counters.until(lambda: us.counters["segments_unexpected"] == 2)


async def test_a_pbx_without_snapshots_is_not_asked_for_ever_and_its_calls_are_followed_nevertheless() -> None:
    asked: list[Request] = []
    extensions = [str(extension) for extension in range(201, 211)]
    async with (
        CstaPeer({"SnapshotDevice": asked.append}) as peer,
        office(peer, *extensions, request_timeout=0.05, retry_busy=0.01, in_flight=2) as us,
    ):
        await us.counters.until(lambda: us.counters["monitors"] == 10)
        assert us.exchange.monitoring().not_offered == ("SnapshotDevice",)
        assert len(asked) < 10
        peer.event("DeliveredEvent", RINGING, monitor=peer.monitor("N<201>"))
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        await peer.hang_up()
        await us.counters.until(lambda: us.records)
        # Nobody can tell whether it goes on, so it ends as one that was not heard to its end.
        assert us.records[0].extra_pbx_data["endSeen"] is False


async def test_a_pbx_that_says_that_it_knows_no_snapshots_of_calls_is_not_asked_again() -> None:
    answers = {
        "SnapshotDevice": lambda request: RINGS_IN_SNAPSHOT.replace("201", tagged(request.xml, "snapshotObject")[2:5]),
        "SnapshotCall": lambda _: refusal("operation", "serviceNotSupported"),
    }
    extensions = [str(extension) for extension in range(201, 211)]
    async with CstaPeer(answers) as peer, office(peer, *extensions, in_flight=1) as us:
        await us.counters.until(lambda: us.counters["monitors"] == 10)
        assert us.exchange.monitoring().not_offered == ("SnapshotCall",)
        assert us.exchange.monitoring().unseen == {}


async def test_a_pbx_that_stalls_is_not_taken_for_one_without_snapshots() -> None:
    stalled = {"SnapshotDevice": lambda _: None, "RequestSystemStatus": lambda _: None}
    async with CstaPeer(stalled) as peer, office(peer, "201", request_timeout=0.03, retry_busy=0.001) as us:
        await us.counters.until(lambda: us.counters["pbx_connections"] == 2)
        assert us.exchange.monitoring().not_offered == ()


async def test_do_not_disturb_is_asked_for_and_told_when_it_is_news() -> None:
    on = "<GetDoNotDisturbResponse><doNotDisturbOn>true</doNotDisturbOn></GetDoNotDisturbResponse>"
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.disturbed == [("201", False)])
        peer.answers["GetDoNotDisturb"] = lambda _: on
        await peer.hang_up()
        await us.counters.until(lambda: us.disturbed == [("201", False), ("201", True)])
        await peer.hang_up()
        for _ in range(3):
            await peer.request("GetDoNotDisturb")
        peer.event("DoNotDisturbEvent", "<doNotDisturbOn>false</doNotDisturbOn>")
        await us.counters.until(lambda: us.disturbed == [("201", False), ("201", True), ("201", False)])


async def test_a_pbx_that_cannot_tell_do_not_disturb_is_followed_all_the_same() -> None:
    nothing = refusal("operation", "serviceNotSupported")
    async with CstaPeer({"GetDoNotDisturb": lambda _: nothing}) as peer, office(peer, "201", "202") as us:
        await us.counters.until(lambda: us.counters["monitors"] == 2)
        assert (us.disturbed, us.exchange.monitoring().unseen) == ([], {})
