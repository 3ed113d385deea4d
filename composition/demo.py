"""Everything on one machine: server, gateway, simulator and Agents Playground, with a demo account.

The gateway, the simulator and the Playground are processes of their own, as they are in a company. With ``CSTA_HOST``
or ``CSTA_PORT`` set, the gateway connects to that PBX and no simulator is started.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_settings import BaseSettings, SettingsConfigDict

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.gateways import PbxModel
from cloudlink.model import DialSettings, Role
from cloudlink.service.provision import Provisioning, known_as
from composition import playground
from composition.processes import Processes
from composition.server import Server
from composition.settings import LOOPBACK_HOSTS, ServerSettings, SettingsError, load_settings

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

ROOT = Path(__file__).parents[1]
LOGS = ROOT / "var" / "log"

EMAIL = "front.desk@example.com"
PARTNER_EMAIL = "partner@example.com"
ADMIN_EMAIL = "admin@example.com"
PASSWORD = "telephone-demo"  # noqa: S105 - the README names it; the demo serves this machine alone
EXTENSIONS = {"201": "Front Desk", "202": "Warehouse", "203": "Workshop", "204": "Sales"}
GATEWAY_ID = "00000000-0000-4000-8000-0000000000aa"
CSTA_PORT = 7001
BHCC = 120


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the demo listens: the bot, the Playground, and the simulated PBX unless another one is set."""

    server: int
    playground: int = playground.PORT
    csta: int | None = CSTA_PORT


async def demo(settings: ServerSettings, stop: asyncio.Event) -> None:
    """Runs until ``stop``. Raises ``SettingsError`` when something is missing, a port is taken or a process ends."""
    settings = _own_database(settings)
    addresses = Addresses(settings.port, _playground_port(), csta=None if _another_pbx() else CSTA_PORT)
    _check_ports(settings, addresses)
    endpoint = f"http://127.0.0.1:{settings.port}/api/messages"
    teams = playground.command(ROOT, endpoint, addresses.playground)
    LOGS.mkdir(parents=True, exist_ok=True)
    async with Server(settings, unauthenticated=True) as server, Processes() as processes:
        key = await _demo_account(server.provisioning)
        if addresses.csta is not None:
            await _start(processes, "simulator", _simulator(addresses.csta), os.environ, Path.cwd())
        gateway = [*_python(), "gateway"]
        await _start(processes, "gateway", gateway, _gateway_environment(addresses, key), Path.cwd())
        # It writes a folder of logs wherever it starts.
        await _start(processes, "playground", teams, playground.environment(), LOGS)
        if await _goes_well(processes, stop, playground.wait_until_ready(addresses.playground)):
            print(_welcome(addresses), flush=True)
            await _goes_well(processes, stop, stop.wait())
        print("Stopping ...", flush=True)


def _own_database(settings: ServerSettings) -> ServerSettings:
    """Unless one is set, not the one of ``serve``: the demo's people have a password that everybody can read."""
    if "database_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"database_url": f"sqlite:///{ROOT / 'var' / 'demo.db'}"})


class _Pbx(BaseSettings):
    """Where the gateway's own settings say that the PBX is, if they say so."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    csta_host: str | None = None
    csta_port: str | None = None


def _another_pbx() -> bool:
    return bool(load_settings(_Pbx).model_fields_set)


def _check_ports(settings: ServerSettings, addresses: Addresses) -> None:
    if settings.host not in LOOPBACK_HOSTS:
        raise SettingsError("HOST: the demo serves this machine alone. It should hold 127.0.0.1.")
    wanted = {"Mitel Assistant (PORT)": addresses.server}
    if addresses.csta is not None:
        wanted["the simulated PBX"] = addresses.csta
    taken = [f"port {port} for {name}" for name, port in wanted.items() if _taken(port)]
    if taken:
        raise SettingsError("in use by another program: " + ", ".join(taken) + ". Stop that program and try again.")


def _playground_port() -> int:
    """The Playground's usual one, unless it is taken: it lies where systems find ports for outgoing connections."""
    if not _taken(playground.PORT):
        return playground.PORT
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


async def _demo_account(provisioning: Provisioning) -> str:
    """Makes the demo's people when they are not there yet; answers a fresh key for its gateway."""
    partner = await provisioning.ensure_account(
        NewAccount("Demo Partner", language_code="en-GB", time_zone="Europe/Paris", partner=True)
    )
    administrator = known_as("Demo Partner", PARTNER_EMAIL, password=PASSWORD, role=Role.PARTNER_ADMIN)
    await provisioning.ensure_user(partner.account_id, administrator)
    dialing = DialSettings(region="FR", barred_prefixes=("+33899",))
    account = await provisioning.ensure_account(
        NewAccount(
            "Demo",
            language_code="en-GB",
            time_zone="Europe/Paris",
            dialing=dialing,
            partner_id=partner.account_id,
        )
    )
    administrator = known_as("Demo Administrator", ADMIN_EMAIL, password=PASSWORD, role=Role.ACCOUNT_ADMIN)
    await provisioning.ensure_user(account.account_id, administrator)
    for extension, name in EXTENSIONS.items():
        email = f"{name.lower().replace(' ', '.')}@example.com"
        new = known_as(name=name, email=email, extension=extension, password=PASSWORD)
        await provisioning.ensure_user(account.account_id, new)
    pbx = PbxModel.OFFICE_400
    return await provisioning.issue_gateway_key(account.account_id, GATEWAY_ID, name="Demo gateway", pbx=pbx)


def _python() -> list[str]:
    return [sys.executable, str(ROOT / "app.py")]


def _simulator(port: int) -> list[str]:
    options = {"port": port, "extensions": ",".join(EXTENSIONS), "script": "demo", "bhcc": BHCC}
    return [*_python(), "simulator", *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


def _gateway_environment(addresses: Addresses, key: str) -> dict[str, str]:
    """Where CloudLink is, the demo knows; where the PBX is, only if it is the simulated one."""
    simulated = {} if addresses.csta is None else {"CSTA_HOST": "127.0.0.1", "CSTA_PORT": str(addresses.csta)}
    return {
        **os.environ,
        **simulated,
        "GATEWAY_CLOUDLINK_URL": f"http://127.0.0.1:{addresses.server}",
        "GATEWAY_ID": GATEWAY_ID,
        "GATEWAY_KEY": key,
        "GATEWAY_SPOOL": str(ROOT / "var" / "demo-spool.db"),
    }


async def _start(
    processes: Processes, name: str, command: list[str], environment: Mapping[str, str], folder: Path
) -> None:
    await processes.start(name, command, environment=environment, folder=folder, log=LOGS / f"{name}.log")


async def _goes_well(processes: Processes, stop: asyncio.Event, work: Coroutine[Any, Any, object]) -> bool:
    """Does ``work``; ``False`` when told to stop meanwhile. Raises ``SettingsError`` when a process ends or is slow."""
    working, told = asyncio.create_task(work), asyncio.create_task(stop.wait())
    broken = asyncio.create_task(processes.first_to_end())
    try:
        await asyncio.wait({working, told, broken}, return_when=asyncio.FIRST_COMPLETED)
        if broken.done() and not told.done():
            name = broken.result()
            raise SettingsError(f"the {name} has ended by itself; {LOGS / f'{name}.log'} says why")
        if working.done():
            working.result()
    except TimeoutError:
        raise SettingsError(f"the playground does not get ready; {LOGS / 'playground.log'} may say why") from None
    finally:
        for task in (working, told, broken):
            task.cancel()
        await asyncio.gather(working, told, broken, return_exceptions=True)
    return not stop.is_set()


def _welcome(addresses: Addresses) -> str:
    pbx = f"127.0.0.1:{addresses.csta}, simulated (CSTA III)" if addresses.csta else "as CSTA_HOST and CSTA_PORT say"
    return f"""
Mitel Assistant is running on this machine.

  Open        http://127.0.0.1:{addresses.playground}        Agents Playground, which plays Microsoft Teams
  Then write  call log
  Sign in as  {EMAIL}   password  {PASSWORD}

  Console     http://127.0.0.1:{addresses.server}/console        accounts and users; sign in as
              {PARTNER_EMAIL}   password  {PASSWORD}
              {ADMIN_EMAIL}     of the customer Demo alone

  Bot         http://127.0.0.1:{addresses.server}/api/messages   health: /healthz, /readyz
  PBX         {pbx}
  Logs        {LOGS}

Ctrl-C stops it.
"""
