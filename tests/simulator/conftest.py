"""A PBX and a client of it, for each test."""

from collections.abc import AsyncIterator

import pytest

from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.simulator.client import Client


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()


@pytest.fixture
async def pbx(timeline: Timeline) -> AsyncIterator[Simulator]:
    """Extensions 201 to 204, in a time that only the test advances."""
    async with Simulator(SimulatorSettings(port=0), timeline) as running:
        yield running


@pytest.fixture
async def client(pbx: Simulator) -> AsyncIterator[Client]:
    connected = await Client.connect(pbx.port)
    yield connected
    await connected.close()
