"""Users per second by SCIM, beside scim2-server's own server in memory: ``python -m benchmarks.scim``.

5,000 users are made, then synchronised anew (each looked for by ``userName`` and patched), then 500 are changed. Every
patch changes something. The client is the same for each server, asks ``CONCURRENCY`` users at once and takes its
share of the machine, so the ratio is what counts. Ours is a process with its database on disk, checks the secret,
writes each change with its audit entry and events, and answers each patch with the resource; ``scim2-server`` is
started as its authors ship it; the same core behind aiohttp is the harder peer, and keeps a fifth of the users.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import aiohttp
import aiohttp.web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Executable

USERS = 5_000
CHANGED = 500
CONCURRENCY = 16
BOUND = 1.0
"""Of the users per second that ``scim2-server`` serves."""
PATIENCE_S = 30.0

ROOT = Path(__file__).parents[1]
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_PHASES = ("made", "synchronised", "changed")


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to start. ``arguments`` follow the interpreter; ``{port}`` and ``{folder}`` are filled in."""

    name: str
    arguments: Sequence[str]
    path: str
    users: int = USERS


PEERS = (
    Peer("ours, durable", ("-m", "benchmarks.scim", "ours", "{port}", "{folder}"), "/scim/v2/bench"),
    Peer(
        "scim2-server, in memory",
        ("-m", "scim2_server.testserver.cli", "--port", "{port}", "--bearer-token", "bench"),
        "/v2",
    ),
    Peer(
        "its core behind aiohttp, in memory", ("-m", "benchmarks.scim", "core", "{port}", "{folder}"), "/v2", USERS // 5
    ),
)


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one phase: users per second, and what each took of the server's processor, which other load disturbs less."""

    users: float
    milliseconds: float


def run() -> None:
    """Measures and prints."""
    speeds = {peer.name: _measured(peer) for peer in PEERS}
    ours, peer, _ = (speeds[one.name] for one in PEERS)
    print(f"SCIM, users per second, {USERS:,} made and synchronised, {CHANGED} changed, {CONCURRENCY} at once")
    print(f"  {'(milliseconds of the server)':36}" + "".join(f"{phase:>18}" for phase in _PHASES))
    for name, phases in speeds.items():
        print(f"  {name:36}" + "".join(f"{one.users:>9,.0f} ({one.milliseconds:4.1f} ms)" for one in phases))
    ratios = [mine.users / theirs.users for mine, theirs in zip(ours, peer, strict=True)]
    print(f"  {'ratio to scim2-server':36}" + "".join(f"{ratio:>18.2f}" for ratio in ratios) + f"  at least {BOUND}")


def _measured(peer: Peer) -> Sequence[Speed]:
    port = _free_port()
    with TemporaryDirectory() as folder:
        arguments = [argument.format(port=port, folder=folder) for argument in peer.arguments]
        with _process(arguments) as running:
            return asyncio.run(_phases(f"http://127.0.0.1:{port}{peer.path}", peer.users, running.pid))


@contextmanager
def _process(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _phases(url: str, users: int, server: int) -> Sequence[Speed]:
    headers = {"Authorization": "Bearer bench", "Content-Type": "application/scim+json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        await _until_ready(session, url)

        async def make(number: int) -> None:
            await _asked(session, "POST", f"{url}/Users", json=_user(number))

        async def look_and_patch(number: int) -> None:
            query = {"filter": f'userName eq "user{number}@example.com"'}
            found = await _asked(session, "GET", f"{url}/Users", params=query)
            (user,) = found["Resources"]
            department = f"{user[_ENTERPRISE]['department']} {number}"
            await _asked(session, "PATCH", f"{url}/Users/{user['id']}", json=_patch(number, department))

        phases = ((make, users), (look_and_patch, users), (look_and_patch, CHANGED))
        return [await _speed(work, count, server) for work, count in phases]


async def _speed(work: Callable[[int], Awaitable[None]], count: int, server: int) -> Speed:
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    began, used = time.perf_counter(), _processor_s(server)
    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return Speed(count / (time.perf_counter() - began), (_processor_s(server) - used) / count * 1e3)


def _processor_s(pid: int) -> float:
    """User and system time, fields 14 and 15; the second one is a name in parentheses."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _asked(session: aiohttp.ClientSession, method: str, url: str, **given: Any) -> Any:
    async with session.request(method, url, **given) as response:
        assert response.status in {200, 201, 204}, await response.text()
        return await response.json(content_type=None) if response.status != 204 else None


async def _until_ready(session: aiohttp.ClientSession, url: str) -> None:
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_S:
        try:
            async with session.get(f"{url}/ServiceProviderConfig") as response:
                if response.status == 200:
                    return
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)
    raise RuntimeError("the server does not get ready")


def _user(number: int) -> dict[str, Any]:
    """As Entra ID sends one by its default mapping."""
    return {
        "schemas": [_USER, _ENTERPRISE],
        "externalId": f"entra-{number}",
        "userName": f"user{number}@example.com",
        "active": True,
        "displayName": f"User {number}",
        "emails": [{"primary": True, "type": "work", "value": f"user{number}@example.com"}],
        "name": {"formatted": f"User {number}", "givenName": "User", "familyName": str(number)},
        "phoneNumbers": [{"type": "mobile", "value": f"+336399{number:05}"}],
        "title": "Clerk",
        _ENTERPRISE: {"department": "Sales", "employeeNumber": str(number)},
    }


def _patch(number: int, department: str) -> dict[str, Any]:
    operations = [
        {"op": "Replace", "path": "displayName", "value": department},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": f"user{number}@example.com"},
        {"op": "Replace", "path": f"{_ENTERPRISE}:department", "value": department},
    ]
    return {"schemas": [_PATCH], "Operations": operations}


def _on_the_servers_loop(serving: Coroutine[Any, Any, None]) -> None:
    from composition.event_loop import new_event_loop

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serving)


async def _serve_ours(port: int, folder: str) -> None:
    from sqlalchemy import insert

    from cloudlink.administration.integrations import IntegrationKind
    from cloudlink.service.administration.users import inviting
    from cloudlink.service.scim.routes import add_scim
    from store.clock import utc_now
    from store.database import open_database
    from store.directory import hash_key
    from store.outbox import Outbox
    from store.schema import accounts, integrations, scim_tokens
    from store.vault import Vault, new_key

    database = await open_database(f"sqlite:///{folder}/bench.db")
    now = utc_now()
    account = {
        "account_id": "bench", "name": "Bench", "language_code": "fr-FR", "time_zone": "Europe/Paris", "active": True,
        "dialing": {}, "created_on": now,
    }  # fmt: skip
    # Companies that synchronise sign in there too: else a welcome mail for each user would be part of it.
    integrated = [
        {
            "account_id": "bench", "kind": kind.value, "enabled": True, "configuration": {}, "created_on": now,
            "modified_on": now,
        }
        for kind in (IntegrationKind.ENTRA_SYNC, IntegrationKind.ENTRA_SSO)
    ]  # fmt: skip
    token = {"token_hash": hash_key("bench"), "account_id": "bench", "token_id": "bench", "created_on": now}
    for table, row in ((accounts, account), *((integrations, row) for row in integrated), (scim_tokens, token)):
        await database.write(partial(_insert, insert(table), row))
    app = aiohttp.web.Application()
    url = f"http://127.0.0.1:{port}"
    add_scim(app, database, Outbox(database), invite=inviting(Vault([new_key()]), url), public_url=url, now=utc_now)
    await _listen(app, port)


def _insert(statement: Executable, row: Mapping[str, Any], connection: Connection) -> None:
    connection.execute(statement, row)


async def _serve_core(port: int) -> None:
    from scim2_models import SCIMException
    from scim2_server.handler import AsyncScimHandler
    from scim2_server.memory import AsyncInMemoryStorage
    from scim2_server.requests import ScimRequest
    from scim2_server.service import ScimService
    from scim2_server.utils import load_default_provider

    service = ScimService(load_default_provider())
    handler = AsyncScimHandler(service, AsyncInMemoryStorage())
    base = f"http://127.0.0.1:{port}/v2"

    async def answer(request: aiohttp.web.Request) -> aiohttp.web.Response:
        path, body = request.match_info["path"], await request.read()
        asked = ScimRequest(request.method, base, path, request.query, request.headers, body)
        try:
            answered = await handler.handle(asked)
        except SCIMException as refusal:
            answered = service.error_response(refusal)
        return aiohttp.web.Response(
            body=json.dumps(answered.body).encode(), status=answered.status, headers=answered.headers
        )

    app = aiohttp.web.Application()
    app.router.add_route("*", "/v2{path:.*}", answer)
    await _listen(app, port)


async def _listen(app: aiohttp.web.Application, port: int) -> None:
    runner = aiohttp.web.AppRunner(app, access_log=None)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ours", port, folder]:
            _on_the_servers_loop(_serve_ours(int(port), folder))
        case ["core", port, _]:
            _on_the_servers_loop(_serve_core(int(port)))
        case _:
            run()
