"""The command line as a user meets it: what it says, what it exits with, and that Ctrl-C leaves nothing running."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientConnectorError, ClientSession, CookieJar

from composition import playground
from composition.demo import CSTA_PORT
from composition.settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
COMMAND = [sys.executable, str(ROOT / "app.py")]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A shell's, without any setting of ours but a database of this test.

    One test at a time has it, whatever runs beside: the demo's ports are always the same.
    """
    ours = {name.upper() for name in ServerSettings.model_fields} | {"CSTA_HOST", "CSTA_PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    with (Path(gettempdir()) / "mitel-assistant-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield {**kept, "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.db'}"}


def run(arguments: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_stranger_finds_every_command(environment: dict[str, str], tmp_path: Path) -> None:
    said = run(["--help"], environment, tmp_path)
    assert said.returncode == 0
    for command in (
        "serve",
        "demo",
        "gateway",
        "simulator",
        "package",
        "account",
        "user",
        "gateway-key",
        "backup",
        "restore",
        "settings",
    ):
        assert command in said.stdout
    assert "make run" in said.stdout


def test_serve_without_credentials_says_what_is_missing(environment: dict[str, str], tmp_path: Path) -> None:
    said = run(["serve"], environment, tmp_path)
    assert said.returncode == 2
    for variable in ("APP_ID", "APP_PASSWORD", "APP_TENANT_ID"):
        assert f"{variable}: " in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("PUBLIC_URL", "https://assistant.example.com", "PUBLIC_URL: "),
        ("HOST", "0.0.0.0", "HOST: "),  # noqa: S104 - that it is refused is the point
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL: "),
        ("DATABASE_URL", f"sqlite:///{__file__}", "DATABASE_URL: "),
        ("PATH", "", "Node is missing"),
    ],
)
def test_the_demo_refuses_what_it_cannot_serve_and_names_it(
    environment: dict[str, str], tmp_path: Path, setting: str, value: str, told: str
) -> None:
    said = run(["demo"], {**environment, setting: value}, tmp_path)
    assert said.returncode == 2
    assert told in said.stderr
    assert "Traceback" not in said.stderr


def test_the_gateway_names_a_spool_that_it_cannot_use(environment: dict[str, str], tmp_path: Path) -> None:
    spool = tmp_path / "spool.db"
    spool.write_text("This is no database, only a long enough text to be taken for none by whoever opens it. " * 20)
    gateway = {"GATEWAY_ID": "g", "GATEWAY_KEY": "A" * 43, "GATEWAY_SPOOL": str(spool)}
    said = run(["gateway"], {**environment, **gateway}, tmp_path)
    assert said.returncode == 2
    assert "GATEWAY_SPOOL: " in said.stderr
    assert "Traceback" not in said.stderr


def test_a_taken_port_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = run(["demo"], {**environment, "PORT": str(port)}, tmp_path)
    assert said.returncode == 2
    assert f"port {port} for Mitel Assistant (PORT)" in said.stderr


def test_the_port_of_another_program_is_named_by_the_simulator_too(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = run(["simulator", "--port", str(other.getsockname()[1])], environment, tmp_path)
    assert said.returncode == 2
    assert "in use" in said.stderr


@asynccontextmanager
async def demo(environment: dict[str, str], folder: Path, how_it_ends: signal.Signals) -> AsyncIterator[str]:
    """What the running demo has said. Leaving the block stops it, after which nothing may listen any more."""
    child = await asyncio.create_subprocess_exec(
        *COMMAND, "demo", env=environment, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    said = (await asyncio.wait_for(child.stdout.readuntil(b"Ctrl-C stops it."), 60)).decode()
    yield said
    child.send_signal(how_it_ends)
    assert await asyncio.wait_for(child.wait(), 30) == 0
    async with ClientSession() as http:
        for url in (playground_in(said), "http://127.0.0.1:3978/", f"http://127.0.0.1:{CSTA_PORT}/"):
            with pytest.raises(ClientConnectorError):
                await http.get(url)


def playground_in(said: str) -> str:
    """Its address, which is another one when its usual port is taken."""
    told = re.search(r"Open +(http://127\.0\.0\.1:\d+)", said)
    assert told
    return told[1]


async def sign_in_to_the_console(http: ClientSession, said: str) -> None:
    """As the partner whom the demo and the README name, who then sees the demo's customer."""
    console = re.search(r"http://[\d.:]+/console", said)
    partner = re.search(r"sign in as\n +(\S+@example.com)   password  (\S+)\n", said)
    assert console
    assert partner
    assert f"`{partner[1]}`" in README.read_text("utf-8")
    async with http.get(console[0]) as response:
        form = await response.text()
    proof = re.search(r'name="proof" value="([^"]+)"', form)
    assert proof
    fields = {"proof": proof[1], "email": partner[1], "password": partner[2]}
    async with http.post(f"{console[0]}/sign-in?next=/console/accounts", data=fields) as response:
        page = await response.text()
    assert (response.url.path, ">Demo</a>" in page) == ("/console/accounts", True)


async def test_the_demo_starts_everything_and_ctrl_c_stops_it_all(environment: dict[str, str], tmp_path: Path) -> None:
    jar = CookieJar(unsafe=True)
    async with demo(environment, tmp_path, signal.SIGINT) as said, ClientSession(cookie_jar=jar) as http:
        assert "front.desk@example.com" in said
        await sign_in_to_the_console(http, said)
        assert "http://127.0.0.1:3978" in said
        for url in (playground_in(said), "http://127.0.0.1:3978/healthz"):
            async with http.get(url) as answer:
                assert answer.status == 200
        socket.create_connection(("127.0.0.1", CSTA_PORT)).close()


async def test_the_playground_makes_way_for_whoever_has_its_port(environment: dict[str, str], tmp_path: Path) -> None:
    with ExitStack() as held:
        # Should somebody else have it already, that serves as well.
        with suppress(OSError):
            held.enter_context(socket.create_server(("127.0.0.1", playground.PORT)))
        async with demo(environment, tmp_path, signal.SIGINT) as said, ClientSession() as http:
            assert not playground_in(said).endswith(f":{playground.PORT}")
            async with http.get(playground_in(said)) as answer:
                assert answer.status == 200


async def test_another_pbx_takes_the_simulators_place_and_a_closed_terminal_stops_it_all(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CSTA_HOST=127.0.0.1\nCSTA_PORT=9\n")
    async with demo(environment, tmp_path, signal.SIGHUP) as said:
        assert "as CSTA_HOST and CSTA_PORT say" in said
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", CSTA_PORT))


def test_the_demo_says_which_process_has_ended(environment: dict[str, str], tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\nexit 1\n")
    node.chmod(0o755)
    said = run(["demo"], {**environment, "PATH": f"{tmp_path}:{environment['PATH']}"}, tmp_path)
    assert said.returncode == 2
    assert "the playground has ended by itself" in said.stderr
    assert "playground.log" in said.stderr
