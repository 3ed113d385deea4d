"""What every room's tests may use."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store.database import open_database
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from store.database import Database
    from store.outbox import Handler, Outbox


class SteppedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **amount: float) -> None:
        """By the arguments of ``timedelta``."""
        self.moment += timedelta(**amount)


@asynccontextmanager
async def consuming(outbox: Outbox, name: str, handler: Handler) -> AsyncIterator[None]:
    """Runs a consumer of the outbox meanwhile."""
    task = asyncio.create_task(outbox.run_consumer(name, handler))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def clock() -> SteppedClock:
    """A Monday afternoon."""
    return SteppedClock(datetime(2026, 3, 2, 14, 5, tzinfo=UTC))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated database on the PostgreSQL server, for ``postgres.copy``."""
    postgres.require_server()
    name = postgres.run(postgres.make_template())
    yield name
    postgres.run(postgres.drop(name))


@pytest.fixture
def postgresql_url(postgres_template: str) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    name = postgres.run(postgres.copy(postgres_template))
    yield postgres.url_of(name)
    postgres.run(postgres.drop(name))


@pytest.fixture(params=["sqlite", "postgresql"])
def either_url(request: pytest.FixtureRequest) -> str:
    """A database of its own of either kind: what a folder overrides ``database_url`` with to run over both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite, unless a folder says otherwise."""
    return sqlite_url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Fresh and migrated."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()
