"""A PBX at the byte level: it takes and gives CSTA frames, and can be told to misbehave.

It is written from the frame layout and the message tables alone and shares no code with ``gateway``; requests are read
by regular expression, so that nothing that the gateway's parser believes is taken for granted here.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from types import TracebackType

ED5 = "http://www.ecma-international.org/standards/ecma-323/csta/ed5"
EVENT = "9999"


def frame(invoke_id: str, xml: str) -> bytes:
    """Zero, zero, length of everything in two octets, four digits, XML."""
    document = xml.encode()
    octets = 8 + len(document)
    return bytes([0, 0, octets >> 8, octets & 0xFF]) + invoke_id.encode() + document


def tagged(xml: str, name: str) -> str:
    """The unescaped text of an element, ``""`` when there is none."""
    found = re.search(rf"<(?:\w+:)?{name}[^>]*>([^<]*)<", xml)
    return unescape(found[1]) if found else ""


@dataclass
class Request:
    """What the client has sent."""

    invoke_id: str
    xml: str

    @property
    def name(self) -> str:
        found = re.search(r"<(?:\w+:)?(\w+)", self.xml.split("?>", 1)[-1])
        assert found is not None
        return found[1]


@dataclass
class CstaPeer:
    """Answers monitors and snapshots by itself; ``scripted`` and later ``answers`` replace the answer to a service,
    and ``None`` keeps silent.

    Cross references count from ``"0"``, which is as good as any other. With ``tls`` it speaks nothing else.
    """

    scripted: Mapping[str, Callable[[Request], str | None]] = field(default_factory=dict)
    monitors: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    connections: int = 0

    def __post_init__(self) -> None:
        self.answers = dict(self.scripted)

    async def __aenter__(self) -> Self:
        self._requests: asyncio.Queue[Request] = asyncio.Queue()
        self._connected = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self._server.close()
        await self.hang_up()
        await self._server.wait_closed()

    async def hang_up(self) -> None:
        """Closes the connection; the client may come back."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._connected.clear()

    def reset(self) -> None:
        """Ends the connection as a machine does that was switched off and on."""
        assert self._writer is not None
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()

    def stop_reading(self) -> None:
        """Leaves everything that the client sends where it is."""
        assert self._writer is not None
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        transport = self._writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()

    async def request(self, name: str) -> Request:
        """The next request of that name; others before it are passed over."""
        while True:
            request = await asyncio.wait_for(self._requests.get(), 10)
            if request.name == name:
                return request

    def event(self, name: str, body: str, monitor: str = "0") -> None:
        """Sends an event under the cross reference."""
        self.send(EVENT, f'<{name} xmlns="{ED5}"><monitorCrossRefID>{monitor}</monitorCrossRefID>{body}</{name}>')

    def monitor(self, device: str) -> str:
        """The cross reference of the monitor on a device."""
        return next(reference for reference, monitored in self.monitors.items() if monitored == device)

    def send(self, invoke_id: str, xml: str) -> None:
        self.send_octets(frame(invoke_id, xml))

    def send_octets(self, octets: bytes) -> None:
        assert self._writer is not None
        self._writer.write(octets)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.monitors.clear()
        self._writer = writer
        self._connected.set()
        try:
            while True:
                header = await reader.readexactly(8)
                xml = await reader.readexactly(int.from_bytes(header[2:4]) - 8)
                self._take(Request(header[4:].decode(), xml.decode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _take(self, request: Request) -> None:
        answer = self.answers.get(request.name, self._usual)(request)
        if answer is not None:
            self.send(request.invoke_id, answer)
        self._requests.put_nowait(request)

    def _usual(self, request: Request) -> str | None:
        match request.name:
            case "MonitorStart":
                reference = str(len(self.monitors))
                self.monitors[reference] = tagged(request.xml, "deviceObject")
                body = f"<monitorCrossRefID>{reference}</monitorCrossRefID>"
            case "SnapshotDevice":
                body = "<crossRefIDorSnapshotData><snapshotData/></crossRefIDorSnapshotData>"
            case "GetDoNotDisturb":
                body = "<doNotDisturbOn>false</doNotDisturbOn>"
            case "MonitorStop" | "SystemStatus" | "RequestSystemStatus" | "SnapshotCall":
                body = ""
            case _:
                return None
        return f'<{request.name}Response xmlns="{ED5}">{body}</{request.name}Response>'


def refusal(category: str, value: str) -> str:
    """A negative answer, with mixed prefixes as the one public sample has them."""
    return f'<csta:CSTAErrorCode xmlns:csta="{ED5}"><csta:{category}>{value}</csta:{category}></csta:CSTAErrorCode>'
