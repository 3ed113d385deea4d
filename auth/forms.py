"""Proofs that a form was filled in on our own page, by the browser that we gave it to, for the link that it shows.

Double submit: a random value in a cookie, and in the form its HMAC together with the link's token. Another site can
send a form, but can neither read the cookie nor compute the HMAC. The key lives as long as the process, so a restart
asks people to fill in an open form again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

_LARGEST_FORM = 16 * 1024
_NONCE_BYTES = 24
_LONGEST_NONCE = 64


class Forms:
    """Makes and checks the proofs. ``secure`` is whether people reach us by https, which ``__Host-`` cookies need."""

    def __init__(self, *, secure: bool) -> None:
        self._key = secrets.token_bytes(32)
        self._secure = secure
        self.cookie = "__Host-sign-in" if secure else "sign-in"

    def nonce(self, request: web.Request) -> str:
        """The browser's own value: the one in its cookie, or a new one for ``keep``."""
        return self._sent(request) or secrets.token_urlsafe(_NONCE_BYTES)

    def keep(self, response: web.Response, nonce: str) -> None:
        """Gives the browser its value, until it is closed."""
        response.set_cookie(self.cookie, nonce, path="/", secure=self._secure, httponly=True, samesite="Strict")

    def proof(self, nonce: str, token: str, *content: str) -> str:
        """What a form of the link carries; ``content`` is what the form says that the browser must not change."""
        # The parts are hashed one by one, so that none can lend its end to the next.
        message = b"".join(hashlib.sha256(part.encode()).digest() for part in (nonce, token, *content))
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    def proves(self, proof: str, request: web.Request, token: str, *content: str) -> bool:
        """Whether the proof fits the request's own cookie; never without one."""
        nonce = self._sent(request)
        expected = self.proof(nonce, token, *content)
        return bool(nonce) and hmac.compare_digest(proof.encode(), expected.encode())

    def _sent(self, request: web.Request) -> str:
        nonce = request.cookies.get(self.cookie, "")
        return nonce if len(nonce) <= _LONGEST_NONCE and nonce.isascii() else ""


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The text fields of a form of ours.

    Raises ``ValueError`` for another kind of body, ``HTTPRequestEntityTooLarge`` after 16 KB, before reading the rest.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise ValueError("not a form")
    # Some of Python's codecs make texts that cannot be encoded again.
    if (request.charset or "utf-8").lower() != "utf-8":
        raise ValueError("not the character set of our pages")
    posted = await request.clone(client_max_size=_LARGEST_FORM).post()
    return {name: value for name, value in posted.items() if isinstance(value, str)}
