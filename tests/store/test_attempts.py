"""Guessing gets slower; owners are not locked out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from store.attempts import FIRST_WAIT, FORGOTTEN_AFTER, LONGEST_WAIT, Attempts

if TYPE_CHECKING:
    from store.database import Database
    from tests.conftest import SteppedClock


@pytest.fixture
def attempts(database: Database, clock: SteppedClock) -> Attempts:
    return Attempts(database, "sign-in", allowance=3, now=clock)


async def use_up(attempts: Attempts, key: str) -> None:
    for _ in range(3):
        assert await attempts.begin(key) == 0


async def test_within_the_allowance_there_is_no_wait(attempts: Attempts) -> None:
    await use_up(attempts, "desk")
    assert await attempts.begin("desk") == FIRST_WAIT.total_seconds()


async def test_keys_and_subjects_are_counted_apart(database: Database, attempts: Attempts, clock: SteppedClock) -> None:
    await use_up(attempts, "desk")
    assert await attempts.begin("warehouse") == 0
    assert await Attempts(database, "other", allowance=3, now=clock).begin("desk") == 0


async def test_the_addresses_of_one_network_are_counted_together(attempts: Attempts) -> None:
    for host in ("2001:db8:0:7::1", "2001:db8:0:7::2", "2001:DB8:0:7:1:2:3:4"):
        assert await attempts.begin(host) == 0
    assert await attempts.begin("2001:db8:0:7::3") > 0
    assert await attempts.begin("2001:db8:0:8::1") == 0


async def test_those_of_ipv4_are_counted_apart(attempts: Attempts) -> None:
    for host in ("192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "::ffff:192.0.2.2"):
        await use_up(attempts, host)


async def test_many_at_once_get_no_more_tries_than_one_after_another(attempts: Attempts) -> None:
    waits = await asyncio.gather(*(attempts.begin("desk") for _ in range(20)))
    assert waits.count(0) == 3


async def test_every_further_failure_doubles_the_wait_up_to_the_longest(
    attempts: Attempts, clock: SteppedClock
) -> None:
    await use_up(attempts, "desk")
    waits = []
    for _ in range(9):
        waits.append(await attempts.begin("desk"))
        clock.advance(seconds=waits[-1])
        assert await attempts.begin("desk") == 0
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, LONGEST_WAIT.total_seconds()]


async def test_trying_while_paused_does_not_lengthen_the_pause(attempts: Attempts, clock: SteppedClock) -> None:
    await use_up(attempts, "desk")
    clock.advance(seconds=10)
    assert [await attempts.begin("desk") for _ in range(3)] == [5, 5, 5]


async def test_success_forgets_the_failures(attempts: Attempts) -> None:
    await use_up(attempts, "desk")
    await attempts.succeeded("desk")
    await use_up(attempts, "desk")


async def test_taking_back_one_attempt_leaves_the_others(attempts: Attempts) -> None:
    await use_up(attempts, "address")
    await attempts.take_back("address")
    assert await attempts.begin("address") == 0
    assert await attempts.begin("address") > 0


async def test_failures_are_forgotten_after_a_while(attempts: Attempts, clock: SteppedClock) -> None:
    await use_up(attempts, "desk")
    clock.advance(seconds=FORGOTTEN_AFTER.total_seconds())
    await use_up(attempts, "desk")
