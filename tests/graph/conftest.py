"""Entra ID and Graph on loopback with two tenants, and a time that stands still until somebody sleeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from graph.client import Graph
from graph.permissions import PERMISSIONS, Kind
from graph.session import microsoft_session
from graph.timing import Timing
from graph.tokens import Registration
from tests.fakes.entra import Entra, Tenant, entra
from tests.fakes.graph import FakeGraph, fake_graph

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from graph.client import TenantGraph

APP_ID = "00000000-0000-0000-0000-0000000000a1"
SECRET = "a secret of the registration"
TENANT_ID = "00000000-0000-0000-0000-0000000000c3"
OTHER_TENANT_ID = "00000000-0000-0000-0000-0000000000d4"


class SteppedTime:
    """Monotonic seconds. Whoever sleeps moves them on at once, so that nobody waits; ``slept`` tells how long."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @property
    def timing(self) -> Timing:
        return Timing(self.clock, self.sleep)


@pytest.fixture
def time() -> SteppedTime:
    return SteppedTime()


@pytest.fixture
def tenant() -> Tenant:
    """It has granted all that we ask for."""
    return Tenant(TENANT_ID, "example.com", granted={p.name for p in PERMISSIONS if p.kind is Kind.APPLICATION})


@pytest.fixture
def other_tenant() -> Tenant:
    """Likewise."""
    return Tenant(OTHER_TENANT_ID, "other.example.com", granted={"User.Read.All", "AppCatalog.Read.All"})


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: Tenant, other_tenant: Tenant) -> Iterator[Entra]:
    with entra(tmp_path, APP_ID, SECRET, tenant, other_tenant) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def microsoft(identity: Entra, time: SteppedTime) -> AsyncIterator[FakeGraph]:
    """The stand-in for Graph, throttling by the same time that its client waits by."""
    async with fake_graph(identity, time.clock) as running:
        yield running


@pytest.fixture
async def graph(microsoft: FakeGraph, identity: Entra, time: SteppedTime) -> AsyncIterator[Graph]:
    async with microsoft_session() as session:
        yield Graph(session, Registration(APP_ID, identity.url, SECRET), microsoft.url, timing=time.timing)


@pytest.fixture
def ours(graph: Graph) -> TenantGraph:
    """Graph for the first tenant."""
    return graph.tenant(TENANT_ID)
