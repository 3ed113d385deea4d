"""The console as a Teams tab: a page without a session, whose script gets one and shows the console in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabs.console.navigation import HOME
from tabs.pages import browser_language, page

if TYPE_CHECKING:
    from aiohttp import web


async def tab(request: web.Request) -> web.Response:
    """``GET /console/teams``: the only page of the console that may be framed; it shows nothing of anybody."""
    values = {"home": HOME, "script": "console"}
    return page("teams.html", browser_language(request), values, script=True, connect=True, framed_by_teams=True)
