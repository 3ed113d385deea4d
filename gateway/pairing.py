"""Pairing: by a code from the console, CloudLink learns the public key that the gateway has made. And its next key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp

from cloudlink import uplink
from cloudlink.gateway_key import GatewayKey
from cloudlink.uplink import UplinkError
from gateway.credentials import Credentials, NotPaired, credentials_file, keep, load
from gateway.entrance import KeyRefused, UplinkLost, enter, take_key
from gateway.outbound import BadAuthority, reason, session

if TYPE_CHECKING:
    from gateway.settings import GatewaySettings

_SECONDS = 30.0


async def pair(settings: GatewaySettings, code: str) -> None:
    """Makes a key and has CloudLink know it; the private key is on disk first. Raises ``NotPaired``."""
    if settings.gateway_id or settings.gateway_key.get_secret_value():
        raise NotPaired("GATEWAY_ID and GATEWAY_KEY are set and would be used instead: remove them before pairing")
    key, path = GatewayKey.new(), credentials_file(settings)
    pending = path.with_name(path.name + ".pairing")
    keep(pending, Credentials("pending", key))
    try:
        gateway_id = await _redeem(settings, code, key.public)
        keep(path, Credentials(gateway_id, key))
    finally:
        pending.unlink(missing_ok=True)


async def rotate(settings: GatewaySettings) -> None:
    """Another key takes the place of the gateway's. Raises ``NotPaired``.

    The new one is on disk before CloudLink hears of it, and the old one until CloudLink has said that it knows the
    new: whatever gets lost, one of them is good.
    """
    if settings.gateway_id or settings.gateway_key.get_secret_value():
        raise NotPaired("GATEWAY_ID and GATEWAY_KEY are set: only a paired gateway can take another key")
    now, path = load(settings), credentials_file(settings)
    now = replace(now, new=now.new or GatewayKey.new())
    keep(path, now)
    try:
        try:
            await _take_key(settings, now.gateway_id, now.key, now.keys[-1])
        except KeyRefused:
            # CloudLink may have the new one from a try whose answer got lost.
            await _take_key(settings, now.gateway_id, now.keys[-1], None)
    except KeyRefused:
        raise NotPaired("CloudLink knows neither the key nor the next one: pair the gateway again") from None
    except BadAuthority as error:
        raise NotPaired(str(error)) from None
    except (aiohttp.ClientError, UplinkLost, UplinkError, TimeoutError, OSError) as error:
        raise NotPaired(f"CloudLink cannot be asked ({reason(error)}); the key stays. Try again") from None
    keep(path, Credentials(now.gateway_id, now.keys[-1]))


async def _take_key(settings: GatewaySettings, gateway_id: str, key: GatewayKey, new: GatewayKey | None) -> None:
    """Shows the key, and has it replaced if there is a ``new`` one."""
    url = settings.gateway_cloudlink_url
    async with (
        session(settings, seconds=_SECONDS) as http,
        http.ws_connect(url + uplink.PATH, max_msg_size=uplink.MAX_FRAME_BYTES) as socket,
    ):
        nonce = await enter(socket, url, gateway_id, key)
        if new is not None:
            await take_key(socket, nonce, gateway_id, new)


async def _redeem(settings: GatewaySettings, code: str, public_key: str) -> str:
    try:
        async with (
            session(settings, seconds=_SECONDS) as http,
            http.post(
                settings.gateway_cloudlink_url + uplink.PAIR_PATH,
                json={"code": code, "publicKey": public_key},
                allow_redirects=False,
            ) as response,
        ):
            if response.status == 404:
                raise NotPaired("no gateway waits for this code: it works once, for 15 minutes; get a new one")
            if response.status == 429:
                wait = response.headers.get("Retry-After", "some")
                raise NotPaired(f"too many codes were tried from here: wait {wait} seconds")
            if response.status != 200:
                raise NotPaired(f"CloudLink answered {response.status}: check GATEWAY_CLOUDLINK_URL")
            return _id(await response.json())
    except BadAuthority as error:
        raise NotPaired(str(error)) from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise NotPaired(f"CloudLink cannot be asked ({reason(error)}): check GATEWAY_CLOUDLINK_URL") from None


def _id(told: Any) -> str:
    gateway_id = told.get("gatewayId") if isinstance(told, dict) else None
    if not isinstance(gateway_id, str) or not gateway_id:
        raise NotPaired("CloudLink did not answer with an id: check GATEWAY_CLOUDLINK_URL")
    return gateway_id
