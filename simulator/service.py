"""Runs a simulated PBX until it is told to stop."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

from simulator.control import Control
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline

logger = logging.getLogger(__name__)


async def run(
    settings: SimulatorSettings, stop: asyncio.Event, ready: Callable[[int], object] = lambda port: None
) -> None:
    """Listen, tell ``ready`` the port, play the traffic of the settings, and return when ``stop`` is set.

    Raises ``OSError`` when a port is taken and ``ScriptError`` when the script cannot be read.
    """
    timeline = Timeline()
    async with Simulator(settings, timeline) as pbx, AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        if settings.control_port >= 0:
            control = await stack.enter_async_context(Control(pbx, settings.control_port))
            logger.info("PBX simulator takes commands", extra={"port": control.port})
        # In one group with the service, so that a clock that fails ends the service and does not freeze the PBX.
        running = tasks.create_task(timeline.run()), tasks.create_task(pbx.begin_traffic())
        ready(pbx.port)
        await stop.wait()
        for task in running:
            task.cancel()
