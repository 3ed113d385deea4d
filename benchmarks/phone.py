"""How long a telephone waits for a tab: ``python -m benchmarks.phone``.

Chromium plays a mid-range telephone as Lighthouse does ("mobile": a processor 4 times slower, 150 ms for each round
trip, 1.6 Mbit/s), with nothing kept from earlier visits. Teams' own time is left out: the clock starts when the frame
asks for the tab and stops when the first call stands there, the page has been drawn and its buttons listen.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aiohttp import web

from benchmarks.bot.compare import free_port, listening, process
from benchmarks.call_log import filled
from benchmarks.tabs import tabs_on
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.identity.sessions import SessionStore
from store.database import open_database
from store.directory import Directory
from tests.browser import chromium
from tests.teams_client import Client, framed

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Frame

CALLS = 10_000
VISITS = 9
BOUND_S = 1.5
"""In the median."""
SLOWER = 4
ROUND_TRIP_MS = 150
BYTES_PER_S = 1_600_000 / 8
# Comes before the tab's own scripts: a promise of the moment, in ms, at which the list has been drawn.
_WATCH = """globalThis.interactive = new Promise((resolve) => {
  const drawn = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  new MutationObserver((_, self) => {
    if (document.querySelector("ol.calls > li")) { self.disconnect(); drawn(); }
  }).observe(document, { childList: true, subtree: true });
});"""


async def measure() -> None:
    """Prints the median and the longest of some visits. Raises ``SystemExit`` when the bound is missed."""
    with TemporaryDirectory(prefix="phone-") as folder:
        path = Path(folder) / "store.db"
        store = await filled(path, CALLS)
        await store.database.close()
        port = free_port()
        with process("benchmarks.phone", str(port), str(path)):
            await listening(port)
            # Teams' page and the tab in one process, so that one session of the debugger slows both.
            one_process = "--disable-features=LocalNetworkAccessChecks,IsolateOrigins,site-per-process"
            async with chromium(one_process, "--disable-site-isolation-trials") as browser:
                waits = [await _visit(browser, f"http://127.0.0.1:{port}/tabs/teams/calls") for _ in range(VISITS)]
    print(f"call log on a telephone: {median(waits):.2f} s, at most {max(waits):.2f} s of {VISITS}, bound {BOUND_S} s")
    if median(waits) > BOUND_S:
        raise SystemExit("a bound is missed")


async def _visit(browser: Browser, tab_url: str) -> float:
    """Seconds."""
    context = await browser.new_context(viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True)
    try:
        page = await context.new_page()
        await page.add_init_script(_WATCH)
        await _slow_down(await context.new_cdp_session(page))
        frame = await framed(page, tab_url, told=Client(client_type="android"), size=(390, 780))
        return await _interactive(frame)
    finally:
        await context.close()


async def _slow_down(debugger: CDPSession) -> None:
    await debugger.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await debugger.send("Network.enable")
    network = {
        "offline": False,
        "latency": ROUND_TRIP_MS,
        "downloadThroughput": BYTES_PER_S,
        "uploadThroughput": BYTES_PER_S / 2,
    }
    await debugger.send("Network.emulateNetworkConditions", network)


async def _interactive(frame: Frame) -> float:
    async with asyncio.timeout(30):
        milliseconds: float = await frame.evaluate("globalThis.interactive")
    return milliseconds / 1000


async def serve(port: int, path: Path) -> None:
    """The tabs on a database that is there, for its first user, whom any token of Teams names."""
    database = await open_database(f"sqlite:///{path}")
    sessions = SessionStore(database)
    ((one, _),) = await Directory(database).users_by_email("one@example.com")

    async def exchange(_: web.Request) -> web.Response:
        secret = await sessions.open(one.principal, SessionKind.TEAMS, AuthProvider.ENTRA, address="127.0.0.1")
        return web.json_response({"token": secret})

    await tabs_on(database, port, [web.post("/console/teams-session", exchange)])


def main() -> None:
    """Measures; with a port and a database, serves until it is stopped."""
    match sys.argv[1:]:
        case [port, path]:
            asyncio.run(serve(int(port), Path(path)))
        case _:
            asyncio.run(measure())


if __name__ == "__main__":
    main()
