"""What keeps a connection alive: the ECMA-354 application session, and a sign of life.

Which of them a PBX wants, how often and with which credentials is not published, so all of it is chosen by settings.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.errors import CstaError, Refused, SessionRefused
from gateway.csta.messages import Done, SessionRenewed, SessionStarted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.csta.client import CstaClient


class Heartbeat(StrEnum):
    """The message that is sent as a sign of life."""

    NONE = "none"
    SYSTEM_STATUS = "systemStatus"
    REQUEST_SYSTEM_STATUS = "requestSystemStatus"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What opens a session. ``information`` holds credentials in the vendor's form; ``duration`` is in seconds."""

    application: str
    information: str = field(repr=False)
    duration: int


@asynccontextmanager
async def session(client: CstaClient, wanted: SessionRequest | None) -> AsyncIterator[SessionStarted | None]:
    """Opens the session, where one is wanted, and stops it at the end. Raises ``SessionRefused``."""
    if wanted is None:
        yield None
        return
    started = await _start(client, wanted)
    try:
        yield started
    finally:
        # A PBX that does not answer now has ended the session already, or will by its timer.
        with suppress(CstaError):
            await client.request(writer.stop_session(started.session), Done)


async def keep_session(client: CstaClient, started: SessionStarted, duration: int) -> None:
    """Renews the session at half its time, for ever, for ``duration`` seconds more.

    A PBX that says that it grants more than was asked for is not believed. Raises ``SessionRefused`` or ``Refused``.
    """
    while True:
        await asyncio.sleep(min(started.duration or duration, duration) / 2)
        await client.request(writer.renew_session(started.session, duration), SessionRenewed)


async def keep_alive(client: CstaClient, heartbeat: Heartbeat, seconds: float) -> None:
    """Shows a sign of life every so many seconds. Raises ``NoAnswer`` when the PBX shows none.

    A refusal is a sign of life too.
    """
    write = writer.system_status if heartbeat is Heartbeat.SYSTEM_STATUS else writer.request_system_status
    while True:
        await asyncio.sleep(seconds)
        with suppress(Refused):
            await client.request(write(client.namespace), Done)


async def _start(client: CstaClient, wanted: SessionRequest) -> SessionStarted:
    xml = writer.start_session(client.namespace, wanted.application, wanted.information, wanted.duration)
    try:
        return await client.request(xml, SessionStarted)
    except Refused as error:
        raise SessionRefused(str(error)) from error
