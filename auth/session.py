"""The cookie session of pages that stand alone in a browser: the console, sign-in, the OpenID provider.

A bearer of ``cloudlink.identity.Sessions`` in a ``__Host-`` cookie, which no other host and no script can read or set.
``SameSite=Lax`` has it come along when an application sends the browser here, and never with a form of another site;
each form of ours carries a token of the session besides. That token is a hash of the cookie, so it needs no key and
outlives a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from cloudlink.identity import SessionKind

if TYPE_CHECKING:
    from aiohttp import web

    from cloudlink.identity import AuthProvider, Session, Sessions
    from cloudlink.model import Principal

CSRF_FIELD = "csrf"
# A path of ours: one slash, then nothing that a browser could read as a host, nor drop.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)
_LONGEST_PATH = 4096


class BrowserSessions:
    """Sessions of browsers. ``secure`` is whether people reach us by https, which ``__Host-`` cookies need."""

    def __init__(self, sessions: Sessions, *, secure: bool) -> None:
        self._sessions = sessions
        self._secure = secure
        self.cookie = "__Host-session" if secure else "session"

    async def begin(
        self, request: web.Request, response: web.StreamResponse, who: Principal, provider: AuthProvider
    ) -> None:
        """Signs the browser in, in place of whom it was before. Raises ``UnknownId`` for who was deactivated."""
        secret = await self._sessions.open(who, SessionKind.CONSOLE, provider, address=request.remote or "")
        if before := self._secret(request):
            await self._sessions.end(before)
        response.set_cookie(self.cookie, secret, path="/", secure=self._secure, httponly=True, samesite="Lax")

    async def find(self, request: web.Request) -> Session | None:
        """Who is signed in with this browser."""
        session = await self._sessions.find(secret) if (secret := self._secret(request)) else None
        # A bearer of a Teams page is no cookie, whoever has put it there.
        return session if session is not None and session.kind == SessionKind.CONSOLE else None

    async def end(self, request: web.Request, response: web.StreamResponse) -> None:
        """Signs the browser out."""
        if secret := self._secret(request):
            await self._sessions.end(secret)
        response.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def csrf(self, request: web.Request) -> str:
        """What a form carries as ``CSRF_FIELD``; empty for a browser that is not signed in."""
        secret = self._secret(request)
        return hashlib.sha256(f"csrf:{secret}".encode()).hexdigest() if secret else ""

    def accepts(self, request: web.Request, token: str) -> bool:
        """Whether a form's token is the session's; never without one."""
        expected = self.csrf(request)
        return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())

    def _secret(self, request: web.Request) -> str:
        secret = request.cookies.get(self.cookie, "")
        # Ours are; bytes that are no UTF-8 would come as a text that cannot be hashed.
        return secret if secret.isascii() else ""


def local_path(wanted: str, otherwise: str) -> str:
    """Where to go on after a sign-in: a path of ours, or ``otherwise`` for anything that could lead elsewhere."""
    return wanted if len(wanted) <= _LONGEST_PATH and _LOCAL.fullmatch(wanted) else otherwise
