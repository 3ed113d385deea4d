"""A real Chromium for the tests that look at pages and cards."""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from contextlib import asynccontextmanager
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

# No GPU, no updates, no background calls: a test's browser talks to the test alone.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Under load a page may take its time: what never comes is told late, what comes is told at once.
expect.set_options(timeout=30_000)

# Of what Playwright gives a browser that it starts itself, what a page could notice.
_AS_PLAYWRIGHT = (
    "--headless",
    "--hide-scrollbars",
    "--mute-audio",
    "--disable-back-forward-cache",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-renderer-backgrounding",
    "--force-color-profile=srgb",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
)

_FEATURES_OFF = ("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PaintHolding")

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromium(RuntimeError):
    """There is no Chromium on this machine that works; the message says what to do."""


def chromium_path() -> str:
    """The installed Chromium; never Playwright's own download. Raises ``NoChromium``."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise NoChromium("these tests need Chromium: install the package `chromium` (Debian: apt-get install chromium)")
    return path


_processes: dict[tuple[str, ...], _Process] = {}


@asynccontextmanager
async def chromium(*without: str) -> AsyncIterator[Browser]:
    """A headless browser ``without`` some of Chromium's features, whose windows are closed at the end of the block.

    One process serves all blocks that ask for the same until ``stop``: it takes a second of a core to start, and its
    contexts share nothing.
    """
    process = _processes.get(without)
    if process is None or process.has_ended:
        _processes[without] = process = await asyncio.to_thread(_Process, without)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(process.url)
        try:
            yield browser
        finally:
            # Each answers once its pages are gone, so that none asks a server that is closing.
            for context in browser.contexts[1:]:
                await context.close()
            await browser.close()


def stop() -> None:
    """Ends all processes."""
    while _processes:
        _processes.popitem()[1].stop()


class _Process:
    """A Chromium that stays. ``url`` is of its debugging protocol."""

    def __init__(self, without: tuple[str, ...]) -> None:
        self._folder = TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        own = f"--user-data-dir={self._folder.name}"
        features = f"--disable-features={','.join((*_FEATURES_OFF, *without))}"
        arguments = ["--remote-debugging-port=0", own, features, *_AS_PLAYWRIGHT, *ARGUMENTS, "about:blank"]
        self._process = Popen([chromium_path(), *arguments], stderr=PIPE, text=True)
        assert self._process.stderr is not None
        said = iter(self._process.stderr)
        self.url = next((line.split()[-1] for line in said if line.startswith("DevTools listening on ")), "")
        if not self.url:
            raise NoChromium("Chromium does not start: run it by hand and read what it says")
        # Whatever else it complains of is read too, or it would stop one day.
        self._reading = Thread(target=lambda: deque(said, maxlen=0), daemon=True)
        self._reading.start()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        self._reading.join()
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._folder.cleanup()
