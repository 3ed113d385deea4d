"""The PBX's side over SMDR.

A PBX keeps its lines while nobody is connected and gives each of them once. So a check must not take lines that the
gateway has to read: it listens only where no gateway has ever run, and otherwise asks the gateway itself.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from gateway.check.network import Peer, resolve
from gateway.check.step import Step, failed, skipped
from gateway.smdr.lines import LineSplitter
from gateway.smdr.parser import BadLine, Parser
from gateway.status.reading import NotRunning, read
from gateway.transport import connect, unreachable

if TYPE_CHECKING:
    from gateway.check.step import Steps
    from gateway.transport import Address

_NAME = "PBX SMDR"
_UNREACHED = "Check CSTA_HOST and CSTA_PORT, and that the PBX gives SMDR over TCP/IP on that port."
_START = "Start the gateway; `cloudlink-gateway status` then shows whether the PBX is connected."
_UNREAD = "Check that this port is the PBX's SMDR: the gateway leaves out what it cannot read, and counts it."


async def check_smdr(address: Address, status_port: int, *, has_run: bool, listen_seconds: float = 5.0) -> Steps:
    """``has_run`` is whether a gateway has ever run here, ``status_port`` where it would tell how it is now."""
    yield (named := await resolve(Peer(side="PBX", host=address.host, port=address.port(1), setting="CSTA_HOST")))
    if not named.ok:
        return
    try:
        pbx = (await read(status_port)).report.pbx
    except NotRunning:
        if has_run:
            yield skipped(_NAME, "the PBX gives each line once, and to the gateway", _START)
        else:
            yield await _listen(address, listen_seconds)
        return
    if pbx.connected_since is None:
        yield failed(_NAME, f"the gateway that runs is not connected: {pbx.error or 'not yet'}", _UNREACHED)
    else:
        yield Step(_NAME, f"the gateway that runs has been connected since {pbx.connected_since:%Y-%m-%d %H:%M} UTC")


async def _listen(address: Address, seconds: float) -> Step:
    try:
        reader, writer = await connect(address)
    except OSError as error:
        return failed(_NAME, unreachable(error), _UNREACHED)
    try:
        async with asyncio.timeout(seconds):
            return await _first_line(reader)
    except TimeoutError:
        return Step(_NAME, f"connected; no line within {seconds:g} s, as when no call ends")
    except OSError as error:
        return failed(_NAME, unreachable(error), _UNREACHED)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _first_line(reader: asyncio.StreamReader) -> Step:
    splitter = LineSplitter()
    while octets := await reader.read(4096):
        for line in splitter.feed(octets):
            try:
                Parser().read(line)
            except BadLine as error:
                return failed(_NAME, f"a line of {len(line)} characters cannot be read: {error}", _UNREAD)
            return Step(_NAME, f"connected; a line of {len(line)} characters was read")
    return failed(_NAME, "the PBX closes the connection", "Check that no other application takes its SMDR lines.")
