"""Pairing: a code from the console becomes the gateway's id and key, kept beside the spool for every later start.

The file can be read by its owner alone. ``GATEWAY_ID`` and ``GATEWAY_KEY``, where they are set, are used instead.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import aiohttp
from pydantic import SecretStr

from cloudlink import uplink

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.settings import GatewaySettings

_TIMEOUT = aiohttp.ClientTimeout(total=30)


class NotPaired(Exception):
    """There is no key; the text is a sentence for the operator."""


def credentials_file(settings: GatewaySettings) -> Path:
    """Where id and key are kept: two gateways on one machine have two spools."""
    return settings.gateway_spool.with_name(settings.gateway_spool.name + ".key")


def with_credentials(settings: GatewaySettings) -> GatewaySettings:
    """The settings with id and key, from the file unless they are set. Raises ``NotPaired``."""
    if settings.gateway_id and settings.gateway_key.get_secret_value():
        return settings
    if settings.gateway_id or settings.gateway_key.get_secret_value():
        raise NotPaired("GATEWAY_ID and GATEWAY_KEY go together: set both, or neither and pair the gateway")
    path = credentials_file(settings)
    try:
        gateway_id, key = _read(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotPaired(
            "this gateway has no key yet: get a pairing code from the console and run `cloudlink-gateway pair CODE`"
        ) from None
    except (OSError, ValueError) as error:
        raise NotPaired(f"{path} cannot be used ({type(error).__name__}): pair the gateway again") from None
    return settings.model_copy(update={"gateway_id": gateway_id, "gateway_key": SecretStr(key)})


async def pair(settings: GatewaySettings, code: str) -> None:
    """Exchanges the code at CloudLink and keeps what it gives. Raises ``NotPaired``."""
    if settings.gateway_id or settings.gateway_key.get_secret_value():
        raise NotPaired("GATEWAY_ID and GATEWAY_KEY are set and would be used instead: remove them before pairing")
    gateway_id, key = _read(await _redeem(settings.gateway_cloudlink_url + uplink.PAIR_PATH, code))
    _keep(credentials_file(settings), {"gatewayId": gateway_id, "key": key})


async def _redeem(url: str, code: str) -> Any:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as http,
            http.post(url, json={"code": code}, allow_redirects=False) as response,
        ):
            if response.status == 404:
                raise NotPaired("no gateway waits for this code: it works once, for an hour; get a new one")
            if response.status == 429:
                wait = response.headers.get("Retry-After", "some")
                raise NotPaired(f"too many codes were tried from here: wait {wait} seconds")
            if response.status != 200:
                raise NotPaired(f"CloudLink answered {response.status}: check GATEWAY_CLOUDLINK_URL")
            return await response.json()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise NotPaired(f"CloudLink cannot be asked ({reason}): check GATEWAY_CLOUDLINK_URL") from None


def _read(told: Any) -> tuple[str, str]:
    pair = (told.get("gatewayId"), told.get("key")) if isinstance(told, dict) else (None, None)
    if not all(isinstance(part, str) and part for part in pair):
        raise NotPaired("CloudLink did not answer with an id and a key: check GATEWAY_CLOUDLINK_URL")
    return str(pair[0]), str(pair[1])


def _keep(path: Path, credentials: dict[str, str]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(credentials, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise NotPaired(f"{path} cannot be written: {error.strerror}") from None
