"""axe-core (WCAG 2.2 A and AA, and its best practices) run on a page in Chromium.

The script is injected through the debugger, so a page's own Content-Security-Policy stays as strict as it is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page

_SCRIPT = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary.replace(/\\s+/g, " ")}`));
}"""


async def violations(page: Page | Frame) -> list[str]:
    """What axe finds wrong there now, one line for each element: rule, selector, what to do."""
    await page.evaluate(_script())
    found: list[str] = await page.evaluate(_RUN)
    return found


@cache
def _script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")
