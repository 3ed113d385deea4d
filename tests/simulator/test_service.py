"""The simulator as a service, and its settings."""

import asyncio
from time import monotonic

import pytest

from simulator.service import run
from simulator.settings import SimulatorSettings
from tests.simulator.client import Client, request


class Service:
    """The service, running until ``stop``; ``port`` is known once it listens."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.stop = asyncio.Event()
        self.listening = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(run(settings, self.stop, self.listening.set_result))

    async def __aenter__(self) -> Client:
        self.port: int = await asyncio.wait_for(self.listening, 5)
        self.client = await Client.connect(self.port)
        return self.client

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        await asyncio.wait_for(self.task, 5)
        await self.client.at_end()
        await self.client.close()


async def test_it_is_ready_within_a_second_and_plays_its_script() -> None:
    begun = monotonic()
    async with Service(SimulatorSettings(port=0, script="demo", bhcc=60)) as client:
        assert monotonic() - begun < 1
        await client.monitor("201")
        (delivered,) = await client.events(1)
        assert delivered.text("callingDevice/deviceIdentifier") == "N<+33199001234>Supplier"


async def test_it_stops_while_nobody_has_connected_to_hear_the_script() -> None:
    stop = asyncio.Event()
    await run(SimulatorSettings(port=0, script="demo"), stop, lambda _: stop.set())


async def test_a_port_in_use_is_an_error() -> None:
    service = Service(SimulatorSettings(port=0))
    async with service:
        with pytest.raises(OSError, match="address already in use"):
            await run(SimulatorSettings(port=service.port), asyncio.Event())


async def test_the_edition_is_a_setting() -> None:
    async with Service(SimulatorSettings(port=0, edition="ed3")) as client:
        answer = await client.ask(request("RequestSystemStatus"))
        assert answer.root.nsmap["csta"] == "http://www.ecma-international.org/standards/ecma-323/csta/ed3"


async def test_faults_may_be_there_from_the_start() -> None:
    async with Service(SimulatorSettings(port=0, faults=("one-edition", "no-call-ids"))) as client:
        assert (await client.ask("<RequestSystemStatus xmlns='urn:ed4'/>")).text("operation") == "generic"


async def test_a_fault_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="faults cannot be 'slow quickly': it is `fault slow SECONDS`"):
        await run(SimulatorSettings(port=0, faults=("slow quickly",)), asyncio.Event())


async def test_a_control_port_in_use_is_an_error() -> None:
    service = Service(SimulatorSettings(port=0))
    async with service:
        with pytest.raises(OSError, match="address already in use"):
            await run(SimulatorSettings(port=0, control_port=service.port), asyncio.Event())


@pytest.mark.parametrize(
    ("field", "value"),
    [("extensions", ()), ("extensions", ("2O1",)), ("demo_extension", "999"), ("edition", "ed9"), ("bhcc", -1.0)],
)
def test_a_setting_that_makes_no_sense_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        SimulatorSettings(**{field: value})  # type: ignore[arg-type]
