"""The PBX side as a whole: lost links, faults, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.csta_peer import CstaPeer, refusal
from tests.gateway.conditions import running
from tests.gateway.office import CLEARED, RINGING, RINGS_IN_SNAPSHOT, Office, office

if TYPE_CHECKING:
    import pytest


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
