"""The CloudLink side: one outbound WebSocket that speaks ``cloudlink.uplink``."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from cloudlink import uplink
from cloudlink.tasks import until_one_ends
from cloudlink.uplink import Ack, CommandGiven, CommandOffered, Hello, Monitor, Report, UplinkError, Welcome
from gateway.credentials import NotPaired
from gateway.entrance import KeyRefused, UplinkLost, enter, receive
from gateway.outbound import reason
from gateway.retry import Backoff, keep_up
from gateway.status.state import CloudState
from gateway.status.telling import tell

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from cloudlink.gateway_key import GatewayKey
    from cloudlink.gateway_report import GatewayReport
    from gateway.credentials import Credentials
    from gateway.orders import Orders
    from gateway.spool import Spool

logger = logging.getLogger(__name__)

PING_SECONDS = 20.0
# UplinkError is what CloudLink should not have said.
_LOST = (aiohttp.ClientError, UplinkLost, UplinkError, NotPaired, OSError)


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where CloudLink is (``http(s)`` URL without path), how to get there, and as whom the gateway signs in.

    ``credentials`` is asked at each connection, since a key may have been replaced meanwhile.
    """

    url: str
    credentials: Callable[[], Credentials]
    session: Callable[[], aiohttp.ClientSession]
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
        async with self._cloud.session() as http:
            await keep_up(lambda: self._connect(http), _LOST, self._cloud.backoff)

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        try:
            credentials = await asyncio.to_thread(self._cloud.credentials)
            first, *others = credentials.keys
            try:
                await self._connect_by(http, credentials.gateway_id, first)
            except KeyRefused:
                if not others:
                    raise
                await self._connect_by(http, credentials.gateway_id, others[0])
        except _LOST as error:
            self._error = _reason(error)
            logger.warning("no CloudLink", extra={"reason": self._error, "held": len(self._spool)})
            raise
        finally:
            self._since = None

    async def _connect_by(self, http: aiohttp.ClientSession, gateway_id: str, key: GatewayKey) -> None:
        url = self._cloud.url + uplink.PATH
        headers = {uplink.COMMANDS_HEADER: uplink.tell_kinds()}
        async with http.ws_connect(
            url, heartbeat=PING_SECONDS, max_msg_size=uplink.MAX_FRAME_BYTES, headers=headers
        ) as socket:
            try:
                await enter(socket, self._cloud.url, gateway_id, key)
                await self._converse(socket)
            except UplinkError as error:
                await socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION, message=str(error).encode()[:123])
                raise

    async def _converse(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_str(uplink.encode(Hello(self._spool.spool_id, self._version)))
        welcome = await receive(socket)
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
            match await receive(socket):
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


def _reason(error: Exception) -> str:
    if isinstance(error, KeyRefused):
        return f"{error}: pair this gateway again, or check GATEWAY_ID and GATEWAY_KEY"
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"refused with status {error.status}: check GATEWAY_CLOUDLINK_URL"
    return reason(error)
