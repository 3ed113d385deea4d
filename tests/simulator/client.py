"""A second CSTA client, of raw sockets and lxml, written from the standard: it shares nothing with either side."""

import asyncio
import struct
from dataclasses import dataclass
from typing import Self

from lxml import etree

CSTA = "http://www.ecma-international.org/standards/ecma-323/csta/ed5"
SESSION = "http://www.ecma-international.org/standards/ecma-354/appl_session"


@dataclass
class Message:
    """A received document and its invoke id."""

    invoke_id: int
    octets: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.octets)

    @property
    def name(self) -> str:
        return etree.QName(self.root).localname

    @property
    def children(self) -> list[str]:
        return [etree.QName(child).localname for child in self.root]

    def find(self, path: str) -> list[etree._Element]:
        """All elements at a path of local names; a step may be ``*``."""
        return self.root.findall("/".join("*" if step == "*" else f"{{*}}{step}" for step in path.split("/")))

    def text(self, path: str) -> str | None:
        """The text of the first such element, ``""`` when it is empty, ``None`` when there is none."""
        return (found[0].text or "") if (found := self.find(path)) else None

    def texts(self, path: str) -> list[str]:
        return [found.text or "" for found in self.find(path)]

    def names(self, path: str) -> list[str]:
        return [etree.QName(found).localname for found in self.find(path)]


class Client:
    """Sends requests and receives messages one by one, in the order of their arrival."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.last_id = 0

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, body: str, invoke_id: int | None = None) -> int:
        self.last_id = invoke_id if invoke_id is not None else self.last_id + 1
        octets = body.encode()
        self.writer.write(b"\0\0" + struct.pack(">H", len(octets) + 8) + b"%04d" % self.last_id + octets)
        return self.last_id

    async def receive(self) -> Message:
        async with asyncio.timeout(5):
            zeros, length, invoke_id = struct.unpack(">2sH4s", await self.reader.readexactly(8))
            assert zeros == b"\0\0"
            return Message(int(invoke_id), await self.reader.readexactly(length - 8))

    async def ask(self, body: str) -> Message:
        """Send a request and return its response, which must be the next message."""
        invoke_id = self.send(body)
        answer = await self.receive()
        assert answer.invoke_id == invoke_id, answer.octets
        return answer

    async def events(self, count: int) -> list[Message]:
        events = [await self.receive() for _ in range(count)]
        assert {event.invoke_id for event in events} <= {9999}
        return events

    async def monitor(self, extension: str) -> str:
        """Start a monitor; returns its cross reference."""
        answer = await self.ask(monitor_start(extension))
        assert answer.name == "MonitorStartResponse", answer.octets
        reference = answer.text("monitorCrossRefID")
        assert reference is not None
        return reference

    async def at_end(self) -> bytes:
        """What is left until the other side closes; a reset counts as the end."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def stop_reading(self) -> None:
        """Leave what arrives in the kernel's buffers, as a program does that hangs."""
        transport = self.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()

    async def close(self) -> None:
        self.writer.close()


def request(service: str, inside: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{service} xmlns="{CSTA}">{inside}</{service}>'


def session_request(service: str, inside: str = "") -> str:
    return f'<{service} xmlns="{SESSION}">{inside}</{service}>'


def monitor_start(extension: str) -> str:
    thing = f"<monitorObject><deviceObject>N&lt;{extension}&gt;</deviceObject></monitorObject>"
    return request("MonitorStart", f"{thing}<monitorType>device</monitorType>")


def connection(element: str, call: str | None, device: str) -> str:
    call_id = f"<callID>{call}</callID>" if call is not None else ""
    return f"<{element}>{call_id}<deviceID>N&lt;{device}&gt;</deviceID></{element}>"
