"""Of several servers on one database exactly one has an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presence.claims import Claim
from presence.leases import Leases
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.presence.office import Time

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

__all__ = ["outbox", "password_hash", "people", "provisioning"]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


class Servers:
    def __init__(self, database: Database, clock: SteppedClock, account_id: str) -> None:
        self.clock = clock
        self.time = Time()
        self.account_id = account_id
        self.one, self.other = (Leases(database, clock, self.time.clock) for _ in range(2))

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self.time.now += seconds


@pytest.fixture
def servers(database: Database, clock: SteppedClock, people: People) -> Servers:
    return Servers(database, clock, people.account.account_id)


async def test_an_account_is_one_servers_until_it_is_let_go(servers: Servers) -> None:
    one, other, account_id = servers.one, servers.other, servers.account_id
    assert await one.claim(account_id) is Claim.OURS
    assert await other.claim(account_id) is Claim.ANOTHERS
    assert (one.has(account_id), other.has(account_id)) == (True, False)
    # Its own claim is no inheritance.
    assert await one.claim(account_id) is Claim.OURS

    await one.let_go(account_id)
    assert await other.claim(account_id) is Claim.OURS
    assert (one.held(), other.held()) == (set(), {account_id})
    assert (one.any.is_set(), one.none.is_set(), other.any.is_set(), other.none.is_set()) == (False, True, True, False)


async def test_what_is_kept_stays_and_what_is_not_is_given_up_before_another_takes_it(servers: Servers) -> None:
    one, other, account_id = servers.one, servers.other, servers.account_id
    await one.claim(account_id)
    for _ in range(5):
        servers.wait(20)
        await one.keep()
        assert await other.claim(account_id) is Claim.ANOTHERS
    servers.wait(51)
    assert not one.has(account_id)
    assert await other.claim(account_id) is Claim.ANOTHERS

    servers.wait(9)
    assert await other.claim(account_id) is Claim.INHERITED
    await one.keep()
    assert one.held() == set()


async def test_a_clock_that_is_put_back_or_forward_loses_nothing_of_ones_own(servers: Servers) -> None:
    one, account_id = servers.one, servers.account_id
    await one.claim(account_id)
    for hours in (5, -10):
        servers.clock.advance(hours=hours)
        await one.keep()
        assert one.has(account_id)
        assert await one.claim(account_id) is Claim.OURS


async def test_an_account_that_has_been_deleted_is_nobodys(servers: Servers) -> None:
    assert await servers.one.claim("gone") is Claim.ANOTHERS
    assert servers.one.held() == set()
