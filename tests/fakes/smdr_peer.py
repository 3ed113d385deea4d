"""A PBX's SMDR port on a real socket: it keeps lines while nobody listens, and never reads."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class SmdrPeer:
    """``again`` sends all lines ever written to whoever connects, as a PBX that does not know what was read."""

    def __init__(self, *, again: bool = False, port: int = 0) -> None:
        self.port = port
        self.again = again
        self.lines: list[str] = []
        self.connections = 0
        self._unread: list[str] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self._server.close()
        await self.hang_up()
        await self._server.wait_closed()

    def write(self, *lines: str) -> None:
        """Calls have ended."""
        self.lines += lines
        self._unread += lines
        if self._writers:
            self._flush()

    def send(self, octets: bytes) -> None:
        """Anything, to everybody connected."""
        for writer in self._writers:
            writer.write(octets)

    async def hang_up(self) -> None:
        """Closes every connection, after what was written to it."""
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _accept(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        if self.again:
            self._unread = list(self.lines)
        self._flush()

    def _flush(self) -> None:
        lines, self._unread = self._unread, []
        self.send("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
