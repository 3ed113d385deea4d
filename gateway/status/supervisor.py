"""What systemd wants to hear: that the service is ready, that it lives, and in a line how it is (sd_notify(3)).

Without systemd there is nobody to tell, and nothing happens.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.status.reporter import Reporter

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
"""Well below the unit's ``WatchdogSec``."""


async def beat(reporter: Reporter) -> None:
    """Until cancelled: shows every few seconds that the event loop turns, and takes the sample of that moment."""
    notify("READY=1")
    while True:
        reporter.sample()
        notify("WATCHDOG=1", f"STATUS={reporter.line()}")
        await asyncio.sleep(BEAT_SECONDS)


def notify(*told: str) -> None:
    """Sends assignments such as ``READY=1`` to the socket that ``NOTIFY_SOCKET`` names."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            # An address that begins with @ stands for an abstract one.
            to.sendto("\n".join(told).encode(), "\0" + address[1:] if address.startswith("@") else address)
    except OSError as error:
        logger.warning("systemd cannot be told", extra={"reason": str(error)})
