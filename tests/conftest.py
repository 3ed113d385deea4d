"""What every room's tests may use."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from argon2 import Parameters, Type

from cloudlink.service import passwords
from store.database import open_database
from tests import browser, postgres

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


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """One hash by the real parameters takes a core for a fifth of a second."""
    passwords.use(Parameters(Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session", autouse=True)
def browsers() -> Iterator[None]:
    """Those that stay between tests end with the last one."""
    yield
    browser.stop()


@pytest.fixture
def clock() -> SteppedClock:
    """A Monday afternoon."""
    return SteppedClock(datetime(2026, 3, 2, 14, 5, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, for tests to copy: to migrate takes twenty times as long as to open what is migrated."""
    path = tmp_path_factory.mktemp("template") / "store.db"

    async def make() -> None:
        await (await open_database(f"sqlite:///{path}")).close()

    asyncio.run(make())
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh, migrated file."""
    path = shutil.copy(sqlite_template, tmp_path / "store.db")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A migrated database on the PostgreSQL server, for ``postgres.copy``."""
    postgres.require_server()
    name = postgres.run(postgres.make_template())
    yield name
    postgres.run(postgres.drop(name))


@pytest.fixture(scope="session")
def postgres_reused(postgres_template: str) -> Iterator[postgres.Reused]:
    """The database that the tests of this session have one after the other."""
    reused = postgres.Reused(postgres_template)
    yield reused
    reused.drop()


@pytest.fixture
def postgresql_url(postgres_reused: postgres.Reused) -> Iterator[str]:
    """A migrated PostgreSQL database without any rows."""
    yield postgres_reused.url
    postgres_reused.empty()


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
