"""``cloudlink-gateway setup`` as a person at a terminal meets it."""

from __future__ import annotations

import asyncio
import os
import pty
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.settings import GatewaySettings
from tests.fakes.csta_peer import CstaPeer
from tests.fakes.uplink_peer import UplinkPeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

COMMAND = [sys.executable, str(Path(__file__).parents[2] / "app.py"), "gateway"]


@pytest.fixture
async def pbx() -> AsyncIterator[CstaPeer]:
    async with CstaPeer() as peer:
        yield peer


@pytest.fixture
def environment() -> dict[str, str]:
    ours = {name.upper() for name in GatewaySettings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in ours}


class Terminal:
    """A child with a terminal of its own, of which all that it says can be awaited."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        self.said = ""

    async def until(self, words: str) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            while words not in self.said:
                self.said += (await loop.run_in_executor(None, os.read, self._ours, 4096)).decode()

    async def answer(self, prompt: str, text: str) -> None:
        await self.until(prompt)
        self.said = ""
        os.write(self._ours, f"{text}\n".encode())

    def close(self) -> None:
        os.close(self._ours)
        os.close(self.theirs)


async def test_answers_become_a_file_that_the_gateway_starts_with(
    tmp_path: Path, pbx: CstaPeer, environment: dict[str, str]
) -> None:
    terminal = Terminal()
    async with UplinkPeer() as cloud:
        child = await asyncio.create_subprocess_exec(
            *COMMAND, "setup", env=environment, cwd=tmp_path,
            stdin=terminal.theirs, stdout=terminal.theirs, stderr=terminal.theirs,
        )  # fmt: skip
        await terminal.answer("Kind of PBX", "office400")
        await terminal.answer("Host name or address of the MiVoice Office 400", "127.0.0.1")
        await terminal.answer("encrypted (TLS)? [no]", "")
        await terminal.answer("Port; empty for 7001", str(pbx.port))
        await terminal.answer("CloudLink's address", "http://cloudlink.example.com")
        await terminal.until("must begin with https://")
        await terminal.answer("CloudLink's address", cloud.url)
        await terminal.answer("Pairing code from the console:", "")
        await terminal.answer("An extension to try", "201")
        await terminal.until("Next: correct what failed")
        assert await asyncio.wait_for(child.wait(), 30) == 1
    terminal.close()
    assert "PBX monitor: a monitor on 201 has started" in terminal.said
    assert "this gateway is not paired" in terminal.said
    file = tmp_path / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert GatewaySettings(_env_file=file).csta_port == pbx.port


async def test_options_answer_where_there_is_nobody_to_ask(
    tmp_path: Path, pbx: CstaPeer, environment: dict[str, str]
) -> None:
    async def setup(*options: str) -> tuple[int | None, str]:
        child = await asyncio.create_subprocess_exec(
            *COMMAND, "--env-file", "my.env", "setup", *options, env=environment, cwd=tmp_path,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(child.communicate(), 30)
        return child.returncode, said.decode()

    code, said = await setup("--pbx", "office400")
    assert (code, "--host: This has to be answered." in said) == (2, True)
    assert not (tmp_path / "my.env").exists()
    options = (
        "--pbx",
        "office400",
        "--host",
        "127.0.0.1",
        "--port",
        str(pbx.port),
        "--cloudlink",
        "http://127.0.0.1:1",
    )
    code, said = await setup(*options, "--extension", "201")
    assert (code, "PBX monitor: a monitor on 201" in said) == (1, True)
    assert "CSTA_HOST=127.0.0.1\n" in (tmp_path / "my.env").read_text()
