"""Name, TCP and TLS, each by itself, so that a failure names the one that is at fault."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import perf_counter
from typing import TYPE_CHECKING

from gateway.check.step import Step, failed

if TYPE_CHECKING:
    from gateway.check.step import Steps

SECONDS = 10.0
"""How long each step may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Whom to reach: ``side`` begins each step's name, ``setting`` names what an operator would correct."""

    side: str
    host: str
    port: int
    setting: str
    tls: ssl.SSLContext | None = None
    tls_advice: str = ""


async def reach(peer: Peer) -> Steps:
    """The steps as far as they go well; the last one failed or all is well."""
    found = await resolve(peer)
    yield found
    if not found.ok:
        return
    found = await _tcp(peer)
    yield found
    if found.ok and peer.tls is not None:
        yield await _tls(peer, peer.tls)


async def resolve(peer: Peer) -> Step:
    """The first step alone: whether the name is known."""
    name = f"{peer.side} name"
    with suppress(ValueError):
        ip_address(peer.host)
        return Step(name, f"{peer.host} is an address")
    try:
        async with asyncio.timeout(SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        advice = f"Correct {peer.setting}, or the DNS servers of this machine: `getent hosts {peer.host}` must answer."
        return failed(name, f"{peer.host} is not known ({_reason(error)})", advice)
    addresses = sorted({str(entry[4][0]) for entry in found})
    return Step(name, f"{peer.host} is {', '.join(addresses)}")


async def _tcp(peer: Peer) -> Step:
    name, began = f"{peer.side} TCP", perf_counter()
    where = f"{peer.host}:{peer.port}"
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(peer.host, peer.port)
    except TimeoutError:
        return failed(
            name,
            f"{where} does not answer within {SECONDS:.0f} s",
            f"Open TCP {peer.port} from this machine to {peer.host} in the firewalls between them.",
        )
    except ConnectionRefusedError:
        return failed(
            name,
            f"{where} refuses connections",
            f"Nothing listens there: switch the service on, or correct the port beside {peer.setting}.",
        )
    except OSError as error:
        return failed(name, f"{where}: {_reason(error)}", f"Check {peer.setting} and the route to {peer.host}.")
    took = perf_counter() - began
    await _close(writer)
    return Step(name, f"connected to {where} in {took * 1000:.0f} ms")


async def _tls(peer: Peer, context: ssl.SSLContext) -> Step:
    name = f"{peer.side} TLS"
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(peer.host, peer.port, ssl=context)
    except ssl.SSLCertVerificationError as error:
        return failed(name, f"the certificate is not trusted: {error.verify_message}", peer.tls_advice)
    except TimeoutError:
        return failed(name, "the handshake does not end", f"Check that port {peer.port} of {peer.host} speaks TLS.")
    except OSError as error:
        return failed(
            name, f"no handshake: {_reason(error)}", f"Check that port {peer.port} of {peer.host} speaks TLS."
        )
    version = writer.get_extra_info("ssl_object").version()
    ends = dict(writer.get_extra_info("peercert") or {}).get("notAfter", "an unknown day")
    await _close(writer)
    return Step(name, f"{version}, the certificate is trusted until {ends}")


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _reason(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
