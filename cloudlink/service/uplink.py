"""The WebSocket that gateways connect to; ``cloudlink.uplink`` describes what is said on it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from aiohttp import WSCloseCode, WSMsgType, web

from cloudlink.gateway_key import proven
from cloudlink.service import gateway_keys, gateway_reports, spools
from cloudlink.service.arrived import Arrived
from cloudlink.service.commands import Commands
from cloudlink.service.spools import Gateway
from cloudlink.tasks import until_one_ends
from cloudlink.topics import ACCOUNT_DEACTIVATED, EXTENSIONS_CHANGED, GATEWAY_CHANGED
from cloudlink.uplink import (
    COMMANDS_HEADER,
    MAX_FRAME_BYTES,
    NOT_ACCEPTED,
    PATH,
    WRONG_ADDRESS,
    Accepted,
    Ack,
    Challenge,
    CommandEnded,
    CommandTaken,
    Frame,
    Hello,
    Monitor,
    Proof,
    Publish,
    Report,
    Rotate,
    Rotated,
    UplinkError,
    Welcome,
    decode,
    encode,
    told_kinds,
)
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.directory import Directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection as SqlConnection

    from store.database import Database
    from store.outbox import Event, Outbox

F = TypeVar("F")
G = TypeVar("G")

logger = logging.getLogger(__name__)

_HELLO_WITHIN_S = 10.0
# Characters of a frame from somebody who may be anybody yet.
_LONGEST_FIRST = 4096
_HEARTBEAT_S = 30.0
# How often the store learns which links are open. ``administration.gateway_links`` believes it for three times as long.
_NOTED_EVERY_S = 60.0
# How long a close waits for the other side's: a gateway that has vanished must not hold up the one that replaces it.
_CLOSE_WITHIN_S = 2.0
# A close frame carries at most 125 bytes, two of which are the code.
_LONGEST_REASON = 120
_VOID = "the gateway's key or account is void"


class _WrongAddress(PermissionError):
    """The gateway has proved its key to another address than ours: perhaps somebody stands between."""


@dataclass(frozen=True, slots=True)
class _Link:
    """An open connection since a moment, the public key that opened it, its nonce, and what commands it knows."""

    socket: web.WebSocketResponse
    since: datetime
    key: str
    nonce: str
    knows: frozenset[str]

    async def send(self, frame: Frame) -> None:
        """Raises ``ConnectionError``."""
        await _send(self.socket, frame)


class Uplink:
    """The gateways that are connected now. A gateway that connects again takes the place of its earlier connection.

    ``counters`` counts ``facts`` (of which ``unusable``), ``reports``, and connections that were ``refused`` or ended
    for a ``bad_frame``.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        now: Clock = utc_now,
        *,
        public_url: str = "",
        commands: Commands | None = None,
    ) -> None:
        """``public_url`` is where gateways of other machines reach this server."""
        self._database = database
        self._public_url = public_url
        self._outbox = outbox
        self._commands = commands or Commands(database, now)
        self._directory = Directory(database, now)
        self._now = now
        self._connected: dict[Gateway, _Link] = {}
        self.counters: Counter[str] = Counter()

    def routes(self) -> Sequence[web.RouteDef]:
        """What the server adds to its routes."""
        return [web.get(PATH, self._serve)]

    async def on_event(self, event: Event) -> None:
        """The outbox consumer: tells gateways of changed extensions, and cuts off whose key or account is void."""
        if event.topic == EXTENSIONS_CHANGED:
            await self._tell_extensions(event)
        elif event.topic in {GATEWAY_CHANGED, ACCOUNT_DEACTIVATED}:
            await self._cut_off(event.account_id)

    async def run(self) -> NoReturn:
        """Notes again and again which links are open: those of a server that was killed are noted no more.

        And looks whether they may be: of several servers only the first hears that a key is void.
        """
        while True:
            await asyncio.sleep(_NOTED_EVERY_S)
            await self.note_open()
            await self.check_keys()

    async def note_open(self) -> None:
        """Notes in the store that the gateways of this server are connected."""
        if linked := list(self._connected):
            await self._database.write(lambda connection: spools.still_linked(connection, linked, self._now()))

    async def check_keys(self) -> None:
        """Ends the links whose key or account has become void."""
        for account_id in {gateway.account_id for gateway in self._connected}:
            await self._cut_off(account_id)

    @property
    def links(self) -> int:
        """How many gateways are connected to this server now."""
        return len(self._connected)

    def connected(self, gateway_id: str) -> bool:
        """Whether the gateway's link is open now."""
        return any(gateway.gateway_id == gateway_id for gateway in self._connected)

    async def _tell_extensions(self, event: Event) -> None:
        for gateway, link in list(self._connected.items()):
            if gateway.account_id == event.account_id:
                monitor = Monitor(await self._extensions(gateway))
                # A gateway that is going away learns the extensions from the welcome when it comes back.
                with suppress(ConnectionError):
                    await _send(link.socket, monitor)

    async def _cut_off(self, account_id: str) -> None:
        for gateway, link in list(self._connected.items()):
            if gateway.account_id == account_id and not await self._still(gateway, link.key):
                logger.info("uplink cut off", extra={"gateway_id": gateway.gateway_id})
                with suppress(ConnectionError):
                    await link.socket.close(code=WSCloseCode.POLICY_VIOLATION, message=_VOID.encode())

    async def close(self) -> None:
        """Ends all connections, so that the server can stop; the gateways come back by themselves."""
        for link in list(self._connected.values()):
            await link.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=_CLOSE_WITHIN_S, heartbeat=_HEARTBEAT_S, max_msg_size=MAX_FRAME_BYTES)
        await socket.prepare(request)
        nonce = gateway_keys.new_nonce()
        try:
            gateway, key = await self._authenticate(socket, nonce, request.host)
        except UplinkError as error:
            await self._refuse(socket, WSCloseCode.POLICY_VIOLATION, str(error))
        except _WrongAddress as error:
            await self._refuse(socket, WRONG_ADDRESS, str(error))
        except PermissionError as error:
            await self._refuse(socket, NOT_ACCEPTED, str(error))
        except DatabaseUnavailable as error:
            await self._refuse(socket, WSCloseCode.TRY_AGAIN_LATER, str(error))
        except ConnectionError:
            logger.info("uplink lost before anybody said who they are")
        else:
            knows = told_kinds(request.headers.get(COMMANDS_HEADER))
            await self._use(gateway, _Link(socket, self._now(), key, nonce, knows))
        return socket

    async def _refuse(self, socket: web.WebSocketResponse, code: int, reason: str) -> None:
        self.counters["bad_frame" if code == WSCloseCode.POLICY_VIOLATION else "refused"] += 1
        logger.warning("uplink refused", extra={"reason": reason})
        await _close(socket, code, reason)

    async def _use(self, gateway: Gateway, link: _Link) -> None:
        socket = link.socket
        try:
            await self._converse(gateway, link)
        except UplinkError as error:
            self.counters["bad_frame"] += 1
            logger.warning("uplink ended", extra={"gateway_id": gateway.gateway_id, "reason": str(error)})
            await _close(socket, WSCloseCode.POLICY_VIOLATION, str(error))
        except DatabaseUnavailable as error:
            # The gateway keeps what is not acknowledged, and comes back.
            logger.warning("uplink ended", extra={"gateway_id": gateway.gateway_id, "reason": str(error)})
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        except ConnectionError:
            logger.info("uplink lost", extra={"gateway_id": gateway.gateway_id})
        finally:
            self._commands.detach(gateway, link.send)
            if self._connected.get(gateway) is link:
                del self._connected[gateway]
            # Also when this task is cancelled, as one whose connection is gone may be.
            with suppress(DatabaseUnavailable):
                await self._database.write(lambda connection: self._ended(connection, gateway, link))

    def _ended(self, connection: SqlConnection, gateway: Gateway, link: _Link) -> None:
        spools.seen(connection, gateway, self._now())
        if gateway not in self._connected:
            spools.unlinked(connection, gateway, link.since)

    async def _authenticate(self, socket: web.WebSocketResponse, nonce: str, host: str) -> tuple[Gateway, str]:
        """The gateway and its public key. Raises ``PermissionError`` for one that is not known by what it proves."""
        await _send(socket, Challenge(nonce))
        proof = await _first(socket, Proof)
        known = await self._directory.gateway(proof.gateway_id)
        if known is None or not gateway_keys.is_proven(proof, known[1], nonce):
            raise PermissionError("unknown gateway or key")
        if not gateway_keys.is_ours(proof.audience, self._public_url, host):
            raise _WrongAddress(f"the gateway has to reach CloudLink by its public address {self._public_url}")
        await _send(socket, Accepted())
        return Gateway(known[0], proof.gateway_id), known[1]

    async def _still(self, gateway: Gateway, key: str) -> bool:
        return await self._directory.gateway(gateway.gateway_id) == (gateway.account_id, key)

    async def _converse(self, gateway: Gateway, link: _Link) -> None:
        socket = link.socket
        hello = await _first(socket, Hello, Rotate)
        if isinstance(hello, Rotate):
            await self._rotate(gateway, link, hello)
            return
        received = await self._database.write(lambda c: spools.open_spool(c, gateway, hello, link.since))
        extensions = await self._extensions(gateway)
        await _send(socket, Welcome(received, extensions))
        await self._replace(gateway, link)
        # Key and extensions may have changed after they were read and before this connection could be told so.
        if not await self._still(gateway, link.key):
            raise UplinkError(_VOID)
        if (changed := await self._extensions(gateway)) != extensions:
            await _send(socket, Monitor(changed))
        logger.info("uplink open", extra={"gateway_id": gateway.gateway_id, "version": hello.version})
        arrived = Arrived()
        await until_one_ends(self._keep(gateway, hello.spool_id, socket, arrived), self._hear(gateway, socket, arrived))

    async def _rotate(self, gateway: Gateway, link: _Link, wanted: Rotate) -> None:
        if not proven(wanted.public_key, wanted.signature, gateway.gateway_id, wanted.public_key, link.nonce):
            raise UplinkError("the new key is not proven")
        await self._database.write(
            lambda connection: gateway_keys.rotate(connection, gateway, wanted, link.key, self._now()), durable=True
        )
        self._outbox.wake()
        await _send(link.socket, Rotated())
        await link.socket.close()

    async def _hear(self, gateway: Gateway, socket: web.WebSocketResponse, arrived: Arrived) -> None:
        """Until the connection ends."""
        while (frame := await _receive(socket)) is not None:
            match frame:
                case Publish():
                    await arrived.put(frame)
                case CommandTaken() | CommandEnded():
                    await self._commands.hear(gateway, frame)
                case Report():
                    await self._keep_report(gateway, frame)
                case _:
                    raise UplinkError(f"a gateway does not send {frame.type} here")

    async def _keep(self, gateway: Gateway, spool_id: str, socket: web.WebSocketResponse, arrived: Arrived) -> NoReturn:
        """Writes and acknowledges together what has arrived while the last was written."""
        while True:
            publishes = await arrived.take()
            await _send(socket, Ack(await self._write(gateway, spool_id, publishes)))

    async def _keep_report(self, gateway: Gateway, frame: Report) -> None:
        await self._database.write(
            lambda connection: gateway_reports.keep(connection, gateway, frame.report, self._now())
        )
        self.counters["reports"] += 1

    async def _replace(self, gateway: Gateway, link: _Link) -> None:
        earlier = self._connected.get(gateway)
        self._connected[gateway] = link
        self._commands.attach(gateway, link.send, link.knows)
        if earlier is not None:
            await earlier.socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"replaced by a newer connection")

    async def _write(self, gateway: Gateway, spool_id: str, publishes: Sequence[Publish]) -> int:
        # Durable, since the gateway forgets what is acknowledged.
        receipt = await self._database.write(
            lambda connection: spools.receive(connection, gateway, spool_id, publishes, self._now()), durable=True
        )
        self.counters["facts"] += receipt.facts
        self.counters["unusable"] += len(receipt.unusable)
        for reason, number in Counter(receipt.unusable).items():
            extra = {"gateway_id": gateway.gateway_id, "until": receipt.received, "reason": reason, "facts": number}
            logger.warning("facts not usable", extra=extra)
        if receipt.lost:
            self.counters["calls_lost"] += receipt.lost
            logger.error("a gateway has lost calls", extra={"gateway_id": gateway.gateway_id, "calls": receipt.lost})
        self._outbox.wake()
        return receipt.received

    async def _extensions(self, gateway: Gateway) -> tuple[str, ...]:
        return tuple(row[0] for row in await self._database.read(spools.MONITORED, gateway.key))


@overload
async def _first(socket: web.WebSocketResponse, kind: type[F], /) -> F: ...
@overload
async def _first(socket: web.WebSocketResponse, kind: type[F], other: type[G], /) -> F | G: ...
async def _first(socket: web.WebSocketResponse, *kinds: type[Any]) -> Any:
    """A frame of one of these kinds, which is the first to be said. Raises ``UplinkError`` for another, or none."""
    names = " or ".join(kind.__name__.lower() for kind in kinds)
    try:
        async with asyncio.timeout(_HELLO_WITHIN_S):
            frame = await _receive(socket, _LONGEST_FIRST)
    except TimeoutError:
        raise UplinkError(f"no {names} within {_HELLO_WITHIN_S:.0f} s") from None
    if frame is None:
        raise ConnectionResetError
    if not isinstance(frame, kinds):
        raise UplinkError(f"the first frame must be {names}")
    return frame


async def _close(socket: web.WebSocketResponse, code: int, reason: str) -> None:
    message = reason.encode()[:_LONGEST_REASON].decode(errors="ignore").encode()
    await socket.close(code=code, message=message)


async def _receive(socket: web.WebSocketResponse, longest: int = MAX_FRAME_BYTES) -> Frame | None:
    """The next frame; ``None`` when the connection has ended. Raises ``UplinkError``."""
    message = await socket.receive()
    if message.type is WSMsgType.TEXT:
        if len(message.data) > longest:
            raise UplinkError("the frame is too long")
        return decode(message.data)
    if message.type is WSMsgType.BINARY:
        raise UplinkError("frames are text")
    return None


async def _send(socket: web.WebSocketResponse, frame: Frame) -> None:
    await socket.send_str(encode(frame))
