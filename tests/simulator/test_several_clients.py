"""Clients do not disturb one another."""

from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.simulator.client import Client


async def test_each_client_hears_only_what_it_monitors(pbx: Simulator, client: Client) -> None:
    other = await Client.connect(pbx.port)
    await client.monitor("201")
    await other.monitor("202")
    pbx.ring("+33199001234", "202")
    pbx.ring("+33199001234", "201")
    (own,) = await client.events(1)
    (others,) = await other.events(1)
    assert own.text("alertingDevice/deviceIdentifier") == "N<201>Front Desk"
    assert others.text("alertingDevice/deviceIdentifier") == "N<202>Warehouse"
    await other.close()


async def test_monitors_of_a_client_that_left_are_forgotten(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, monitor_limit=1), timeline) as pbx:
        leaving = await Client.connect(pbx.port)
        await leaving.monitor("201")
        leaving.writer.write_eof()
        assert await leaving.at_end() == b""
        following = await Client.connect(pbx.port)
        await following.monitor("202")
        await leaving.close()
        await following.close()


async def test_a_client_that_does_not_read_is_dropped_and_the_others_hear_on(timeline: Timeline) -> None:
    settings = SimulatorSettings(port=0, send_buffer_bytes=50_000)
    async with Simulator(settings, timeline) as pbx:
        slow, client = await Client.connect(pbx.port), await Client.connect(pbx.port)
        await client.monitor("201")
        for _ in range(40):
            await slow.monitor("201")
        slow.stop_reading()
        rounds = 0
        while pbx.clients == 2 and (rounds := rounds + 1) < 5_000:
            pbx.ring("+33199001234", "201").far_end_hangs_up()
            await client.events(3)
        assert pbx.clients == 1
        pbx.ring("+33199001234", "201")
        assert (await client.events(1))[0].name == "DeliveredEvent"
        await slow.close()
        await client.close()
