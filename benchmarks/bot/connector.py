"""A connector that takes every reply: ``python -m benchmarks.bot.connector PORT``. ``GET /`` answers how many.

Written on the bare protocol so that it costs a fraction of any server under measurement, which shares the machine.
"""

from __future__ import annotations

import asyncio
import sys

_BODY = b'{"id":"1:1"}'
_TAKEN = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


class Connector(asyncio.Protocol):
    """HTTP/1.1 with ``Content-Length`` or chunks, one request after another."""

    taken = 0

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (length := _request_length(self._buffer)) is not None:
            is_count = self._buffer.startswith(b"GET ")
            self._buffer = self._buffer[length:]
            self._transport.write(self._count() if is_count else self._take())

    def _take(self) -> bytes:
        Connector.taken += 1
        return _TAKEN

    @staticmethod
    def _count() -> bytes:
        body = str(Connector.taken).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _request_length(buffer: bytes) -> int | None:
    """Bytes of the first request in the buffer; ``None`` while it is incomplete."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head, start = buffer[:head_end].lower(), head_end + 4
    if b"transfer-encoding: chunked" in head:
        end = buffer.find(b"0\r\n\r\n", start)
        return None if end < 0 else end + 5
    _, _, rest = head.partition(b"content-length:")
    length = int(rest.split(b"\r\n", 1)[0]) if rest else 0
    return start + length if len(buffer) >= start + length else None


async def main() -> None:
    """Serves until it is stopped."""
    server = await asyncio.get_running_loop().create_server(Connector, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
