"""Runs a simulated PBX until it is told to stop."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

from simulator.commands import obey
from simulator.control import Control
from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline

logger = logging.getLogger(__name__)


async def run(
    settings: SimulatorSettings, stop: asyncio.Event, ready: Callable[[int], object] = lambda port: None
) -> None:
    """Listen, tell ``ready`` the port, play the traffic of the settings, and return when ``stop`` is set.

    Raises ``OSError`` when a port is taken, ``ScriptError`` when the script cannot be read and ``ValueError``
    for a fault that is none.
    """
    timeline = Timeline()
    async with Simulator(settings, timeline) as pbx, AsyncExitStack() as stack:
        for fault in settings.faults:
            if (said := obey(pbx, f"fault {fault}")) != "ok":
                raise ValueError(f"faults cannot be {fault!r}: {said.removeprefix('error: ')}")
        if settings.control_port >= 0:
            control = await stack.enter_async_context(Control(pbx, settings.control_port))
            logger.info("PBX simulator takes commands", extra={"port": control.port})
        # In one group with the service, so that a clock that fails ends the service and does not freeze the PBX.
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = tasks.create_task(timeline.run()), tasks.create_task(pbx.begin_traffic())
        ready(pbx.port)
        await stop.wait()
        for task in running:
            task.cancel()
