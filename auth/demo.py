"""The demo serves activities that carry no token, so it serves this machine and nobody else.

A request is refused that comes from another machine (its peer), through a proxy or tunnel on this machine (its Host or
a forwarding header), or from a page of another site in a browser on this machine.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

from auth.botframework import WrongServiceUrl
from auth.service_urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler, Middleware

logger = logging.getLogger(__name__)


class PublicDemo(ValueError):
    """The demo was to be reached from elsewhere."""


class NotFromHere(Exception):
    """A request that did not begin on this machine; the text says why."""


def loopback_only(public_url: str) -> Middleware:
    """The guard of the whole demo application. Raises ``PublicDemo`` when ``public_url`` is not this machine's."""
    if not is_loopback(urlsplit(public_url).hostname or ""):
        raise PublicDemo("the demo accepts activities without a token, so PUBLIC_URL must be http://127.0.0.1 or alike")

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check(request)
        except NotFromHere as refusal:
            logger.warning("the demo refused a request", extra={"cause": str(refusal)})
            body = {"error": {"code": "Forbidden", "message": f"The demo serves this machine only: {refusal}."}}
            return web.json_response(body, status=HTTPStatus.FORBIDDEN)
        return await handler(request)

    return guard


def _check(request: web.Request) -> None:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    if not peer or not is_loopback(peer[0]):
        raise NotFromHere("the request comes from another address")
    if not is_loopback(_host(request.headers.get("Host", ""))):
        raise NotFromHere("the Host header names another machine")
    if any(name.lower() == "forwarded" or name.lower().startswith("x-forwarded-") for name in request.headers):
        raise NotFromHere("the request was forwarded")
    if request.method not in {"GET", "HEAD"} and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotFromHere("another site's page sent the request")


def _host(header: str) -> str:
    """Without port; empty when malformed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


class WithoutToken:
    """In the place of ``ConnectorVerifier`` and ``ConnectorTokens``, behind ``loopback_only``."""

    async def verify(self, authorization: str | None, activity: Mapping[str, Any]) -> None:
        """Accepts an activity whose replies stay on this machine. Raises ``WrongServiceUrl``."""
        _check_service_url(activity.get("serviceUrl"))

    async def bearer(self, service_url: str) -> None:
        """No token is needed; raises ``WrongServiceUrl`` when a reply would leave this machine."""
        _check_service_url(service_url)


def _check_service_url(service_url: object) -> None:
    if not isinstance(service_url, str) or not is_loopback(_host(service_url.partition("//")[2].partition("/")[0])):
        raise WrongServiceUrl("the demo answers on this machine only")
