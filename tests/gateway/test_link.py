"""The uplink over a real WebSocket: acknowledged, sent again, never doubled."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from cloudlink.gateway_key import GatewayKey
from gateway.credentials import Credentials
from gateway.link import Cloud, Link
from gateway.orders import Orders
from gateway.service import utc_now
from gateway.spool import Spool
from tests.fakes.uplink_peer import ANOTHER_KEY, GATEWAY_ID, KEY, UplinkPeer
from tests.gateway.conditions import AT_ONCE, Watched, nothing_new, running
from tests.gateway.office import Office
from tests.gateway.test_spool import recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", gateway_id="gateway-1")
    yield opened
    opened.close()


class Linked:
    """A link to a peer, with what it was told."""

    def __init__(self, peer: UplinkPeer, spool: Spool, key: str) -> None:
        self.monitored: list[tuple[str, ...]] = []
        self.counters = Watched()
        self.credentials = Credentials(GATEWAY_ID, GatewayKey(key))
        cloud = Cloud(peer.url, lambda: self.credentials, ClientSession, AT_ONCE)
        office = Office(port=1)
        orders = Orders(office.exchange, office.lines, self.counters)
        self.link = Link(
            cloud,
            spool,
            counters=self.counters,
            monitor=self._monitor,
            orders=orders,
            now=utc_now,
            report=nothing_new,
            version="1",
        )

    def _monitor(self, extensions: tuple[str, ...]) -> None:
        self.monitored.append(extensions)
        self.counters["monitored"] += 1


@asynccontextmanager
async def linked(peer: UplinkPeer, spool: Spool, key: str = KEY) -> AsyncIterator[Linked]:
    us = Linked(peer, spool, key)
    async with running(us.link.run()):
        yield us


async def test_what_is_in_the_spool_arrives_in_order_and_is_forgotten(spool: Spool) -> None:
    spool.append([recorded(str(number)) for number in range(450)])
    async with UplinkPeer() as peer, linked(peer, spool):
        await peer.until(lambda: len(peer.facts) == 450)
        assert [call["callId"] for call in peer.records] == [str(number) for number in range(450)]
        await peer.hang_up()
        await peer.until(lambda: len(peer.hellos) == 2)
    assert len(spool) == 0


async def test_new_facts_are_sent_while_the_link_is_up(spool: Spool) -> None:
    async with UplinkPeer() as peer, linked(peer, spool) as us:
        await peer.until(lambda: peer.hellos)
        spool.append([recorded("a")])
        us.link.wake()
        await peer.until(lambda: peer.facts)


async def test_facts_that_were_not_acknowledged_are_sent_again(spool: Spool) -> None:
    spool.append([recorded("a"), recorded("b")])
    async with UplinkPeer(acknowledging=False) as peer, linked(peer, spool):
        await peer.until(lambda: peer.hellos)
        peer.acknowledging = True
        await peer.hang_up()
        await peer.until(lambda: len(peer.facts) == 2)
        assert [call["callId"] for call in peer.records] == ["a", "b"]


async def test_facts_that_cloudlink_has_already_are_not_sent_again(spool: Spool) -> None:
    spool.append([recorded("a"), recorded("b")])
    assert len(spool.after(0)) == 2, "sent, and its acknowledgement got lost"
    async with UplinkPeer(spools={spool.spool_id: 1}) as peer, linked(peer, spool):
        await peer.until(lambda: peer.facts)
        assert [call["callId"] for call in peer.records] == ["b"]


async def test_a_spool_put_back_to_an_earlier_state_goes_on_as_a_new_one(spool: Spool) -> None:
    spool.append([recorded("a")])
    former = spool.spool_id
    async with UplinkPeer(spools={former: 7}) as peer, linked(peer, spool):
        await peer.until(lambda: peer.facts)
        assert [hello["spoolId"] for hello in peer.hellos] == [former, spool.spool_id]
        assert peer.hellos[1]["version"] == "1"


async def test_a_spool_goes_on_as_a_new_one_with_a_cloudlink_that_has_lost_its_own_count(spool: Spool) -> None:
    spool.append([recorded("a"), recorded("b"), recorded("c")])
    spool.forget(2)
    async with UplinkPeer() as peer, linked(peer, spool):
        await peer.until(lambda: peer.facts)
        assert [call["callId"] for call in peer.records] == ["c"]


async def test_cloudlink_tells_what_to_monitor_now_and_later(spool: Spool) -> None:
    async with UplinkPeer(extensions=["201"]) as peer, linked(peer, spool) as us:
        await us.counters.until(lambda: us.counters["monitored"] == 1)
        await peer.say({"type": "monitor", "extensions": ["201", "202"]})
        await us.counters.until(lambda: us.counters["monitored"] == 2)
        assert us.monitored == [("201",), ("201", "202")]
        assert spool.extensions() == ("201", "202")


async def test_a_wrong_key_is_tried_again_and_nothing_is_lost(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    spool.append([recorded("a")])
    async with UplinkPeer() as peer, linked(peer, spool, key=ANOTHER_KEY):
        await peer.until(lambda: peer.refused == 2)
    assert len(spool) == 1
    assert "pair this gateway again" in caplog.records[0].__dict__["reason"]
    assert ANOTHER_KEY not in caplog.text


@pytest.mark.parametrize("frame", ["no JSON", {"type": "welcome"}, {"type": "hello", "spoolId": "x", "version": "1"}])
async def test_a_frame_that_makes_no_sense_ends_the_connection_and_loses_nothing(
    spool: Spool, frame: dict[str, str] | str
) -> None:
    async with UplinkPeer(acknowledging=False) as peer, linked(peer, spool):
        await peer.until(lambda: peer.hellos)
        spool.append([recorded("a")])
        await peer.say(frame)
        peer.acknowledging = True
        await peer.until(lambda: peer.facts and len(peer.hellos) == 2)
        assert peer.close_codes == [1008]


async def test_a_report_follows_the_welcome(spool: Spool) -> None:
    async with UplinkPeer() as peer, linked(peer, spool):
        await peer.until(lambda: peer.reports)
        assert peer.reports[0]["pbx"]["model"] == "office400"
        await peer.hang_up()
        await peer.until(lambda: len(peer.reports) == 2)
    assert peer.facts == []


async def test_a_command_is_taken_and_its_outcome_told(spool: Spool) -> None:
    async with UplinkPeer() as peer, linked(peer, spool):
        await peer.until(lambda: peer.hellos)
        await peer.say({"type": "offer", "commandId": "1"})
        await peer.until(lambda: peer.others == [{"type": "take", "commandId": "1"}])
        command = {"kind": "makeCall", "extension": "201", "number": "202"}
        await peer.say({"type": "command", "commandId": "1", "within": 5, "command": command})
        await peer.until(lambda: len(peer.others) == 2)
        # This gateway has no PBX.
        outcome = {"result": "notMonitored"}
        assert peer.others[1] == {"type": "outcome", "commandId": "1", "outcome": outcome}


@pytest.mark.parametrize(
    "command", [{"kind": "format", "extension": "201"}, {"kind": "makeCall", "extension": "201"}, {}, "makeCall", None]
)
async def test_a_command_that_it_does_not_know_ends_the_connection(spool: Spool, command: object) -> None:
    async with UplinkPeer() as peer, linked(peer, spool):
        await peer.until(lambda: peer.hellos)
        await peer.say({"type": "command", "commandId": "1", "within": 5, "command": command})
        await peer.until(lambda: len(peer.hellos) == 2)
        assert peer.close_codes == [1008]


async def test_cloudlink_is_told_which_commands_the_gateway_knows(spool: Spool) -> None:
    async with UplinkPeer() as peer, linked(peer, spool):
        await peer.until(lambda: peer.hellos)
        assert peer.commands == ["answerCall endCall listCalls makeCall setDoNotDisturb"]


async def test_a_key_that_cloudlink_may_have_heard_of_is_tried_too(spool: Spool) -> None:
    spool.append([recorded("a")])
    async with UplinkPeer() as peer, linked(peer, spool, key=ANOTHER_KEY) as us:
        await peer.until(lambda: peer.refused)
        us.credentials = Credentials(GATEWAY_ID, GatewayKey(ANOTHER_KEY), new=GatewayKey(KEY))
        await peer.until(lambda: peer.facts)
