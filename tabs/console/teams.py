"""The console as a Teams tab: a page without a session, whose script gets one and shows the console in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabs.console.navigation import HOME
from tabs.teams_page import teams_page

if TYPE_CHECKING:
    from aiohttp import web


async def tab(request: web.Request) -> web.Response:
    """``GET /console/teams``: the only page of the console that may be framed; it shows nothing of anybody."""
    return teams_page(request, home=HOME, script="console")
