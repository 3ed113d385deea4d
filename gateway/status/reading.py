"""Asks the gateway that runs on this machine how it is."""

from __future__ import annotations

import aiohttp

from cloudlink.loopback import HOST
from gateway.status.state import Status, from_json

_TIMEOUT = aiohttp.ClientTimeout(total=5)


class NotRunning(Exception):
    """Nobody answered as a gateway does; the text is a sentence for the operator."""


async def read(port: int) -> Status:
    """Raises ``NotRunning``."""
    if not port:
        raise NotRunning("GATEWAY_METRICS_PORT is 0: set a port, start the gateway anew, and ask again")
    # Never through a proxy: it is this machine.
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as http,
            http.get(f"http://{HOST}:{port}/status") as response,
        ):
            response.raise_for_status()
            return from_json(await response.read())
    except aiohttp.ClientConnectorError:
        raise NotRunning(
            f"no gateway answers on port {port}: start it (`systemctl start cloudlink-gateway`), "
            "or name its port in GATEWAY_METRICS_PORT"
        ) from None
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NotRunning(f"what answers on port {port} is no gateway of this version ({reason})") from None
