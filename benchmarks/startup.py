"""How long until each process is ready, and what the server holds when idle: ``python -m benchmarks.startup``.

Everything is a process of its own, started as an operator starts it. The yardstick is a process that imports
botbuilder and ends.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROUNDS = 5
SERVE_BOUND = 1.5
"""Of the time that importing botbuilder takes."""
COMMAND_BOUND_S = 1.0
IDLE_BOUND_MB = 150
PATIENCE_S = 60.0

ROOT = Path(__file__).parents[1]
IMPORT_BOTBUILDER = ["-c", "import botbuilder.core, botbuilder.integration.aiohttp"]
SERVE = ["app.py", "serve"]
GATEWAY = ["app.py", "gateway"]
PACKAGE = ["app.py", "package"]

_GUID = "00000000-0000-0000-0000-00000000b07a"
_BOT = {
    "APP_ID": _GUID,
    "APP_PASSWORD": "not-a-secret",
    "APP_TENANT_ID": _GUID,
    "PUBLIC_URL": "https://assistant.example.com",
}
_APP = {
    **_BOT,
    "TEAMS_APP_ID": "00000000-0000-0000-0000-0000000000a9",
    "DEVELOPER_NAME": "Example",
    **dict.fromkeys(("WEBSITE_URL", "PRIVACY_URL", "TERMS_URL"), "https://www.example.com"),
}


def run() -> None:
    """Measures and prints."""
    with TemporaryDirectory() as folder:
        yardstick = _middle(lambda: _until_exit(IMPORT_BOTBUILDER, {}))
        first = _serve(Path(folder) / "first.db").ready
        starts = [_serve(Path(folder) / "first.db") for _ in range(ROUNDS)]
        package = _middle(lambda: _until_exit([*PACKAGE, "--output", f"{folder}/package.zip"], _APP))
        gateway = _middle(lambda: _gateway(folder))
    serve, opened, idle = (median(values) for values in zip(*starts, strict=True))
    print(f"Seconds until ready, median of {ROUNDS}")
    print(f"  importing botbuilder                 {yardstick:6.2f}")
    print(f"  serve                                {serve:6.2f}  ratio {serve / yardstick:.2f}, at most {SERVE_BOUND}")
    print(f"  serve, with console and API          {opened:6.2f}  ratio {opened / yardstick:.2f}")
    print(f"  serve, making its database           {first:6.2f}")
    print(f"  package                              {package:6.2f}  at most {COMMAND_BOUND_S}")
    print(f"  gateway                              {gateway:6.2f}  at most {COMMAND_BOUND_S}")
    print(f"  idle memory of serve, MB             {idle:6.0f}  at most {IDLE_BOUND_MB}")


def _middle(measure: Callable[[], float]) -> float:
    return median(measure() for _ in range(ROUNDS))


def _until_exit(arguments: list[str], settings: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


class Start(NamedTuple):
    """Seconds until ``/readyz`` answers 200 and until the console does; resident memory then, in MB."""

    ready: float
    opened: float
    idle_mb: float


def _serve(database: Path) -> Start:
    port = _free_port()
    settings = {**_BOT, "PORT": str(port), "DATABASE_URL": f"sqlite:///{database}"}
    began = time.perf_counter()
    with _process(SERVE, settings) as running:
        while not _answers(port, "/readyz"):
            _wait_a_little(running, began)
        ready = time.perf_counter() - began
        if not _answers(port, "/console/sign-in"):
            raise RuntimeError("there is no console")
        return Start(ready, time.perf_counter() - began, _resident_mb(running.pid))


def _gateway(folder: str) -> float:
    """Seconds until the gateway calls the PBX."""
    with socket.create_server(("127.0.0.1", 0)) as pbx:
        pbx.settimeout(PATIENCE_S)
        settings = {
            "CSTA_HOST": "127.0.0.1",
            "CSTA_PORT": str(pbx.getsockname()[1]),
            "CSTA_EXTENSIONS": "201",
            "GATEWAY_CLOUDLINK_URL": f"http://127.0.0.1:{_free_port()}",
            "GATEWAY_ID": "bench",
            "GATEWAY_KEY": "A" * 43,
            "GATEWAY_SPOOL": f"{folder}/spool.db",
        }
        began = time.perf_counter()
        with _process(GATEWAY, settings):
            connection, _ = pbx.accept()
            ready = time.perf_counter() - began
            connection.close()
        return ready


@contextmanager
def _process(arguments: list[str], settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "LOG_LEVEL": "ERROR", **settings}
    running = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(PATIENCE_S)


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _wait_a_little(running: subprocess.Popen[bytes], began: float) -> None:
    if running.poll() is not None or time.perf_counter() - began > PATIENCE_S:
        raise RuntimeError("the server does not get ready")
    time.sleep(0.005)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    (resident,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(resident) / 1024


if __name__ == "__main__":
    run()
