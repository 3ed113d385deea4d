"""How long until a gateway has every monitor, and what it holds then: ``python -m benchmarks.monitors``.

Gateway and simulator are processes of their own, as an operator starts them. The simulator takes 5 ms for each request
(MonitorStart, SnapshotDevice and GetDoNotDisturb for each user) and wants a session, as a MiVoice MX-ONE does.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZES = (500, 1_000, 2_500, 5_000)
FIRST_EXTENSION = 20_000
ANSWER_MS = 5
SECONDS_BOUND = 30.0
MEMORY_BOUND_MB = 80
PATIENCE_S = 120.0

ROOT = Path(__file__).parents[1]


class Result(NamedTuple):
    """Seconds from the gateway's start, and MB when all are up: resident and at most; ``cpu`` are seconds of it."""

    seconds: float
    resident_mb: float
    peak_mb: float
    cpu: float


def run() -> None:
    """Measures and prints; the bounds are for the largest."""
    print(f"Monitors up, at {ANSWER_MS} ms for each request")
    print("     users   seconds   CPU seconds   resident MB   peak MB")
    for users in SIZES:
        result = measure(users)
        print(
            f"  {users:>8,}  {result.seconds:>8.1f}  {result.cpu:>12.1f}  {result.resident_mb:>12.0f}"
            f"  {result.peak_mb:>8.0f}",
            flush=True,
        )
    print(f"  at most {SECONDS_BOUND:.0f} s and {MEMORY_BOUND_MB} MB")
    if result.seconds > SECONDS_BOUND or result.peak_mb > MEMORY_BOUND_MB:
        sys.exit("too slow, or too large")


def measure(users: int) -> Result:
    """With so many users, from nothing."""
    pbx, status = _free_port(), _free_port()
    simulator = ["simulator", "--profile", "mxone", "--port", str(pbx), "--users", str(users)]
    simulator += ["--first-extension", str(FIRST_EXTENSION), "--answer-ms", str(ANSWER_MS)]
    with TemporaryDirectory() as folder, _process(simulator, {}) as running:
        while not _listens(pbx):
            _wait_a_little(running, time.perf_counter())
        settings = {
            "CSTA_PROFILE": "mxone",
            "CSTA_PORT": str(pbx),
            "CSTA_EXTENSIONS": ",".join(str(FIRST_EXTENSION + number) for number in range(users)),
            "GATEWAY_CLOUDLINK_URL": f"http://127.0.0.1:{_free_port()}",
            "GATEWAY_ID": "bench",
            "GATEWAY_KEY": "A" * 43,
            "GATEWAY_SPOOL": f"{folder}/spool.db",
            "GATEWAY_METRICS_PORT": str(status),
        }
        began = time.perf_counter()
        with _process(["gateway"], settings) as gateway:
            while _monitors(status) < users:
                _wait_a_little(gateway, began)
            seconds = time.perf_counter() - began
            return Result(seconds, *_memory_mb(gateway.pid), _cpu_seconds(gateway.pid))


def _monitors(port: int) -> int:
    """How many are running, and have been looked at."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/status")
        counters = json.loads(connection.getresponse().read())["counters"]
        return int(counters.get("monitors", 0)) - int(counters.get("monitors_unseen", 0))
    except OSError:
        return 0
    finally:
        connection.close()


@contextmanager
def _process(arguments: list[str], settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "LOG_LEVEL": "ERROR", **settings}
    command = [sys.executable, "app.py", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(PATIENCE_S)


def _wait_a_little(running: subprocess.Popen[bytes], began: float) -> None:
    if running.poll() is not None or time.perf_counter() - began > PATIENCE_S:
        raise RuntimeError("a process has ended, or the monitors do not come up")
    time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _memory_mb(pid: int) -> tuple[float, float]:
    """Resident now, and at most so far."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    now, most = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    run()
