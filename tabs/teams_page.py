"""The page that Teams frames as a tab: it shows nothing of anybody until its script has signed the person in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabs.pages import browser_language, page
from tabs.static_files import scripts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web


def teams_page(request: web.Request, *, home: str, script: str, sheets: Sequence[str] = ()) -> web.Response:
    """``home`` is the page that is shown first; ``script`` and ``sheets`` (beside the console's) are its pages'."""
    values = {"home": home, "script": script, "sheets": sheets, "preloaded": scripts_of(script, "teams")}
    return page("teams.html", browser_language(request), values, script=True, connect=True, framed_by_teams=True)
