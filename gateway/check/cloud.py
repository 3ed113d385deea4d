"""CloudLink's side: the way there, the clock against CloudLink's, and whether the gateway's key is accepted."""

from __future__ import annotations

import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from cloudlink import uplink
from gateway.check.network import SECONDS, Peer, reach
from gateway.check.step import Step, failed, skipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.check.step import Steps
    from gateway.settings import GatewaySettings

_SIDE = "CloudLink"
MOST_SKEW_SECONDS = 30.0
_CHECK_URL = "Check GATEWAY_CLOUDLINK_URL: it is CloudLink's address without a path."
_LOST = (aiohttp.ClientError, OSError, TimeoutError)


async def check_cloud(settings: GatewaySettings, now: Callable[[], datetime], not_paired: str = "") -> Steps:
    """``settings`` hold the gateway's credentials, unless ``not_paired`` says in a sentence why there are none."""
    url = urlsplit(settings.gateway_cloudlink_url)
    peer = Peer(
        side=_SIDE,
        host=url.hostname or "",
        port=url.port or (443 if url.scheme == "https" else 80),
        setting="GATEWAY_CLOUDLINK_URL",
        tls=ssl.create_default_context() if url.scheme == "https" else None,
        tls_advice="Add the authority that signed it to this machine's trusted ones (`update-ca-certificates`).",
    )
    reached = True
    async for step in reach(peer):
        reached = step.ok is not False
        yield step
    if not reached:
        return
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as http:
        yield await _clock(http, settings.gateway_cloudlink_url + uplink.PATH, now)
        if not_paired:
            yield failed(f"{_SIDE} key", "this gateway is not paired", not_paired)
        else:
            yield await _key(http, settings)


async def _clock(http: aiohttp.ClientSession, url: str, now: Callable[[], datetime]) -> Step:
    name = "clock"
    try:
        async with http.get(url, allow_redirects=False) as response:
            told = response.headers.get("Date", "")
    except _LOST as error:
        return failed(f"{_SIDE} HTTP", str(error) or type(error).__name__, _CHECK_URL)
    try:
        skew = (now() - parsedate_to_datetime(told)).total_seconds()
    except (ValueError, TypeError):
        return skipped(name, "CloudLink does not tell its time")
    found = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} CloudLink's"
    if abs(skew) > MOST_SKEW_SECONDS:
        return failed(
            name, found, "Set this machine's clock by NTP (`timedatectl set-ntp true`): calls carry its time."
        )
    return Step(name, found)


async def _key(http: aiohttp.ClientSession, settings: GatewaySettings) -> Step:
    """Opens the link without saying hello: a gateway that runs keeps its own."""
    name = f"{_SIDE} key"
    authorization = f"Bearer {settings.gateway_id}.{settings.gateway_key.get_secret_value()}"
    try:
        async with http.ws_connect(
            settings.gateway_cloudlink_url + uplink.PATH, headers={"Authorization": authorization}
        ):
            return Step(name, f"accepted for gateway {settings.gateway_id}")
    except aiohttp.WSServerHandshakeError as error:
        if error.status == 401:
            advice = "Get a new pairing code from the console and run `cloudlink-gateway pair CODE`."
            return failed(name, "CloudLink does not know this gateway's key, or it was removed", advice)
        return failed(name, f"CloudLink answers {error.status}", _CHECK_URL)
    except _LOST as error:
        return failed(name, str(error) or type(error).__name__, _CHECK_URL)
