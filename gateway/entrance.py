"""How a gateway shows CloudLink who it is; ``cloudlink.uplink`` describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import aiohttp

from cloudlink import uplink
from cloudlink.gateway_key import audience
from cloudlink.uplink import Accepted, Challenge, Proof, Rotate, Rotated, UplinkError

if TYPE_CHECKING:
    from cloudlink.gateway_key import GatewayKey
    from cloudlink.uplink import Frame

    F = TypeVar("F")


class UplinkLost(Exception):
    """There is no use in this connection any more."""


class KeyRefused(UplinkLost):
    """CloudLink does not know this gateway by its key."""


async def enter(socket: aiohttp.ClientWebSocketResponse, url: str, gateway_id: str, key: GatewayKey) -> str:
    """Proves the key; answers the nonce. ``url`` is CloudLink's.

    Raises ``KeyRefused``, ``UplinkLost``, ``UplinkError``.
    """
    challenge = await _awaited(socket, Challenge)
    here = audience(url)
    await socket.send_str(uplink.encode(Proof(gateway_id, here, key.prove(gateway_id, here, challenge.nonce))))
    await _awaited(socket, Accepted)
    return challenge.nonce


async def take_key(socket: aiohttp.ClientWebSocketResponse, nonce: str, gateway_id: str, new: GatewayKey) -> None:
    """Has CloudLink know the gateway by another key from now on. Raises as ``enter`` does."""
    signature = new.prove(gateway_id, new.public, nonce)
    await socket.send_str(uplink.encode(Rotate(new.public, signature)))
    await _awaited(socket, Rotated)


async def receive(socket: aiohttp.ClientWebSocketResponse) -> Frame:
    """The next frame. Raises ``UplinkLost`` when there will be none, ``UplinkError`` for one that cannot be read."""
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.TEXT:
        reason = f"CloudLink closed the connection ({socket.close_code}): {message.extra or 'no reason given'}"
        raise KeyRefused(reason) if socket.close_code == uplink.NOT_ACCEPTED else UplinkLost(reason)
    return uplink.decode(message.data)


async def _awaited(socket: aiohttp.ClientWebSocketResponse, kind: type[F]) -> F:
    frame = await receive(socket)
    if not isinstance(frame, kind):
        raise UplinkError(f"{kind.__name__.lower()} was awaited, not {frame.type}")
    return frame
