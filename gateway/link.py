"""The CloudLink side: one outbound WebSocket that speaks ``cloudlink.uplink``."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from cloudlink import uplink
from cloudlink.uplink import Ack, CommandGiven, CommandOffered, Hello, Monitor, Report, UplinkError, Welcome
from gateway.retry import Backoff, keep_up
from gateway.status.state import CloudState
from gateway.status.telling import tell
from gateway.tasks import until_one_ends

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from cloudlink.gateway_report import GatewayReport
    from cloudlink.uplink import Frame
    from gateway.orders import Orders
    from gateway.spool import Spool

logger = logging.getLogger(__name__)

PING_SECONDS = 20.0


class UplinkLost(Exception):
    """There is no use in this connection any more."""


# UplinkError is what CloudLink should not have said.
_LOST = (aiohttp.ClientError, UplinkLost, UplinkError, OSError)


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where CloudLink is (``http(s)`` URL without path) and as whom the gateway signs in."""

    url: str
    gateway_id: str
    key: str = field(repr=False)
    backoff: Backoff = field(default_factory=Backoff)


class Link:
    """Sends what is in ``spool`` while ``run`` runs. ``monitor`` hears which extensions CloudLink wants monitored."""

    def __init__(
        self,
        cloud: Cloud,
        spool: Spool,
        *,
        counters: Counter[str],
        monitor: Callable[[tuple[str, ...]], None],
        orders: Orders,
        version: str,
        report: Callable[[], Awaitable[GatewayReport]],
        now: Callable[[], datetime],
    ) -> None:
        self._cloud = cloud
        self._spool = spool
        self._counters = counters
        self._monitor = monitor
        self._orders = orders
        self._version = version
        self._report = report
        self._now = now
        self._since: datetime | None = None
        self._error: str | None = None
        self._fresh = asyncio.Event()

    def wake(self) -> None:
        """The spool has new facts."""
        self._fresh.set()

    def state(self) -> CloudState:
        """Whether CloudLink is connected, since when, and why not."""
        return CloudState(url=self._cloud.url, connected_since=self._since, error=self._error)

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(headers={"Authorization": self._authorization}) as http:
            await keep_up(lambda: self._connect(http), _LOST, self._cloud.backoff)

    @property
    def _authorization(self) -> str:
        return f"Bearer {self._cloud.gateway_id}.{self._cloud.key}"

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        url = self._cloud.url + uplink.PATH
        try:
            async with http.ws_connect(url, heartbeat=PING_SECONDS, max_msg_size=uplink.MAX_FRAME_BYTES) as socket:
                try:
                    await self._converse(socket)
                except UplinkError as error:
                    await socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION, message=str(error).encode()[:123])
                    raise
        except _LOST as error:
            self._error = _reason(error)
            logger.warning("no CloudLink", extra={"reason": self._error, "held": len(self._spool)})
            raise
        finally:
            self._since = None

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_str(uplink.encode(Hello(self._spool.spool_id, self._version)))
        welcome = await _receive(socket)
        if not isinstance(welcome, Welcome):
            raise UplinkError("the first frame is not welcome")
        if not self._spool.meets(welcome.received):
            await asyncio.to_thread(self._spool.renew)
            raise UplinkLost("the spool or CloudLink was put back to an earlier state; the spool goes on as a new one")
        logger.info("connected to CloudLink", extra={"received": welcome.received, "held": len(self._spool)})
        self._counters["cloud_connections"] += 1
        self._since, self._error = self._now(), None
        await self._acknowledge(welcome.received)
        await asyncio.to_thread(self._spool.coalesce)
        await self._told(welcome.extensions)
        given: asyncio.Queue[CommandOffered | CommandGiven] = asyncio.Queue()
        await until_one_ends(
            tell(lambda report: _send_report(socket, report), self._report),
            self._send(socket, welcome.received),
            self._orders.serve(given, lambda frame: socket.send_str(uplink.encode(frame))),
            self._listen(socket, given),
        )

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, sequence: int) -> None:
        while True:
            self._fresh.clear()
            while facts := await asyncio.to_thread(self._spool.after, sequence):
                await socket.send_str(uplink.encode_publish(sequence, facts))
                sequence = facts[-1][0]
            await self._fresh.wait()

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, given: asyncio.Queue[CommandOffered | CommandGiven]
    ) -> None:
        while True:
            match await _receive(socket):
                case Ack(sequence):
                    await self._acknowledge(sequence)
                case Monitor(extensions):
                    await self._told(extensions)
                case CommandOffered() | CommandGiven() as order:
                    given.put_nowait(order)
                case frame:
                    raise UplinkError(f"{frame.type} is nothing that a gateway takes")

    async def _acknowledge(self, sequence: int) -> None:
        await asyncio.to_thread(self._spool.forget, sequence)

    async def _told(self, extensions: tuple[str, ...]) -> None:
        await asyncio.to_thread(self._spool.remember_extensions, extensions)
        self._monitor(extensions)


async def _send_report(socket: aiohttp.ClientWebSocketResponse, report: GatewayReport) -> None:
    await socket.send_str(uplink.encode(Report(report)))


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> Frame:
    """The next frame. Raises ``UplinkLost`` when there will be none, ``UplinkError`` for one that cannot be read."""
    message = await socket.receive()
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise UplinkLost(f"CloudLink closed the connection ({socket.close_code}): {message.extra or 'no reason given'}")
    return uplink.decode(message.data)


def _reason(error: Exception) -> str:
    if not isinstance(error, aiohttp.WSServerHandshakeError):
        return str(error) or type(error).__name__
    check = "GATEWAY_ID and GATEWAY_KEY" if error.status == 401 else "GATEWAY_CLOUDLINK_URL"
    return f"refused with status {error.status}: check {check}"
