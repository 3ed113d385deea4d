"""CloudLink's side: the way there, the clock against CloudLink's, and whether the gateway's key is accepted."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from cloudlink import uplink
from gateway.check.network import SECONDS, Peer, reach
from gateway.check.step import Step, failed, skipped
from gateway.entrance import KeyRefused, UplinkLost, enter
from gateway.outbound import BadAuthority, proxy_of, reason, session, tls_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.check.step import Steps
    from gateway.credentials import Credentials
    from gateway.settings import GatewaySettings

_SIDE = "CloudLink"
MOST_SKEW_SECONDS = 30.0
_CHECK_URL = "Check GATEWAY_CLOUDLINK_URL: it is CloudLink's address without a path."
_LOST = (aiohttp.ClientError, OSError, TimeoutError)


async def check_cloud(settings: GatewaySettings, now: Callable[[], datetime], known: Credentials | str) -> Steps:
    """``known`` is as whom the gateway signs in, or a sentence that says why it cannot."""
    reached = True
    try:
        peer = _peer(settings)
    except BadAuthority as error:
        yield failed(
            f"{_SIDE} TLS", str(error), "Name the PEM file of the authority that signed CloudLink's certificate."
        )
        return
    async for step in reach(peer):
        reached = step.ok is not False
        yield step
    if not reached:
        return
    async with session(settings, seconds=SECONDS) as http:
        yield await _clock(http, settings.gateway_cloudlink_url + uplink.PATH, now)
        if isinstance(known, str):
            yield failed(f"{_SIDE} key", "this gateway is not paired", known)
        else:
            yield await _key(http, settings.gateway_cloudlink_url, known)


def _peer(settings: GatewaySettings) -> Peer:
    """CloudLink, or the proxy through which it is reached; TLS is then checked by what is asked through it."""
    if proxy := proxy_of(settings):
        url = urlsplit(proxy)
        usual = 443 if url.scheme == "https" else 80
        return Peer(side="proxy", host=url.hostname or "", port=url.port or usual, setting="GATEWAY_PROXY")
    url = urlsplit(settings.gateway_cloudlink_url)
    tls = tls_of(settings)
    return Peer(
        side=_SIDE,
        host=url.hostname or "",
        port=url.port or (443 if url.scheme == "https" else 80),
        setting="GATEWAY_CLOUDLINK_URL",
        tls=tls if url.scheme == "https" else None,
        tls_advice="Name the authority that signed it in GATEWAY_CA, or add it to this machine's trusted ones "
        "(`update-ca-certificates`).",
    )


async def _clock(http: aiohttp.ClientSession, url: str, now: Callable[[], datetime]) -> Step:
    name = "clock"
    try:
        async with http.get(url, allow_redirects=False) as response:
            told = response.headers.get("Date", "")
    except _LOST as error:
        return failed(f"{_SIDE} HTTP", reason(error), _CHECK_URL)
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


async def _key(http: aiohttp.ClientSession, url: str, known: Credentials) -> Step:
    """Shows the key without saying hello: a gateway that runs keeps its own link."""
    name = f"{_SIDE} key"
    try:
        async with http.ws_connect(url + uplink.PATH) as socket:
            await enter(socket, url, known.gateway_id, known.key)
            return Step(name, f"accepted for gateway {known.gateway_id}")
    except KeyRefused as error:
        advice = "Get a new pairing code from the console and run `cloudlink-gateway pair CODE`."
        return failed(name, str(error), advice)
    except aiohttp.WSServerHandshakeError as error:
        return failed(name, f"CloudLink answers {error.status}", _CHECK_URL)
    except (*_LOST, UplinkLost, uplink.UplinkError) as error:
        return failed(name, reason(error), _CHECK_URL)
