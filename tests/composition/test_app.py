"""The command line as a user meets it: what it says, what it exits with, and that Ctrl-C leaves nothing running."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import ClientConnectorError, ClientSession

from composition import playground
from composition.demo import CSTA_PORT
from composition.settings import ServerSettings

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, str(ROOT / "app.py")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell's, without any setting of ours but a database of this test."""
    ours = {name.upper() for name in ServerSettings.model_fields} | {"CSTA_HOST", "CSTA_PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.db'}"}


def run(arguments: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_stranger_finds_every_command(environment: dict[str, str], tmp_path: Path) -> None:
    said = run(["--help"], environment, tmp_path)
    assert said.returncode == 0
    for command in ("serve", "demo", "gateway", "simulator", "package", "account", "user", "gateway-key", "settings"):
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
        ("DATABASE_URL", "postgresql://localhost/x", "DATABASE_URL: "),
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


async def test_the_demo_starts_everything_and_ctrl_c_stops_it_all(environment: dict[str, str], tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        *COMMAND, "demo", env=environment, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert demo.stdout is not None
    said = (await asyncio.wait_for(demo.stdout.readuntil(b"Ctrl-C stops it."), 60)).decode()
    assert "front.desk@example.com" in said
    addresses = [f"http://127.0.0.1:{playground.PORT}/", "http://127.0.0.1:3978/healthz"]
    async with ClientSession() as http:
        for address in addresses:
            assert address.removesuffix("/").removesuffix("healthz") in said
            async with http.get(address) as answer:
                assert answer.status == 200
        demo.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo.wait(), 30) == 0
        for address in [*addresses, f"http://127.0.0.1:{CSTA_PORT}/"]:
            with pytest.raises(ClientConnectorError):
                await http.get(address)
