"""``POST /tabs/sign-out``: ends the session that one sees the tabs with, and no other."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from tabs.personal.navigation import ENTRANCE

if TYPE_CHECKING:
    from tabs.personal.frame import PersonalVisit
    from tabs.visitors import Visitors

SIGN_OUT = "/tabs/sign-out"


class SignOut:
    """The handler."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors

    async def end(self, visit: PersonalVisit) -> web.StreamResponse:
        """204 in Teams, where the script asks to sign in again; in a browser the sign-in page."""
        if not visit.csrf:
            response = web.Response(status=HTTPStatus.NO_CONTENT)
            await self._visitors.sign_out(visit.request, response)
            return response
        leaving = web.HTTPSeeOther(ENTRANCE.path)
        await self._visitors.sign_out(visit.request, leaving)
        raise leaving
