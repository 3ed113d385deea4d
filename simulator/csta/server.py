"""Accepts clients, and tells each of them what its monitors hear."""

import asyncio
import logging
import ssl
from itertools import count

from simulator.csta.events import WrittenEvent, write_event
from simulator.csta.link import Link
from simulator.csta.office import Office
from simulator.settings import EDITIONS
from simulator.switch import Event

logger = logging.getLogger(__name__)


class CstaServer:
    """Listens on a TCP port, and on one with TLS when there is a certificate, from ``start`` to ``stop``."""

    def __init__(self, office: Office) -> None:
        self.links: dict[Link, asyncio.Task[None] | None] = {}
        self.port = 0
        self.tls_port = 0
        self._office = office
        self._event_numbers = count(1)
        self._listening: list[asyncio.Server] = []
        office.switch.listeners.append(self.publish)

    async def start(self) -> None:
        """Raises ``OSError`` when a port is taken or the certificate cannot be read."""
        settings = self._office.settings
        self.port = await self._listen(settings.port)
        if settings.tls_certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(settings.tls_certificate, settings.tls_key or None)
            self.tls_port = await self._listen(settings.tls_port, context)
        ports = {"port": self.port, "tls_port": self.tls_port}
        logger.info("PBX simulator listens", extra={**ports, "edition": settings.edition})

    async def _listen(self, port: int, context: ssl.SSLContext | None = None) -> int:
        server = await asyncio.start_server(self._serve, self._office.settings.host, port, ssl=context)
        self._listening.append(server)
        listens: int = server.sockets[0].getsockname()[1]
        return listens

    async def stop(self) -> None:
        for server in self._listening:
            server.close()
        self._office.faults.reading.set()
        serving = [task for task in self.links.values() if task is not None]
        for link in self.links:
            link.abort()
        await asyncio.gather(*serving)
        for server in self._listening:
            await server.wait_closed()

    def publish(self, event: Event) -> None:
        """Send an event to every monitor that hears it and does not filter it out."""
        number = next(self._event_numbers)
        self._send(event, number)
        self._office.monitors.end_with_call(event)

    def _send(self, event: Event, number: int) -> None:
        flag = filter_flag(event.name)
        told = [
            (monitor, state)
            for monitor, state in self._office.monitors.hearing(event)
            if flag not in monitor.suppressed
        ]
        if not told or self._loses(event):
            return
        written = self._written(event, number)
        for monitor, state in told:
            monitor.client.hear(written.octets(monitor.reference, state))

    def _loses(self, event: Event) -> bool:
        faults = self._office.faults
        last = faults.lose == 1
        if not faults.loses(event.name):
            return False
        if last:
            # Not before the act is over in which the event happened.
            self._office.timeline.after(0, lambda: self.tell_status("messagesLost"))
        return True

    def tell_status(self, value: str) -> None:
        """Send SystemStatus (``messagesLost``, ``initializing``, ``enabled`` ...) to every client."""
        for link in list(self.links):
            link.tell_status(value)

    def _written(self, event: Event, number: int) -> WrittenEvent:
        settings, faults = self._office.settings, self._office.faults
        call_ids, details = not faults.omit_call_ids, settings.event_details
        return write_event(event, number, EDITIONS[settings.edition], call_ids=call_ids, details=details)

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
