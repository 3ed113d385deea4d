"""The gateway's id and private key: kept beside the spool, in a file that its owner alone can read.

While a new key takes the place of another, the file holds both, since nobody knows whether CloudLink has heard of it
until it has said so. ``GATEWAY_ID`` and ``GATEWAY_KEY``, where they are set, are used instead of a file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudlink.gateway_key import BadKey, GatewayKey

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.settings import GatewaySettings


class NotPaired(Exception):
    """There is no key; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """``new`` is a key that CloudLink may know already, and may not."""

    gateway_id: str
    key: GatewayKey
    new: GatewayKey | None = None

    @property
    def keys(self) -> tuple[GatewayKey, ...]:
        """To be tried in this order."""
        return (self.key,) if self.new is None else (self.key, self.new)


def credentials_file(settings: GatewaySettings) -> Path:
    """Where id and key are kept: two gateways on one machine have two spools."""
    return settings.gateway_spool.with_name(settings.gateway_spool.name + ".key")


def load(settings: GatewaySettings) -> Credentials:
    """From the settings, or else from the file. Raises ``NotPaired``."""
    if given := _given(settings):
        return given
    path = credentials_file(settings)
    try:
        return _read(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotPaired(
            "this gateway has no key yet: get a pairing code from the console and run `cloudlink-gateway pair CODE`"
        ) from None
    except (OSError, ValueError) as error:
        raise NotPaired(f"{path} cannot be used ({type(error).__name__}): pair the gateway again") from None


def keep(path: Path, credentials: Credentials) -> None:
    """Whole or not at all, and never readable by others, not even for a moment. Raises ``NotPaired``."""
    told = {"gatewayId": credentials.gateway_id, "privateKey": credentials.key.private}
    if credentials.new is not None:
        told["newPrivateKey"] = credentials.new.private
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise NotPaired(f"{path} cannot be written: {error.strerror}") from None


def _given(settings: GatewaySettings) -> Credentials | None:
    gateway_id, key = settings.gateway_id, settings.gateway_key.get_secret_value()
    if not gateway_id and not key:
        return None
    if not gateway_id or not key:
        raise NotPaired("GATEWAY_ID and GATEWAY_KEY go together: set both, or neither and pair the gateway")
    try:
        return Credentials(gateway_id, GatewayKey(key))
    except BadKey:
        raise NotPaired("GATEWAY_KEY is no key: it has 43 letters, digits, - and _") from None


def _read(told: Any) -> Credentials:
    gateway_id = told.get("gatewayId") if isinstance(told, dict) else None
    if not isinstance(gateway_id, str) or not gateway_id:
        raise BadKey("no id")
    new = told.get("newPrivateKey")
    return Credentials(
        gateway_id, GatewayKey(str(told.get("privateKey"))), None if new is None else GatewayKey(str(new))
    )
