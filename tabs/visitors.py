"""Who asks for a page of ours: a browser by its cookie, or a page inside Teams by the bearer that its script adds.

A browser's changes each carry a token that only our page could know. A bearer is proof enough: no other site has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import hdrs, web

from cloudlink.identity import SessionKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from auth.session import BrowserSessions
    from cloudlink.identity import Session, Sessions

_BEARER = "Bearer "


class SignedOut(Exception):
    """Nobody's request."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """``csrf`` is what each change of a browser must carry; empty for a bearer."""

    session: Session
    csrf: str


class Visitors:
    """Recognises them. ``bearers`` are the kinds of session that a page inside Teams may have here."""

    def __init__(
        self,
        sessions: Sessions,
        browsers: BrowserSessions,
        bearers: Collection[str] = frozenset({SessionKind.TEAMS}),
    ) -> None:
        self._sessions = sessions
        self._browsers = browsers
        self._bearers = bearers

    async def who(self, request: web.Request) -> Visitor:
        """A bearer goes before a cookie. Raises ``SignedOut``."""
        bearer = request.headers.get(hdrs.AUTHORIZATION, "")
        if bearer.startswith(_BEARER):
            session = await self._sessions.find(bearer.removeprefix(_BEARER))
            if session is None or session.kind not in self._bearers:
                raise SignedOut
            return Visitor(session, "")
        session = await self._browsers.find(request)
        if session is None:
            raise SignedOut
        return Visitor(session, self._browsers.csrf(request))

    async def sign_out(self, request: web.Request, response: web.StreamResponse) -> None:
        """Ends the session that the request carries; a browser forgets its cookie with the response."""
        bearer = request.headers.get(hdrs.AUTHORIZATION, "")
        if bearer.startswith(_BEARER):
            await self._sessions.end(bearer.removeprefix(_BEARER))
        else:
            await self._browsers.end(request, response)

    def accepts(self, request: web.Request, visitor: Visitor, token: str) -> bool:
        """Whether a change with this token is the visitor's own."""
        return not visitor.csrf or self._browsers.accepts(request, token)


def ask_to_sign_in(request: web.Request, sign_in: str, home: str) -> web.StreamResponse:
    """401 for our script, which knows how to get a bearer. Otherwise raises the way to the page ``sign_in`` and back.

    ``home`` is where somebody comes who sent a form.
    """
    if hdrs.AUTHORIZATION in request.headers:
        return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
    wanted = request.path_qs if request.method == hdrs.METH_GET else home
    raise web.HTTPSeeOther(f"{sign_in}?next={quote(wanted, safe='')}")
