"""The TCP connection to a PBX: its ports, TLS with a certificate that is checked, and why it did not come about."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CLOSE_SECONDS = 1.0
CONNECT_SECONDS = 15.0
"""A firewall that drops what it does not let through would keep us waiting for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a PBX is: its ports are tried in turn. ``tls`` is ``None`` for a connection in the clear."""

    host: str
    ports: tuple[int, ...]
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.ports[0]}"

    def port(self, attempt: int) -> int:
        """The port for the first (1), second ... attempt."""
        return self.ports[(attempt - 1) % len(self.ports)]


def tls_context(authority: Path | None) -> ssl.SSLContext:
    """Checks certificate and host name, by the machine's authorities or by those of a PEM file alone.

    Raises ``OSError`` for a file that cannot be read or holds no certificate.
    """
    return ssl.create_default_context(cafile=authority)


async def connect(address: Address, attempt: int = 1) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Opens the connection. Raises ``OSError``, which ``unreachable`` explains."""
    async with asyncio.timeout(CONNECT_SECONDS):
        try:
            reader, writer = await asyncio.open_connection(address.host, address.port(attempt), ssl=address.tls)
        except UnicodeError:
            # What no host can be called, such as a name with two dots in a row, never reaches the resolver.
            raise socket.gaierror(socket.EAI_NONAME, "no host name") from None
    _keep_alive(writer.get_extra_info("socket"))
    return reader, writer


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Closes the connection. What a peer does not take within a second is not sent: it may never read again."""
    writer.close()
    with suppress(OSError):
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await writer.wait_closed()
        except TimeoutError:
            writer.transport.abort()


def unreachable(error: OSError) -> str:
    """What ``connect`` raised, as a sentence without addresses that says what to look at."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the PBX's certificate is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"no TLS with the PBX: {error.reason or 'it speaks something else on this port'}"
        case socket.gaierror():
            return "the PBX's host name is not known to this machine"
        case TimeoutError():
            return "the PBX does not answer at this address and port"
        case _:
            # asyncio writes the address into its own text.
            return f"the PBX cannot be reached: {os.strerror(error.errno) if error.errno else error}"


def _keep_alive(connection: socket.socket) -> None:
    """Has the network notice a PBX that is gone without a word, since not every PBX has a sign of life."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Not every system can set them; its own defaults are hours.
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
