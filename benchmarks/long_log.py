"""A call log of 10,000 rows: how a browser scrolls through it, and how long hiding all of it takes.

A busy machine draws slowly, so frames are compared with those of a list of one page, measured right before.
"""

from __future__ import annotations

import re
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from tests.browser import ARGUMENTS, chromium_path

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from playwright.async_api import Page

ROWS = 10_000
GROWTH_BOUND = 1.5
"""Of the time that a frame takes with one page of rows, at p50."""
FRAME_BOUND_MS = 100
"""At p95, which is a frame in which a page of rows comes into sight: longer than that is felt."""
HIDING_BOUND_S = 3.0
_FRAMES = 200
_LAYOUTS = 20

# Many more rows, as endless scroll puts them there.
_GROW = """(rows) => {
  const log = document.querySelector(".log");
  const page = log.firstElementChild;
  for (let more = page.children.length; more < rows; more += page.children.length) log.append(page.cloneNode(true));
}"""
# Down and up again, as fast as a finger goes; answers how long each frame took.
_SCROLL = """async (frames) => {
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame++) {
    window.scrollBy(0, frame < frames / 2 ? 120 : -120);
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}"""
# A row more on top, as a new call is; answers how long the page needs to lay itself out, each time.
_ADD = """(times) => Array.from({ length: times }, () => {
  const list = document.querySelector("ol.calls");
  const row = list.firstElementChild.cloneNode(true);
  const began = performance.now();
  list.prepend(row);
  list.getBoundingClientRect();
  return performance.now() - began;
})"""


async def scrolling(url: str, bearer: dict[str, str]) -> None:
    """Prints the times of frames and of layouts, of one page of rows and of many."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS])
        # Without the script, which would put more pages under the list meanwhile.
        context = await browser.new_context(extra_http_headers=bearer, viewport={"width": 1200, "height": 800})
        await context.route("**/personal.js", lambda route: route.abort())
        page = await context.new_page()
        await page.goto(url)
        few = await _told(page, "50 rows in a browser")
        await page.evaluate(_GROW, ROWS)
        many = await _told(page, f"{ROWS:,} rows in a browser")
        await browser.close()
    growth = median(many) / median(few)
    print(f"  frames take {growth:.1f} times as long, at most {GROWTH_BOUND}; p95 at most {FRAME_BOUND_MS} ms")


async def _told(page: Page, what: str) -> list[float]:
    """Prints what it measured; answers how long each frame took."""
    frames = [float(each) for each in await page.evaluate(_SCROLL, _FRAMES)]
    layout = median(float(each) for each in await page.evaluate(_ADD, _LAYOUTS))
    p95 = quantiles(frames, n=20)[18]
    print(f"{what}: frames p50 {median(frames):.0f} ms, p95 {p95:.0f} ms; a new row laid out in {layout:.1f} ms")
    return frames


async def hiding(http: ClientSession, bearer: dict[str, str]) -> None:
    """Prints how long it takes to hide as many calls as can be at once, and to take that back."""
    async with http.get("/tabs/calls/hide-all", headers=bearer) as question:
        (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', await question.text())
    began = time.perf_counter()
    async with http.post("/tabs/calls/hide-all", headers=bearer, data={"seen": seen}) as hidden:
        if "10,000 calls are hidden." not in await hidden.text():
            raise RuntimeError("not hidden")
    hid = time.perf_counter() - began
    began = time.perf_counter()
    undo = {"hiding": hidden.url.query["hiding"]}
    async with http.post("/tabs/calls/undo", headers=bearer, data=undo) as shown:
        shown.raise_for_status()
    took = time.perf_counter() - began
    print(f"{ROWS:,} calls hidden in {hid:.1f} s, shown again in {took:.1f} s, at most {HIDING_BOUND_S:.0f} s each")
