"""A real Chromium for the tests that look at pages and cards."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
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

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromium(RuntimeError):
    """There is no Chromium on this machine; the message names the package to install."""


def chromium_path() -> str:
    """The installed Chromium; never Playwright's own download. Raises ``NoChromium``."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise NoChromium("these tests need Chromium: install the package `chromium` (Debian: apt-get install chromium)")
    return path


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """A headless browser, with ``more`` arguments, closed at the end of the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            await browser.close()
