"""A Teams connector on loopback: the Bot Framework's REST API v3 with its documented refusals.

It keeps what it was sent, answers 201 with an id for a new message and 200 for an updated one, and can be told to be
busy (429, 412, 502, 504), to refuse, or to take its time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import TestServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it arrived: ``activity_id`` is the message replied to, updated or deleted."""

    method: str
    conversation_id: str
    activity_id: str | None
    activity: dict[str, Any]
    authorization: str | None
    at: float

    @property
    def card(self) -> dict[str, Any]:
        """The Adaptive Card of the message."""
        (attachment,) = self.activity["attachments"]
        card: dict[str, Any] = attachment["content"]
        return card


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of taking the message."""

    status: int
    code: str = "ServiceError"
    headers: dict[str, str] = field(default_factory=dict)


class FakeConnector:
    """``taken`` holds what was accepted, ``requests`` every try; ``faults`` are answered first, in order."""

    def __init__(self) -> None:
        self.taken: list[Sent] = []
        self.requests: list[Sent] = []
        self.faults: deque[Fault] = deque()
        self.open = asyncio.Event()
        self.open.set()
        self.arrived = asyncio.Condition()
        self.url = ""

    async def wait_for(self, count: int) -> list[Sent]:
        """What was taken, once there are ``count`` of them."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: len(self.taken) >= count), 10)
        return self.taken

    async def wait_for_requests(self, count: int) -> list[Sent]:
        """Every try, once there are ``count`` of them."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: len(self.requests) >= count), 10)
        return self.requests

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any method on an activities resource."""
        sent = await self._record(request)
        await self.open.wait()
        if self.faults:
            fault = self.faults.popleft()
            body = {"error": {"code": fault.code, "message": "refused"}}
            return web.json_response(body, status=fault.status, headers=fault.headers)
        async with self.arrived:
            self.taken.append(sent)
            self.arrived.notify_all()
        return web.json_response({"id": f"1:{len(self.taken)}"}, status=201 if request.method == "POST" else 200)

    async def _record(self, request: web.Request) -> Sent:
        sent = Sent(
            request.method,
            request.match_info["conversation_id"],
            request.match_info.get("activity_id"),
            await request.json() if request.can_read_body else {},
            request.headers.get("Authorization"),
            time.monotonic(),
        )
        async with self.arrived:
            self.requests.append(sent)
            self.arrived.notify_all()
        return sent


@asynccontextmanager
async def fake_connector() -> AsyncIterator[FakeConnector]:
    """Serves on a free port of 127.0.0.1; ``url`` is what an activity names as its ``serviceUrl``."""
    connector = FakeConnector()
    app = web.Application()
    activities = "/teams/v3/conversations/{conversation_id}/activities"
    app.router.add_post(activities, connector.answer)
    app.router.add_route("*", activities + "/{activity_id}", connector.answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    connector.url = str(server.make_url("/teams/"))
    try:
        yield connector
    finally:
        connector.open.set()
        await server.close()
