"""The call log as a tab: ``python -m benchmarks.tabs``.

A server of its own answers the pages of a user with 5,000 calls, in a store that holds 1 million; each page is HTML
with 50 calls and their links. Then 200 call logs are open at once and wait for new calls. A browser scrolls through a
call log of 10,000 rows; 10,000 calls are hidden, and shown again. Last, what a browser inside Teams loads of scripts,
compressed as a proxy would.
"""

from __future__ import annotations

import asyncio
import gzip
import re
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aiohttp import ClientSession, TCPConnector, web

from benchmarks.bot.compare import free_port, listening, process
from benchmarks.call_log import Store, filled
from benchmarks.long_log import hiding, scrolling
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.administration.gateway_links import StoredLinks
from cloudlink.service.administration.own_reports import OwnReportService
from cloudlink.service.administration.report_mail import ReportMail
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.provision import Provisioning, known_as
from composition.event_loop import new_event_loop
from composition.heap import settle
from reporting.desk import Desk
from reporting.errors import RecentErrors
from store.database import open_database
from store.outbox import Outbox
from store.vault import Vault, new_key
from tabs.personal import add_personal_tabs
from tabs.static_files import static_routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import User
    from store.database import Database

CALLS = 1_000_000
PAGES = 1_000
PAGE_BOUND_MS = 20
"""At p99."""
STREAMS = 200
STREAMS_BOUND_MB = 50
SCRIPT_BOUND_KB = 200
# Open call logs of one person; calls on a page; pages that fill caches and make the links of their calls.
_OF_ONE = 10
_ROWS = 50
_WARM = 20
_STATIC = Path(__file__).parents[1] / "tabs" / "static"
_IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'`]\./([\w-]+\.js)["'`]""")


async def measure() -> None:
    """Prints the times and sizes."""
    with TemporaryDirectory(prefix="tabs-") as folder:
        path = Path(folder) / "store.db"
        store = await filled(path, CALLS)
        people = [await _person(store, number) for number in range(STREAMS // _OF_ONE)]
        reader, owner, *watchers = [await _bearer(store, user) for user in (store.one, store.other, *people)]
        await store.database.close()
        port = free_port()
        with process("benchmarks.tabs", str(port), str(path)) as server:
            await listening(port)
            async with ClientSession(f"http://127.0.0.1:{port}", connector=TCPConnector(limit=0)) as http:
                await _pages(http, reader)
                await _streams(http, watchers, server.pid)
                await hiding(http, owner)
            await scrolling(f"http://127.0.0.1:{port}/tabs/calls", owner)
    _scripts()


async def _person(store: Store, number: int) -> User:
    new = known_as(f"Person {number}", f"person-{number}@example.com", str(1000 + number))
    return await Provisioning(store.database, Outbox(store.database)).create_user(store.one.account_id, new)


async def _bearer(store: Store, user: User) -> dict[str, str]:
    """The header of a page inside Teams."""
    sessions = SessionStore(store.database)
    secret = await sessions.open(user.principal, SessionKind.TEAMS, AuthProvider.ENTRA, address="127.0.0.1")
    return {"Authorization": f"Bearer {secret}"}


async def _pages(http: ClientSession, bearer: dict[str, str]) -> None:
    times = []
    for _ in range(PAGES + _WARM):
        began = time.perf_counter()
        async with http.get("/tabs/calls", headers=bearer) as answer:
            if (await answer.text()).count("data-call=") != _ROWS:
                raise RuntimeError("not a page of calls")
        times.append(time.perf_counter() - began)
    hundredths = quantiles(times[_WARM:], n=100)
    print(f"page of {_ROWS} calls, {CALLS:,} in the store")
    print(f"  p50 {hundredths[49] * 1000:.1f} ms, p99 {hundredths[98] * 1000:.1f} ms, at most {PAGE_BOUND_MS}")


async def _streams(http: ClientSession, bearers: list[dict[str, str]], pid: int) -> None:
    before = _resident_mb(pid)
    async with AsyncExitStack() as open_:
        for bearer in bearers * _OF_ONE:
            stream = await open_.enter_async_context(http.get("/tabs/calls/events", headers=bearer))
            stream.raise_for_status()
            await stream.content.readuntil(b"\n\n")
        more = _resident_mb(pid) - before
    print(f"{STREAMS} open call logs: {more:.1f} MB more, at most {STREAMS_BOUND_MB}")


def _resident_mb(pid: int) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _scripts() -> None:
    loaded, found = ["personal.js"], {"personal.js"}
    for name in loaded:
        new = set(_IMPORTED.findall((_STATIC / name).read_text("utf-8"))) - found
        loaded += new
        found |= new
    size = sum(len(gzip.compress((_STATIC / name).read_bytes())) for name in loaded) / 1000
    print(f"scripts inside Teams: {size:.0f} KB compressed in {len(loaded)} files, at most {SCRIPT_BOUND_KB}")


def _desk(database: Database, outbox: Outbox) -> Desk:
    reports = OwnReportService(database, outbox, ReportMail(Vault([new_key()])))
    return Desk(reports, EmbeddedCloudLink(database), RecentErrors(), "benchmark", StoredLinks(database))


async def serve(port: int, path: Path) -> None:
    """The tabs on a database that is there."""
    await tabs_on(await open_database(f"sqlite:///{path}"), port)


async def tabs_on(database: Database, port: int, routes: Sequence[web.RouteDef] = ()) -> None:
    """Serves the tabs, their scripts and other ``routes``, until cancelled."""
    app = web.Application()
    app.add_routes([*static_routes(), *routes])
    outbox = Outbox(database)
    live = add_personal_tabs(
        app,
        EmbeddedCloudLink(database),
        SessionStore(database),
        database,
        outbox,
        _desk(database, outbox),
        public_url=f"http://127.0.0.1:{port}",
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    settle()
    await live.run()


def main() -> None:
    """Measures; with a port and a database, serves until it is stopped."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        match sys.argv[1:]:
            case [port, path]:
                runner.run(serve(int(port), Path(path)))
            case _:
                runner.run(measure())


if __name__ == "__main__":
    main()
