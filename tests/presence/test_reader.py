"""Reads what Teams shows of everybody at an even pace, and lets Graph be when it asks for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presence.meters import Meters
from presence.reader import AT_ONCE, Reader
from tests.fakes.graph.throttling import Fault
from tests.graph.conftest import SteppedTime, graph, microsoft, ours, time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.client import TenantGraph
    from graph.presence import Presence
    from tests.fakes.entra import Tenant
    from tests.fakes.graph import FakeGraph

__all__ = ["graph", "microsoft", "ours", "time"]

READS = "POST /communications/getPresencesByUserId"


class Rounds:
    """A reader of these people. ``seen`` is who was read, ``at`` when the first of each request was asked for."""

    def __init__(self, graph: TenantGraph, object_ids: list[str], seconds: float = 3.0) -> None:
        self.meters = Meters()
        self.seen: list[str] = []
        self.asked: list[float] = []
        self.object_ids = object_ids
        self.reader = Reader(graph, lambda: self.object_ids, self._saw, self.meters, seconds=seconds)

    async def _saw(self, presences: Iterable[Presence], asked_at: float | None = None) -> None:
        self.seen += [presence.object_id for presence in presences]
        assert asked_at is not None
        self.asked.append(asked_at)


async def test_many_people_are_read_in_requests_that_are_spread_over_the_round(
    ours: TenantGraph, tenant: Tenant, time: SteppedTime
) -> None:
    people = [tenant.add(f"p{number}@example.com").object_id for number in range(1400)]
    rounds = Rounds(ours, people)
    began = time.now
    await rounds.reader.round(people)
    assert sorted(rounds.seen) == sorted(people)
    assert [at - began for at in sorted(rounds.asked)] == pytest.approx([0, 1, 2])
    assert rounds.meters.reads == 3


async def test_who_is_throttled_pauses_as_long_as_graph_asks(
    ours: TenantGraph, tenant: Tenant, microsoft: FakeGraph, time: SteppedTime
) -> None:
    people = [tenant.add("desk@example.com").object_id]
    rounds = Rounds(ours, people)
    microsoft.faults.append(Fault(429, READS, retry_after=17))
    await rounds.reader.round(people)
    assert rounds.seen == []
    assert rounds.reader.pause() == 17
    await time.sleep(17)
    await rounds.reader.round(people)
    assert rounds.seen == people
    assert (rounds.meters.reads, rounds.meters.reads_failed) == (1, 1)


async def test_a_graph_that_does_not_answer_is_asked_ever_more_rarely(
    ours: TenantGraph, tenant: Tenant, microsoft: FakeGraph
) -> None:
    people = [tenant.add("desk@example.com").object_id]
    rounds = Rounds(ours, people)
    microsoft.faults.append(Fault(503, READS, times=8))
    pauses = []
    for _ in range(8):
        await rounds.reader.round(people)
        pauses.append(rounds.reader.pause())
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    await rounds.reader.round(people)
    assert rounds.seen == people
    assert rounds.reader.pause() == 0


async def test_a_graph_that_refuses_for_days_is_asked_on(
    ours: TenantGraph, tenant: Tenant, microsoft: FakeGraph
) -> None:
    people = [tenant.add("desk@example.com").object_id]
    rounds = Rounds(ours, people)
    microsoft.faults.append(Fault(403, READS, times=1030))
    for _ in range(1030):
        await rounds.reader.round(people)
        pause = rounds.reader.pause()
    assert pause == 60
    await rounds.reader.round(people)
    assert rounds.seen == people


async def test_a_failure_ends_the_round_without_asking_for_the_rest(ours: TenantGraph, microsoft: FakeGraph) -> None:
    people = [str(number) for number in range(50_000)]
    rounds = Rounds(ours, people)
    microsoft.faults.append(Fault(403, READS, times=100))
    await rounds.reader.round(people)
    assert 1 <= rounds.meters.reads_failed <= 2 * AT_ONCE
    assert rounds.reader.pause() == 2


async def test_nobody_to_read_is_nothing_to_ask(ours: TenantGraph, microsoft: FakeGraph) -> None:
    await Rounds(ours, []).reader.round([])
    assert microsoft.calls == []
