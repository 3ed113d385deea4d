"""The secret by which a browser that returns from Entra ID is known again: a cookie of its own, for ten minutes.

``SameSite=Lax``, since the return is a navigation that another site begins.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from auth.entra.flows import LIFETIME

if TYPE_CHECKING:
    from aiohttp import web

_LONGEST = 64


class BrowserCookie:
    """``secure`` is whether people reach us by https, which ``__Host-`` cookies need."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self.name = "__Host-entra" if secure else "entra"

    def of(self, request: web.Request) -> str:
        """The browser's secret; empty when it brings none."""
        value = request.cookies.get(self.name, "")
        return value if len(value) <= _LONGEST and value.isascii() else ""

    def give(self, request: web.Request, response: web.StreamResponse) -> str:
        """The browser's secret, which it keeps for the time of a flow; one for all its flows."""
        value = self.of(request) or secrets.token_urlsafe(24)
        response.set_cookie(
            self.name,
            value,
            max_age=int(LIFETIME.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
        )
        return value
