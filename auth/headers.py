"""The headers of every page that we serve to a browser, at sign-in and in tabs alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp.web import StreamResponse

_ALLOWED = (
    "default-src 'none'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
)
# The hosts that frame a tab: learn.microsoft.com, "Tab requirements". Teams moves to cloud.microsoft; both are in use.
_TEAMS_HOSTS = (
    "https://*.cloud.microsoft https://teams.microsoft.com https://*.teams.microsoft.com"
    " https://*.microsoft365.com https://*.office.com"
)


def page_headers(
    response: StreamResponse, *, script: bool, connect: bool = False, framed_by_teams: bool = False
) -> None:
    """Sets a policy that runs nothing but our own files, leaves no trace and cannot be framed.

    ``script`` allows the scripts under ``/static``, ``connect`` lets them fetch from us and show pictures that they
    have; ``framed_by_teams`` is for a page that opens as a tab, and so must hold nothing that a click could be tricked
    into. There is no ``Cross-Origin-Opener-Policy``: the page that signs in from a Teams pop-up talks to its opener.
    """
    policy = [*_ALLOWED, f"frame-ancestors {_TEAMS_HOSTS}" if framed_by_teams else "frame-ancestors 'none'"]
    # What a script has fetched with a bearer, or a person has just chosen, it shows as a blob.
    policy += ["img-src 'self' blob:" if connect else "img-src 'self'"]
    policy += ["script-src 'self'"] if script else []
    policy += ["connect-src 'self'"] if connect else []
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
