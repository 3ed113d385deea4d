"""A personal tab as Teams frames it: it shows nothing of anybody until its script has signed the person in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tabs.pages import browser_language, page
from tabs.personal.navigation import TABS

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOMES: Mapping[str, str] = {tab.key: tab.path for tab in TABS}


async def shell(request: web.Request) -> web.Response:
    """``GET /tabs/teams/{tab}``. 404 for a tab that is not there."""
    home = _HOMES.get(request.match_info["tab"])
    if home is None:
        raise web.HTTPNotFound
    values = {"home": home, "script": "personal"}
    return page("teams.html", browser_language(request), values, script=True, connect=True, framed_by_teams=True)
