"""CloudLink's side of the uplink on a real WebSocket, in plain JSON: it keeps what it is sent and can go away.

``received`` is what it holds of the spool that it knows, as CloudLink does: numbers that it holds already count once,
and a gap is an error. ``others`` are frames that are no facts, ``commands`` what each connection
says that its gateway can do.
"""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiohttp import WSMsgType, web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from types import TracebackType

GATEWAY_ID = "gateway-1"
KEY = urlsafe_b64encode(b"the key of the gateway in a test").rstrip(b"=").decode()
ANOTHER_KEY = urlsafe_b64encode(b"a key of which CloudLink is ... ").rstrip(b"=").decode()
NONCE = "a nonce that is always the same"


@dataclass
class UplinkPeer:
    """``acknowledging`` off keeps every fact and says nothing, like a CloudLink that dies before it has committed."""

    extensions: list[str] = field(default_factory=lambda: ["201"])
    port: int = 0
    acknowledging: bool = True
    spools: dict[str, int] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    commands: list[str | None] = field(default_factory=list)
    refused: int = 0
    hellos: list[dict[str, Any]] = field(default_factory=list)
    close_codes: list[int | None] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._changed = asyncio.Condition()
        self._sockets: list[web.WebSocketResponse] = []
        app = web.Application()
        app.router.add_get("/uplink", self._uplink)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        await self.hang_up()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def records(self) -> list[dict[str, Any]]:
        return [fact["call"] for fact in self.facts if fact["kind"] == "callRecorded"]

    @property
    def states(self) -> list[str]:
        return [fact["state"] for fact in self.facts if "state" in fact]

    async def hang_up(self) -> None:
        """Closes every connection."""
        for socket in self._sockets:
            await socket.close()

    async def say(self, frame: dict[str, Any] | str) -> None:
        await self._sockets[-1].send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def until(self, condition: Any) -> None:
        """Waits until ``condition()`` is true, asked after every frame and every refusal."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(condition), 10)

    async def _uplink(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.commands.append(request.headers.get("X-Uplink-Commands"))
        await socket.send_str(json.dumps({"type": "challenge", "nonce": NONCE}))
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT or not self._accepts(json.loads(message.data)):
            self.refused += 1
            await self._notify()
            await socket.close(code=4401, message=b"unknown gateway or key")
            return socket
        await socket.send_str(json.dumps({"type": "accepted"}))
        self._sockets.append(socket)
        with suppress(ConnectionError):
            await self._converse(socket)
        return socket

    def _accepts(self, proof: dict[str, str]) -> bool:
        """As RFC 8032 has it, by the documented words."""
        told = ("mitel-assistant gateway proof 1", GATEWAY_ID, self.url, NONCE)
        octets = urlsafe_b64decode(proof["signature"] + "==")
        key = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(KEY + "=")).public_key()
        try:
            key.verify(octets, "\n".join(told).encode())
        except InvalidSignature:
            return False
        return (proof["type"], proof["gatewayId"], proof["audience"]) == ("proof", GATEWAY_ID, self.url)

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        spool = ""
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            frame = json.loads(message.data)
            if frame["type"] == "hello":
                spool = frame["spoolId"]
                self.hellos.append(frame)
                received = self.spools.setdefault(spool, 0)
                welcome = {"type": "welcome", "received": received, "extensions": self.extensions}
                await socket.send_str(json.dumps(welcome))
            elif frame["type"] == "report":
                self.reports.append(frame["report"])
            elif frame["type"] == "publish":
                await self._publish(socket, spool, frame)
            else:
                self.others.append(frame)
            await self._notify()
        self.close_codes.append(socket.close_code)

    async def _publish(self, socket: web.WebSocketResponse, spool: str, frame: dict[str, Any]) -> None:
        if not self.acknowledging:
            return
        assert frame["after"] <= self.spools[spool], "a gap"
        for entry in frame["facts"]:
            if entry["sequence"] > self.spools[spool]:
                self.spools[spool] = entry["sequence"]
                self.facts.append(entry["fact"])
        await socket.send_str(json.dumps({"type": "ack", "sequence": self.spools[spool]}))

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
