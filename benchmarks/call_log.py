"""Pages of the call log as it grows: ``python -m benchmarks.call_log [--without-ten-million]``.

One user has 5,000 calls, in a store that holds 10 thousand, then 1 million, then 10 million (some three minutes and
several gigabytes, which the option saves); another owns all the rest. Pages of 50 are read as they are looked through,
each page from the ``next`` of the one before, and for the second user also from places all over the log. The sizes take
turns, so that a busy machine is busy for each of them. Then pages of 20 are counted, as the bot reads them.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from cloudlink.administration.accounts import NewAccount
from cloudlink.service import cursors
from cloudlink.service.api.media.questions import Question
from cloudlink.service.api.media.records import Records, Scope
from cloudlink.service.api.paging import Asked
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning, known_as
from store.database import open_database
from store.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cloudlink.model import User
    from cloudlink.port import CloudLink
    from store.database import Database

    Owner = Callable[["Store"], User]
    Places = Callable[["Store"], Iterator[str | None]]

SIZES = (10_000, 1_000_000)
LARGEST = 10_000_000
OWN = 5_000
GROWTH_BOUND = 1.5
"""Of the smallest store's time for a page."""
PAGES_BOUND = 4_000
"""Pages of 20 a second."""
ROUNDS = 7
PAGES = 400
_CHUNK = 100_000
_BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
_BEGAN_US = int(_BEGAN.timestamp()) * _SECOND_US

# Every so many calls one is the first user's, so that theirs lie all over the table.
_FILL = text("""
    WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
    INSERT INTO calls (account_id, principal_id, call_id, endpoint_id, direction, missed, hidden, created_on, end_time,
                       state, from_, from_number_e164, from_name, "to", to_number_e164, completed, ring_time,
                       billing_time, extra_pbx_data)
    SELECT :account_id, CASE WHEN i % :every = 0 AND i / :every < :own THEN :one ELSE :other END,
           'call-' || i, 'endpoint', CASE i % 2 WHEN 0 THEN 'inbound' ELSE 'outbound' END, i % 10 = 0, 0,
           :began + i * 1000000, :began + i * 1000000 + 60000000, 'completed',
           '+331990' || (100000 + i % 900000), 1, 'Example Caller', '201', 0, i % 10 <> 0, 4.0, 60.0, '{}'
    FROM n
""")


@dataclass(frozen=True, slots=True)
class Store:
    """A filled database: ``one`` has ``OWN`` calls, ``other`` the rest of ``calls``."""

    database: Database
    calls: int
    one: User
    other: User


async def measure(sizes: Sequence[int]) -> None:
    """Prints the times. Raises ``SystemExit`` when a bound is missed."""
    with TemporaryDirectory(prefix="call-log-") as folder:
        stores = [await filled(Path(folder) / f"{size}.db", size) for size in sizes]
        try:
            good = await _compare("5,000 of one's own, from the first page on", stores, _one, _in_order)
            good &= await _compare("all the rest, from the first page on", stores, _other, _in_order)
            good &= await _compare("all the rest, from anywhere", stores, _other, _anywhere)
            good &= await _count(stores)
        finally:
            for store in stores:
                await store.database.close()
    if not good:
        raise SystemExit("a bound is missed")


async def filled(path: Path, size: int) -> Store:
    """A new database with so many calls, open."""
    database = await open_database(f"sqlite:///{path}")
    provisioning = Provisioning(database, Outbox(database))
    account = await provisioning.create_account(NewAccount("Bench"))
    one = await provisioning.create_user(account.account_id, known_as("One", "one@example.com", "201"))
    other = await provisioning.create_user(account.account_id, known_as("Other", "other@example.com", "202"))
    known = {
        "account_id": account.account_id,
        "one": one.principal_id,
        "other": other.principal_id,
        "every": size // OWN,
        "own": OWN,
        "began": _BEGAN_US,
    }
    began = time.perf_counter()
    for first in range(0, size, _CHUNK):
        await database.write(_filling({**known, "first": first, "end": min(first + _CHUNK, size)}))
    print(f"{size:>12,} calls stored in {time.perf_counter() - began:.0f} s", flush=True)
    return Store(database, size, one, other)


def _filling(parameters: dict[str, object]) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(_FILL, parameters)

    return work


async def _compare(title: str, stores: Sequence[Store], owner: Owner, places: Places) -> bool:
    """Prints p50 and p99 of a page of 50 for each store; whether they grew no more than they may."""
    rounds: dict[int, list[tuple[float, float]]] = {store.calls: [] for store in stores}
    for _ in range(ROUNDS):
        for store in stores:
            rounds[store.calls].append(_percentiles(await _page_times(store, owner, places)))
    print(f"\npages of 50, {title}")
    least: tuple[float, float] | None = None
    good = True
    for store in stores:
        p50, p99 = (median(round_[place] for round_ in rounds[store.calls]) for place in (0, 1))
        least = least or (p50, p99)
        growth = max(p50 / least[0], p99 / least[1])
        good &= growth <= GROWTH_BOUND
        print(f"{store.calls:>12,} calls  p50 {p50 * 1e6:6.0f} us  p99 {p99 * 1e6:6.0f} us  x{growth:.2f}")
    return good


async def _page_times(store: Store, owner: Owner, places: Places) -> list[float]:
    """Seconds for each of ``PAGES`` pages, as the public API answers them from the store."""
    records = Records(store.database)
    user = owner(store)
    scope = Scope(user.account_id, user.principal_id)
    times: list[float] = []
    following: str | None = None
    for place in places(store):
        asked = Asked(50, cursor=place or following)
        began = time.perf_counter()
        found = await records.page(scope, Question(), asked)
        times.append(time.perf_counter() - began)
        if len(found.page.items) != 50:
            raise AssertionError("a page is not full")
        following = found.page.next_cursor
    return times


def _one(store: Store) -> User:
    return store.one


def _other(store: Store) -> User:
    return store.other


def _in_order(_: Store) -> Iterator[None]:
    """From the first page to the last, which has no next one: then from the first again."""
    return (None for _ in range(PAGES))


def _anywhere(store: Store) -> Iterator[str | None]:
    """Places all over the log, but for its last thousand calls."""
    choice = random.Random(7)  # noqa: S311 - the same places each time
    for _ in range(PAGES):
        place = choice.randrange(store.calls // 2, store.calls)
        yield cursors.encode(_BEGAN + timedelta(seconds=place), 2**62)


async def _count(stores: Sequence[Store]) -> bool:
    """Prints pages of 20 a second through the port; whether they are as many as they must be."""
    print("\npages of 20 a second through the port")
    good = True
    for store in stores:
        cloudlink = EmbeddedCloudLink(store.database)
        rate = median([await _rate(cloudlink, store.one) for _ in range(ROUNDS)])
        good &= rate >= PAGES_BOUND
        print(f"{store.calls:>12,} calls  {rate:8,.0f} a second")
    return good


async def _rate(cloudlink: CloudLink, user: User) -> float:
    began = time.perf_counter()
    for _ in range(PAGES):
        await cloudlink.calls(user.principal, limit=20)
    return PAGES / (time.perf_counter() - began)


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[98]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-ten-million", action="store_true", help="saves three minutes and several gigabytes")
    chosen = parser.parse_args()
    asyncio.run(measure(SIZES if chosen.without_ten_million else (*SIZES, LARGEST)))
