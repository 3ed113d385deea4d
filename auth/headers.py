"""The headers of every page that we serve to a browser, at sign-in and in tabs alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp.web import StreamResponse

_ALLOWED = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


def page_headers(response: StreamResponse, *, script: bool) -> None:
    """Sets a policy that runs nothing but our own files, leaves no trace and cannot be framed.

    ``script`` allows the scripts under ``/static``. There is no ``Cross-Origin-Opener-Policy``: the page that signs in
    from a Teams pop-up talks to its opener.
    """
    policy = (*_ALLOWED, "script-src 'self'") if script else _ALLOWED
    response.headers.update(
        {
            "Content-Security-Policy": "; ".join(policy),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
    )
