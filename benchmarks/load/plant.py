"""The processes of a run, and what they take."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.bot.compare import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.load.companies import Company

ROOT = Path(__file__).parents[2]
_GUID = "00000000-0000-0000-0000-00000000b07a"
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Taken:
    """Processor seconds since a process began, and its resident memory in MB now."""

    seconds: float
    megabytes: float


@dataclass
class Plant:
    """A server on ``folder / "store.db"``, and a simulated PBX with its gateway for each company.

    What they log stands in ``folder``; so do the simulators' ledgers and, with ``tells_states``, what their telephones
    do. ``settings`` are further ones of the server.
    """

    folder: Path
    times: float
    settings: Mapping[str, str] = field(default_factory=dict)
    tells_states: bool = False
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.port = free_port()
        settings = {
            "APP_ID": _GUID,
            "APP_PASSWORD": "not-a-secret",
            "APP_TENANT_ID": _GUID,
            "PUBLIC_URL": "https://assistant.example.com",
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{self.folder / 'store.db'}",
            **self.settings,
        }
        self._start("server", ["serve"], settings)
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as ending:
            # Also when one of them does not end.
            for name in [*self.running]:
                ending.callback(self.end, name)

    def add(self, company: Company) -> None:
        """Its PBX and its gateway. The PBX begins to be busy at once."""
        name, port = company.pbx.value, free_port()
        options = {
            "--profile": name,
            "--port": str(port),
            "--users": str(company.users),
            "--first-extension": str(company.first_extension),
            "--bhcc": str(company.bhcc * self.times),
            "--pace": str(max(1.0, self.times)),
            "--ledger": str(self.ledger(company)),
        }
        if self.tells_states:
            options["--states"] = str(self.states(company))
        self._start(f"pbx {name}", ["simulator", *(word for pair in options.items() for word in pair)], {})
        listening(port)
        listening(self.port)
        settings = {
            "GATEWAY_CLOUDLINK_URL": f"http://127.0.0.1:{self.port}",
            "GATEWAY_ID": company.gateway_id,
            "GATEWAY_KEY": company.gateway_key,
            "GATEWAY_SPOOL": str(self.folder / f"{name}-spool.db"),
            "CSTA_PROFILE": name,
            "CSTA_HOST": "127.0.0.1",
            "CSTA_PORT": str(port),
        }
        self._start(f"gateway {name}", ["gateway"], settings)

    def ledger(self, company: Company) -> Path:
        """Where its simulator writes what it did."""
        return self.folder / f"{company.pbx.value}-ledger.jsonl"

    def states(self, company: Company) -> Path:
        """Where its simulator writes what each telephone does."""
        return self.folder / f"{company.pbx.value}-states.jsonl"

    def end(self, name: str) -> None:
        """Stops one, and waits for it. Raises ``TimeoutExpired`` when it had to be killed."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        finally:
            process.kill()

    def taken(self) -> dict[str, Taken]:
        """By the names of the processes. Raises ``RuntimeError`` when one has ended by itself."""
        found = {}
        for name, process in self.running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} has ended: see {self.folder}")
            found[name] = _taken(Path("/proc") / str(process.pid))
        return found

    def _start(self, name: str, arguments: Sequence[str], settings: Mapping[str, str]) -> None:
        environment = {**os.environ, "LOG_LEVEL": "WARNING", "GATEWAY_METRICS_PORT": "0", **settings}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py"), *arguments],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def listening(port: int) -> None:
    """Returns when something listens there. Raises ``TimeoutError``."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise TimeoutError(f"nothing listens on port {port}") from None
            time.sleep(0.05)
        else:
            return


def _taken(process: Path) -> Taken:
    # The name, in parentheses, may hold spaces; user and system time are fields 14 and 15.
    user, system = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
    resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return Taken((int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), resident / 1e6)
