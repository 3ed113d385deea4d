"""What keeps a connection alive: the ECMA-354 application session, a registration, and a sign of life.

Which of them a PBX wants, how often and with which credentials is not published, so all of it is chosen by settings.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.asking import UNDONE
from gateway.csta.errors import CstaError, NoAnswer, Refused, SessionLost, SessionRefused, UnexpectedAnswer
from gateway.csta.messages import Done, Registered, SessionRenewed, SessionStarted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gateway.csta.asking import Asking
    from gateway.csta.client import CstaClient


STOP_SECONDS = 1.0
"""How long the end of a session is worth waiting for."""


class Heartbeat(StrEnum):
    """The message that is sent as a sign of life."""

    NONE = "none"
    SYSTEM_STATUS = "systemStatus"
    REQUEST_SYSTEM_STATUS = "requestSystemStatus"


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What opens a session. ``information`` holds credentials in the vendor's form; ``duration`` is in seconds.

    ``editions`` are namespaces that would do as well as the one that the connection begins with.
    """

    application: str
    information: str = field(repr=False)
    duration: int
    editions: tuple[str, ...] = ()


@asynccontextmanager
async def session(client: CstaClient, wanted: SessionRequest | None) -> AsyncIterator[SessionStarted | None]:
    """Opens the session, where one is wanted, and stops it at the end. Raises ``SessionRefused``.

    From then on the client writes in the edition that the PBX has chosen. A session that ends by ``SessionLost`` is
    gone and not stopped.
    """
    if wanted is None:
        yield None
        return
    started = await _start(client, wanted)
    client.learn(started.protocol)
    try:
        yield started
    except SessionLost:
        raise
    except BaseException:
        await _stop(client, started)
        raise
    await _stop(client, started)


async def keep_session(client: CstaClient, started: SessionStarted, duration: int) -> None:
    """Renews the session at half its time, for ever, for ``duration`` seconds more.

    A PBX that says that it grants more than was asked for is not believed. Raises ``SessionLost``.
    """
    granted = started.duration
    while True:
        await asyncio.sleep(min(granted or duration, duration) / 2)
        try:
            renewed = await client.request(writer.renew_session(started.session, duration), SessionRenewed)
        except (Refused, SessionRefused) as error:
            raise SessionLost(f"the PBX does not renew the session: {error}") from error
        granted = renewed.duration or granted


async def register(asking: Asking) -> None:
    """Asks for the PBX's status, where it offers that; many tell it unasked."""
    with suppress(*UNDONE):
        await asking.ask_optional("SystemRegister", writer.system_register(asking.client.namespace), Registered)


async def keep_alive(asking: Asking, heartbeat: Heartbeat, seconds: float, device: Callable[[], str]) -> None:
    """Shows a sign of life every so many seconds, and sees one in whatever is answered, a refusal too.

    A sign that the PBX has never answered is given up for the next: the other one of the two status services, then a
    snapshot of ``device``. Raises ``NoAnswer`` when the PBX answers none, or not any more what it did.
    """
    client = asking.client
    signs = [lambda: writer.system_status(client.namespace), lambda: writer.request_system_status(client.namespace)]
    if heartbeat is Heartbeat.REQUEST_SYSTEM_STATUS:
        signs.reverse()
    signs.append(lambda: writer.snapshot_device(client.namespace, device()))
    seen = False
    while True:
        await asyncio.sleep(seconds)
        while not await _is_answered(asking, signs[0]()):
            if seen or len(signs) == 1:
                raise NoAnswer("the PBX shows no sign of life")
            del signs[0]
        seen = True


async def _is_answered(asking: Asking, request: bytes) -> bool:
    with suppress(Refused, UnexpectedAnswer):
        try:
            # Whatever the answer is, it is one.
            await asking.ask(request, Done)
        except NoAnswer:
            return False
    return True


async def _start(client: CstaClient, wanted: SessionRequest) -> SessionStarted:
    editions = dict.fromkeys((client.namespace, *wanted.editions))
    xml = writer.start_session(editions, wanted.application, wanted.information, wanted.duration)
    try:
        return await client.request(xml, SessionStarted)
    except Refused as error:
        raise SessionRefused(str(error)) from error


async def _stop(client: CstaClient, started: SessionStarted) -> None:
    # A PBX that does not answer now has ended the session already, or will by its timer.
    with suppress(CstaError, TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await client.request(writer.stop_session(started.session), Done)
