"""A port on the loopback address by which a running simulator is told what to do.

One command a line (``commands``), and a line of answer: ``ok``, ``error: ...`` or what was asked for. Only the answer
to ``help`` is several lines::

    $ nc 127.0.0.1 7101
    fault stall 10 sending
    ok

It is for tests and people on this machine: there is no login, and nothing that a simulator could give away.
"""

import asyncio
import logging
from types import TracebackType
from typing import Self

from simulator.commands import obey
from simulator.simulator import Simulator

logger = logging.getLogger(__name__)


class Control:
    """Listens from ``async with`` to its end. Raises ``OSError`` when the port is taken."""

    def __init__(self, pbx: Simulator, port: int) -> None:
        self._pbx = pbx
        self.port = port
        self._clients: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for client in list(self._clients):
            client.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                writer.write(f"{obey(self._pbx, line.decode(errors='replace'))}\n".encode())
        except (ConnectionError, ValueError) as error:
            logger.info("control connection ended", extra={"reason": str(error)})
        finally:
            self._clients.discard(writer)
            writer.close()
