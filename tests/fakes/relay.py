"""A wire between a client and a TCP server that can be cut, and put back at the same address."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self


class Relay:
    """Passes bytes both ways, from ``async with`` to its end. ``address`` is where it listens, as ``host:port``."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.StreamWriter] = set()
        self._last_words: bytes | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def mend(self) -> None:
        """Listens, the second time where it did before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def lead_to(self, host: str, port: int) -> None:
        """To another server from the next connection on."""
        self._target = (host, port)

    async def cut(self) -> None:
        """Ends every connection and listens no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._drop()

    def cut_after(self, words: bytes) -> None:
        """The next time that a client says this, the server hears it and the client hears nothing any more."""
        self._last_words = words

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_read, to_write = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        self._wires |= {writer, to_write}
        with suppress(ConnectionError):
            await asyncio.gather(self._pass_on(reader, to_write), self._pass_on(to_read, writer))

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
            if self._last_words is not None and self._last_words in data:
                self._last_words = None
                self._drop()
        sink.close()

    def _drop(self) -> None:
        for wire in self._wires:
            wire.close()
        self._wires.clear()
