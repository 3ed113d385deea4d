"""A port that sends each line to whoever is connected, and keeps some while nobody is."""

import asyncio
import logging
from collections import deque

from simulator.settings import SimulatorSettings
from simulator.smdr.lines import line
from simulator.smdr.log import Record

logger = logging.getLogger(__name__)


class SmdrServer:
    """Listens on a TCP port from ``start`` to ``stop``. What clients send is not read."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._kept: deque[str] = deque(maxlen=settings.smdr_buffer)
        self._unread = 0
        self._server: asyncio.Server | None = None
        self.clients: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.written = 0
        """Lines of calls, each counted once."""
        self.lost = 0
        """Lines that were pushed out of the buffer before anybody had connected."""
        self.repeating = False
        """Whoever connects gets all lines that are kept, also those that were read before."""

    async def start(self) -> None:
        """Raises ``OSError`` when the port is taken."""
        self._server = await asyncio.start_server(self._accept, self._settings.host, self._settings.port)
        self.port = self._server.sockets[0].getsockname()[1]
        logger.info("PBX simulator listens", extra={"port": self.port, "layout": self._settings.smdr_layout})

    async def stop(self) -> None:
        """The connections are broken off."""
        if self._server is not None:
            self._server.close()
            for client in list(self.clients):
                client.transport.abort()
            await self._server.wait_closed()

    def write(self, record: Record) -> None:
        """A call has ended."""
        text = line(record, self._settings.smdr_layout)
        self.written += 1
        self._kept.append(text)
        if self.clients:
            for client in list(self.clients):
                self._send(client, [text])
        elif self._unread == len(self._kept):
            self.lost += 1
        else:
            self._unread += 1

    def close_links(self) -> None:
        """Close the connections; the port goes on listening."""
        for client in list(self.clients):
            self.clients.discard(client)
            client.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = len(self._kept) if self.repeating else self._unread
        self._unread = 0
        self.clients.add(writer)
        self._send(writer, list(self._kept)[len(self._kept) - waiting :])
        try:
            while await reader.read(1024):
                pass
        except ConnectionError as error:
            logger.info("SMDR connection ended", extra={"reason": str(error)})
        finally:
            self.clients.discard(writer)
            writer.close()

    def _send(self, client: asyncio.StreamWriter, lines: list[str]) -> None:
        client.write("".join(f"{text}\r\n" for text in lines).encode("ascii"))
        if client.transport.get_write_buffer_size() > self._settings.send_buffer_bytes:
            logger.warning("a client reads too slowly")
            self.clients.discard(client)
            client.transport.abort()
