"""The personal tabs as Teams frames them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tabs.personal.navigation import TABS
from tabs.teams_page import teams_page

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOMES: Mapping[str, str] = {tab.key: tab.path for tab in TABS}


async def shell(request: web.Request) -> web.Response:
    """``GET /tabs/teams/{tab}``. 404 for a tab that is not there."""
    home = _HOMES.get(request.match_info["tab"])
    if home is None:
        raise web.HTTPNotFound
    return teams_page(request, home=home, script="personal", sheets=["personal-sheet"])
