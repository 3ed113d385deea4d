"""On which device a page is shown: what Teams says of itself, which our script passes on, or what the browser says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs

from dialing import Device, device_of

if TYPE_CHECKING:
    from aiohttp import web

TEAMS_CLIENT = "X-Teams-Client"
"""``ios``, ``ipados``, ``android``, ``desktop``, ``web``: ``app.host.clientType`` of TeamsJS."""


def device_of_request(request: web.Request) -> Device:
    """Whoever forges it gets links for another device, and nothing else."""
    return device_of(request.headers.get(hdrs.USER_AGENT, ""), request.headers.get(TEAMS_CLIENT, ""))
