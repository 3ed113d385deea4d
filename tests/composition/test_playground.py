"""Agents Playground listens on loopback only, although it has no option for it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientConnectorError, ClientSession, web

from composition import playground

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]


def another_address_of_this_machine() -> str | None:
    """An address that is not loopback's 127.0.0.1 but reaches this machine."""
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    return next(iter(addresses), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def playground_port(tmp_path: Path) -> AsyncIterator[int]:
    async def accept(_: web.Request) -> web.Response:
        return web.Response()

    bot = web.Application()
    bot.router.add_post("/api/messages", accept)
    runner = web.AppRunner(bot)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = free_port()
    command = playground.command(ROOT, f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages", port)
    child = await asyncio.create_subprocess_exec(
        *command, env=playground.environment(), cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    line = await asyncio.wait_for(child.stdout.readline(), 60)
    assert b"Listening" in line
    yield port
    child.terminate()
    await child.wait()
    await runner.cleanup()


async def test_the_playground_answers_on_loopback_and_no_other_address(playground_port: int) -> None:
    async with ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{playground_port}/_internal/v1/config") as answer:
            config = (await answer.json())["config"]
        assert config["currentUser"]["name"] == "Front Desk"
        others = [address for address in ("127.0.0.2", another_address_of_this_machine()) if address]
        for other in others:
            with pytest.raises(ClientConnectorError):
                async with session.get(f"http://{other}:{playground_port}/"):
                    pass
