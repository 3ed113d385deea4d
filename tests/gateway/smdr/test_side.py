"""The SMDR side on a real socket: lines, lost connections, repeated buffers, refusals."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.pbx import PROFILES
from gateway.side import NotMonitored, NotOffered
from gateway.smdr.side import SmdrConnection, SmdrSide
from gateway.transport import Address
from tests.fakes.smdr_peer import SmdrPeer
from tests.gateway.conditions import AT_ONCE, Watched, running
from tests.gateway.smdr.writing import STANDARD, STANDARD_ANI, line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cloudlink.model import Call
    from cloudlink.uplink import Fact

NOW = datetime(2026, 3, 5, 13, 30, tzinfo=UTC)
MISSED = line(STANDARD_ANI, calling="T12", answer=" ***", called="201", ani="0199001234", duration="00:00:06")
INTERNAL = line(STANDARD, calling="201", answer=" 003", digits="202", completion="I", called="202")
OTHER = line(STANDARD, calling="201", digits="0199001234", completion="A", called="T1", duration="00:02:00")


class Office:
    """An SMDR side on a peer, with what it tells."""

    def __init__(self, port: int, **profile: int) -> None:
        self.told: list[Fact] = []
        self.counters = Watched()
        self.now = NOW
        self.side = SmdrSide(
            SmdrConnection(
                address=Address(host="127.0.0.1", ports=(port,)),
                profile=replace(PROFILES["business"], **profile),  # type: ignore[arg-type]
                zone=UTC,
                backoff=AT_ONCE,
            ),
            self._publish,
            lambda: self.now,
            self.counters,
        )

    def _publish(self, facts: Sequence[Fact]) -> None:
        self.told += facts
        self.counters["told"] += len(facts)

    @property
    def records(self) -> list[tuple[str, Call]]:
        return [(fact.extension, fact.call) for fact in self.told if isinstance(fact, CallRecorded)]

    async def until_lines(self, lines: int) -> None:
        await self.counters.until(lambda: self.counters["events"] == lines)

    async def until_connected(self, times: int = 1) -> None:
        await self.counters.until(lambda: self.counters["pbx_connections"] == times)


@asynccontextmanager
async def office(peer: SmdrPeer, *extensions: str, **profile: int) -> AsyncIterator[Office]:
    us = Office(peer.port, **profile)
    us.side.want(extensions)
    async with running(us.side.run()):
        yield us


async def test_a_line_becomes_the_records_of_those_who_are_ours() -> None:
    async with SmdrPeer() as peer, office(peer, "201", "202") as us:
        peer.write(MISSED, INTERNAL)
        await us.until_lines(2)
        assert [(extension, call.completed) for extension, call in us.records] == [
            ("201", False),
            ("201", True),
            ("202", True),
        ]
        assert us.records[0][1].created_on == datetime(2026, 3, 5, 13, 14, tzinfo=UTC)


async def test_what_the_pbx_kept_while_nobody_listened_is_read() -> None:
    async with SmdrPeer() as peer:
        peer.write(MISSED)
        async with office(peer, "201") as us:
            await us.until_lines(1)
            assert len(us.records) == 1


async def test_nothing_is_read_before_anybody_is_wanted() -> None:
    async with SmdrPeer() as peer:
        peer.write(MISSED)
        async with office(peer) as us:
            await asyncio.sleep(0)
            assert us.side.monitoring().attempts == 0
            us.side.want(["201"])
            await us.until_lines(1)
            assert len(us.records) == 1


async def test_the_connection_is_made_again_and_what_was_lost_with_it_comes_later() -> None:
    async with SmdrPeer() as peer, office(peer, "201", "202") as us:
        await us.until_connected()
        await peer.hang_up()
        peer.write(MISSED)
        await us.until_lines(1)
        assert peer.connections == 2
        assert us.side.monitoring().error == "the PBX has closed the connection"


async def test_a_buffer_that_is_sent_again_adds_nothing() -> None:
    async with SmdrPeer(again=True) as peer, office(peer, "201", "202") as us:
        peer.write(MISSED, INTERNAL)
        await us.until_lines(2)
        first = list(us.records)
        await peer.hang_up()
        await us.until_lines(4)
        peer.write(OTHER)
        await us.until_lines(5)
        assert us.records[:3] == first
        assert len(us.records) == 4
        assert us.counters["smdr_repeats"] == 3


async def test_after_a_restart_the_same_lines_give_the_same_ids() -> None:
    async with SmdrPeer(again=True) as peer:
        peer.write(MISSED, MISSED, INTERNAL)
        ids = []
        for _ in range(2):
            async with office(peer, "201", "202") as us:
                await us.until_lines(3)
                ids.append([call.call_id for _, call in us.records])
        assert ids[0] == ids[1]
        assert len(set(ids[0])) == 4


async def test_two_calls_that_are_alike_stay_two_when_they_come_on_one_connection() -> None:
    async with SmdrPeer(again=True) as peer, office(peer, "201") as us:
        peer.write(MISSED, OTHER, MISSED)
        await us.until_lines(3)
        await peer.hang_up()
        await us.until_lines(6)
        peer.write(MISSED)
        await us.until_lines(7)
        assert len({call.call_id for _, call in us.records}) == len(us.records) == 4


async def test_the_same_line_a_year_later_is_another_call() -> None:
    async with SmdrPeer(again=True) as peer, office(peer, "201") as us:
        peer.write(MISSED)
        await us.until_lines(1)
        us.now = NOW.replace(year=2027)
        await peer.hang_up()
        await us.until_lines(2)
        assert [call.created_on.year for _, call in us.records] == [2026, 2027]
        assert len({call.call_id for _, call in us.records}) == 2


async def test_bad_lines_are_counted_and_told_without_what_they_say(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with SmdrPeer() as peer, office(peer, "201") as us:
        await us.until_connected()
        peer.write("Call from 0199001234 to Anne", "?", "?", "", MISSED)
        await us.until_lines(4)
        peer.send(b"x" * 5000 + b"\n" + f"{OTHER}\r\n".encode())
        await us.until_lines(5)
        assert us.counters["smdr_lines_bad"] == 4
        assert len(us.records) == 2
    told = [record for record in caplog.records if "no SMDR record" in record.message]
    assert [record.bad for record in told] == [1, 2, 4]  # type: ignore[attr-defined]
    assert told[0].shape == "Aaaa aaaa 9999999999 aa Aaaa"  # type: ignore[attr-defined]
    assert "0199001234" not in caplog.text


async def test_a_line_that_is_cut_off_is_not_taken_for_a_whole_one() -> None:
    async with SmdrPeer() as peer, office(peer, "201", "202") as us:
        await us.until_connected()
        peer.send(INTERNAL[:40].encode())
        await peer.hang_up()
        await us.until_connected(2)
        peer.write(INTERNAL)
        await us.until_lines(1)
        assert us.counters["smdr_lines_bad"] == 0
        assert len(us.records) == 2


async def test_a_fault_costs_no_more_than_its_line(caplog: pytest.LogCaptureFixture) -> None:
    async with SmdrPeer() as peer, office(peer, "201") as us:
        await us.until_connected()
        us.now = NOW.replace(tzinfo=None)  # which the side was promised never to get
        peer.write(MISSED)
        await us.until_lines(1)
        us.now = NOW
        peer.write(OTHER)
        await us.until_lines(2)
        assert us.counters["faults"] == 1
        assert len(us.records) == 1
        assert "0199001234" not in caplog.text


async def test_line_states_are_told_to_be_unknown_once() -> None:
    async with SmdrPeer() as peer, office(peer, "201") as us:
        us.side.want(["201", "202"])
        states = [fact for fact in us.told if isinstance(fact, LineChanged)]
        assert [(fact.extension, fact.state) for fact in states] == [("201", "unknown"), ("202", "unknown")]


async def test_users_beyond_the_limit_are_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    async with SmdrPeer() as peer, office(peer, "202", users=1) as us:
        us.side.want(["201", "202"])
        assert us.side.monitoring().surplus == ("201",)
        assert "more users than this PBX model may have" in caplog.text
        peer.write(INTERNAL)
        await us.until_lines(1)
        assert [extension for extension, _ in us.records] == ["202"]


async def test_how_it_is_can_be_asked() -> None:
    async with SmdrPeer() as peer, office(peer, "201", "202") as us:
        await us.until_connected()
        told = us.side.monitoring()
        assert (told.connected_since, told.wanted, told.running, told.degraded) == (NOW, 2, 2, False)


async def test_a_pbx_that_is_not_there_is_tried_again() -> None:
    async with SmdrPeer() as peer:
        port = peer.port
    us = Office(port)
    us.side.want(["201"])
    async with running(us.side.run()):
        await us.counters.until(lambda: us.counters["pbx_connections_failed"] > 1)
        assert us.side.monitoring().degraded
        async with SmdrPeer(port=port):
            await us.until_connected()


async def test_commands_are_refused_since_smdr_takes_none() -> None:
    us = Office(1)
    us.side.want(["201"])
    with pytest.raises(NotOffered, match="this PBX cannot place calls"):
        await us.side.place_call("201", "202")
    with pytest.raises(NotOffered):
        await us.side.set_do_not_disturb("201", on=True)
    with pytest.raises(NotMonitored):
        await us.side.place_call("999", "202")
