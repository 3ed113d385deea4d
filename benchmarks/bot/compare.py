"""Starts connector and servers, measures in turn, and prints medians and ratios."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bot.load import IN_FLIGHT, Measured, load

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
ROOT = Path(__file__).parents[2]


@dataclass
class Server:
    """One of ``benchmarks.bot.servers``, with enough turns for some seconds a round."""

    name: str
    module: str
    turns: int
    needs_token: bool = False
    rounds: list[Measured] = field(default_factory=list)
    peak_mb: float = 0.0

    def middle(self, value: str) -> float:
        """The median over the rounds."""
        return float(median(getattr(each, value) for each in self.rounds))


def servers() -> list[Server]:
    """botbuilder, which the ratios refer to, first."""
    return [
        Server("botbuilder 4.17.1, echo", "botbuilder_echo", 200),
        Server("microsoft-teams-apps, echo", "teams_echo", 600),
        Server("microsoft-agents-hosting-aiohttp, echo", "agents_echo", 1_500),
        Server("plain aiohttp, echo", "plain_aiohttp", 5_000),
        Server("Mitel Assistant, signed-in call log", "assistant", 3_000, needs_token=True),
    ]


async def compare() -> list[Server]:
    """Every server measured ``ROUNDS`` times, interleaved so that a slow minute of the machine hits them all."""
    measured = servers()
    connector_port = free_port()
    with process("benchmarks.bot.connector", str(connector_port)) as _:
        await listening(connector_port)
        for _ in range(ROUNDS):
            for server in measured:
                await _measure(server, connector_port)
    return measured


async def _measure(server: Server, connector_port: int) -> None:
    port = free_port()
    service_url = f"http://127.0.0.1:{connector_port}/teams/"
    with process(f"benchmarks.bot.servers.{server.module}", str(port)) as running:
        await listening(port)
        authorization = await _get(port, f"/bench/authorization?serviceUrl={service_url}") if server.needs_token else ""
        # The first turns fill caches and, for the assistant, make the links of its calls.
        await load(port, service_url, max(server.turns // 10, 2 * IN_FLIGHT), authorization)
        before = await _taken(connector_port)
        server.rounds.append(await load(port, service_url, server.turns, authorization))
        if (replies := await _taken(connector_port) - before) != server.turns:
            raise RuntimeError(f"{server.name} answered {server.turns} turns with {replies} replies")
        server.peak_mb = max(server.peak_mb, _peak_mb(running.pid))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process for the length of the block."""
    running = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)


async def listening(port: int, patience: float = 60) -> None:
    """Returns once somebody accepts connections there."""
    deadline = time.monotonic() + patience
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


async def _get(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    writer.close()
    return body.decode()


async def _taken(connector_port: int) -> int:
    return int(await _get(connector_port, "/"))


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) / 1024


def table(measured: list[Server]) -> str:
    """Medians of the rounds, and each server's rate as a multiple of botbuilder's."""
    base = measured[0].middle("rate")
    lines = [
        f"{ROUNDS} rounds, {IN_FLIGHT} in flight; medians",
        f"{'':40}{'turns/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'peak MB':>9}{'ratio':>8}",
    ]
    lines += [
        f"{each.name:40}{each.middle('rate'):9.0f}{each.middle('p50'):9.1f}{each.middle('p99'):9.1f}"
        f"{each.peak_mb:9.0f}{each.middle('rate') / base:7.1f}x"
        for each in measured
    ]
    return "\n".join(lines)
