"""A call whose end the PBX has lost ends all the same, and one that goes on is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.csta_peer import CstaPeer, refusal
from tests.gateway.office import RINGING, RINGS_IN_SNAPSHOT, office

if TYPE_CHECKING:
    from tests.conftest import SteppedClock
    from tests.fakes.csta_peer import Request
    from tests.gateway.office import Office

OFTEN = 0.005


async def ringing(us: Office, peer: CstaPeer) -> None:
    await us.counters.until(lambda: us.counters["monitors"])
    peer.event("DeliveredEvent", RINGING)
    await us.counters.until(lambda: ("201", "ringing") in us.shown)


async def test_a_call_whose_end_was_lost_is_over_after_a_while(clock: SteppedClock) -> None:
    async with CstaPeer() as peer, office(peer, "201", now=clock, silence_look=OFTEN, silence_pause=0) as us:
        await ringing(us, peer)
        clock.advance(minutes=31)
        await us.counters.until(lambda: us.counters["ends_lost"] == 1)

        (record,) = us.records
        assert record.extra_pbx_data["endSeen"] is False
        assert us.shown[-1] == ("201", "idle")
        assert peer.connections == 1


async def test_a_call_that_goes_on_is_asked_for_once_in_half_an_hour(clock: SteppedClock) -> None:
    asked = []

    def still_rings(request: Request) -> str:
        asked.append(request)
        return RINGS_IN_SNAPSHOT

    async with CstaPeer() as peer, office(peer, "201", now=clock, silence_look=OFTEN, silence_pause=0) as us:
        await ringing(us, peer)
        peer.answers["SnapshotDevice"] = still_rings
        clock.advance(minutes=29)
        for _ in range(2):
            clock.advance(minutes=2)
            await peer.request("SnapshotCall")
            clock.advance(minutes=29)
        peer.answers["SnapshotDevice"] = peer._usual
        clock.advance(minutes=2)
        await us.counters.until(lambda: us.records)

        assert len(asked) == 2
        assert us.counters["ends_lost"] == 1


async def test_a_pbx_that_shows_nothing_of_a_silent_call_is_asked_again_later(clock: SteppedClock) -> None:
    async with CstaPeer() as peer, office(peer, "201", now=clock, silence_look=OFTEN, silence_pause=0) as us:
        await ringing(us, peer)
        peer.answers["SnapshotDevice"] = lambda _: refusal("operation", "generic")
        clock.advance(minutes=31)
        await us.counters.until(lambda: us.counters["snapshots_refused"] == 1)
        # Whoever reads the gateway's state is not told that it has not been looked at.
        assert us.exchange.monitoring().unseen == {}
        assert us.records == []

        peer.answers["SnapshotDevice"] = peer._usual
        clock.advance(minutes=31)
        await us.counters.until(lambda: us.records)
