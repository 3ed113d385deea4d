"""Accepts clients, and tells each of them what its monitors hear."""

import asyncio
import logging
from itertools import count

from simulator.csta.events import WrittenEvent, write_event
from simulator.csta.link import Link
from simulator.csta.office import Office
from simulator.settings import EDITIONS
from simulator.switch import Event

logger = logging.getLogger(__name__)


class CstaServer:
    """Listens on a TCP port from ``start`` to ``stop``."""

    def __init__(self, office: Office) -> None:
        self.links: dict[Link, asyncio.Task[None] | None] = {}
        self.port = 0
        self._office = office
        self._event_numbers = count(1)
        self._server: asyncio.Server | None = None
        office.switch.listeners.append(self.publish)

    async def start(self) -> None:
        """Raises ``OSError`` when the port is taken."""
        settings = self._office.settings
        self._server = await asyncio.start_server(self._serve, settings.host, settings.port)
        self.port = self._server.sockets[0].getsockname()[1]
        logger.info("PBX simulator listens", extra={"port": self.port, "edition": settings.edition})

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            serving = [task for task in self.links.values() if task is not None]
            for link in self.links:
                link.abort()
            await asyncio.gather(*serving)
            await self._server.wait_closed()

    def publish(self, event: Event) -> None:
        """Send an event to every monitor that hears it and does not filter it out."""
        number = next(self._event_numbers)
        if not self._office.faults.loses(event.name):
            self._send(event, number)
        self._office.monitors.end_with_call(event)

    def _send(self, event: Event, number: int) -> None:
        flag = filter_flag(event.name)
        told = [
            (monitor, state)
            for monitor, state in self._office.monitors.hearing(event)
            if flag not in monitor.suppressed
        ]
        if told:
            written = self._written(event, number)
            for monitor, state in told:
                monitor.client.hear(written.octets(monitor.reference, state))

    def _written(self, event: Event, number: int) -> WrittenEvent:
        office = self._office
        return write_event(event, number, EDITIONS[office.settings.edition], call_ids=not office.faults.omit_call_ids)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(self._office, reader, writer)
        self.links[link] = asyncio.current_task()
        try:
            await link.serve()
        finally:
            del self.links[link]


def filter_flag(event_name: str) -> str:
    """The monitor filter's flag for an event; ``transferred`` has two r where its event has one."""
    stem = event_name.removesuffix("Event")
    return "transferred" if stem == "Transfered" else stem[0].lower() + stem[1:]
