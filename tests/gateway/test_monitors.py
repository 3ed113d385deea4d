"""Monitors on a PBX that refuses, delays, changes its mind or has no licences left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.side import NotMonitored
from tests.fakes.csta_peer import CstaPeer, refusal, tagged
from tests.gateway.office import CLEARED, RINGING, office

if TYPE_CHECKING:
    from tests.fakes.csta_peer import Request

MONITOR_7 = "<MonitorStartResponse><monitorCrossRefID>7</monitorCrossRefID></MonitorStartResponse>"
LIMIT = refusal("systemResourceAvailibility", "overallMonitorLimitExceeded")


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


async def test_beyond_the_users_of_the_pbx_model_the_rest_is_served_and_the_surplus_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with CstaPeer() as peer, office(peer, "201", "202", users=2) as us:
        await us.counters.until(lambda: us.counters["monitors"] == 2)
        us.exchange.want(["200", "201", "202", "203"])
        assert us.exchange.monitoring().surplus == ("200", "203")
        assert "MiVoice Office 400 may serve 2 users: 2 more are not served" in caplog.text
        us.exchange.want(["200", "202", "203"])
        await us.counters.until(lambda: us.shown.count(("200", "idle")))
        assert us.exchange.monitoring().surplus == ("203",)
        assert sorted(peer.monitors.values()) == ["N<200>", "N<201>", "N<202>"]
        with pytest.raises(NotMonitored):
            await us.exchange.place_call("203", "200")


async def test_a_pbx_that_wants_fewer_requests_at_once_gets_fewer() -> None:
    waiting: list[Request] = []

    async with CstaPeer() as peer:
        usual = peer._usual

        def two_at_once(request: Request) -> str | None:
            waiting.append(request)
            if len(waiting) <= 2:
                return None
            return refusal("subscribedResourceAvailability", "outstandingReqLimitExceeded")

        peer.answers["MonitorStart"] = two_at_once
        extensions = [str(extension) for extension in range(201, 209)]
        async with office(peer, *extensions, in_flight=8, retry_busy=0.01) as us:
            await us.counters.until(lambda: len(waiting) == 8 or us.counters["frames"] == 6)
            peer.answers["MonitorStart"] = usual
            for request in waiting[:2]:
                peer.send(request.invoke_id, usual(request) or "")
            await us.counters.until(lambda: us.counters["monitors"] == 8)
            # One step for all complaints of one time: 8, then 4 at once.
            assert us.exchange._use is not None
            assert us.exchange._use.monitors._window.width == 4
            assert peer.connections == 1


async def test_a_refusal_stays_told_while_it_is_tried_again() -> None:
    async with CstaPeer({"MonitorStart": lambda _: LIMIT}) as peer, office(peer, "201", retry_monitor=0.01) as us:
        for _ in range(3):
            await peer.request("MonitorStart")
        peer.answers["MonitorStart"] = lambda _: None
        await peer.request("MonitorStart")
        now = us.exchange.monitoring()
        assert now.refused == {"201": "overallMonitorLimitExceeded"}
        assert now.licence_limit_reached


@pytest.mark.parametrize("edition", [3, 4, 6])
async def test_a_pbx_is_spoken_to_in_its_own_edition(edition: int) -> None:
    namespace = f"http://www.ecma-international.org/standards/ecma-323/csta/ed{edition}"
    async with CstaPeer() as peer:
        usual = peer._usual

        def only_its_own(request: Request) -> str | None:
            answer = usual(request) if namespace in request.xml else refusal("operation", "generic")
            return answer and answer.replace("csta/ed5", f"csta/ed{edition}")

        peer.answers["MonitorStart"] = only_its_own
        async with office(peer, "201") as us:
            await us.counters.until(lambda: us.counters["monitors"] == 1)
            assert us.exchange.monitoring().refused == {}
            assert namespace in (await peer.request("SnapshotDevice")).xml


async def test_a_monitor_that_the_pbx_ends_is_acknowledged_and_started_again_after_a_pause() -> None:
    async with CstaPeer() as peer, office(peer, "201", "202", retry_busy=0.01) as us:
        await us.counters.until(lambda: us.counters["monitors"] == 2)
        peer.event("DeliveredEvent", RINGING, monitor=peer.monitor("N<201>"))
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        peer.send("0042", "<MonitorStop><monitorCrossRefID>0</monitorCrossRefID></MonitorStop>")
        assert (await peer.request("MonitorStopResponse")).invoke_id == "0042"
        assert tagged((await peer.request("MonitorStart")).xml, "deviceObject") == "N<201>"
        await us.counters.until(lambda: us.shown[-1] == ("201", "idle"))
        assert [call.extra_pbx_data["endSeen"] for call in us.records] == [False]
        assert us.exchange.monitoring().refused == {}
        assert ("202", "unknown") not in us.shown


async def test_the_end_of_a_monitor_that_never_was_is_acknowledged_and_no_more() -> None:
    async with CstaPeer() as peer, office(peer, "201") as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.send("0042", "<MonitorStop><monitorCrossRefID>99</monitorCrossRefID></MonitorStop>")
        await peer.request("MonitorStopResponse")
        assert us.exchange.monitoring().running == 1
