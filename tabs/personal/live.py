"""``GET /tabs/calls/events``: an event stream (WHATWG HTML, "Server-sent events") that says when there are new calls.

It tells nothing of the calls themselves: the page reads them as it does otherwise, so a stream that was broken off
needs no place to go on from, and nobody sees by it what their session no longer allows.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from aiohttp import web

from cloudlink.model import Principal
from cloudlink.topics import CALL_RECORDED
from tabs.visitors import SignedOut

if TYPE_CHECKING:
    from store.outbox import Event, Outbox
    from tabs.visitors import Visitors

# Proxies close what is silent for a minute; each time it is also asked whether the session still stands.
_SIGN_OF_LIFE_S = 20.0
# Streams of one person: two devices with a few windows each, and not a way to fill the memory.
_MOST_STREAMS = 12
_NEWS = b"event: calls\ndata:\n\n"
_ALIVE = b": alive\n\n"


class LiveCalls:
    """Streams that are open, by person."""

    def __init__(self, outbox: Outbox, visitors: Visitors) -> None:
        self._outbox = outbox
        self._visitors = visitors
        self._streams: defaultdict[Principal, set[asyncio.Event]] = defaultdict(set)
        self._closing = False

    async def run(self) -> NoReturn:
        """Tells the streams of new calls, until cancelled."""
        await self._outbox.follow(self._on_event, after=await self._outbox.end())

    async def close(self, _: web.Application) -> None:
        """Ends all streams, which the server would wait for otherwise when it stops; pages take them up again."""
        self._closing = True
        for bells in self._streams.values():
            for bell in bells:
                bell.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """200 with the stream; 401 for nobody, 429 for too many streams of one person."""
        try:
            who = (await self._visitors.who(request)).session.user.principal
        except SignedOut:
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if len(self._streams.get(who, ())) >= _MOST_STREAMS:
            return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
        bell = asyncio.Event()
        self._streams[who].add(bell)
        try:
            return await self._tell(request, bell)
        finally:
            self._streams[who].discard(bell)
            if not self._streams[who]:
                del self._streams[who]

    async def _tell(self, request: web.Request, bell: asyncio.Event) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        told = _ALIVE
        while not self._closing and await self._allowed(request):
            await response.write(told)
            told = await _next(bell)
        return response

    async def _allowed(self, request: web.Request) -> bool:
        try:
            await self._visitors.who(request)
        except SignedOut:
            return False
        return True

    async def _on_event(self, event: Event) -> None:
        if event.topic != CALL_RECORDED:
            return
        who = Principal(event.account_id, str(event.payload.get("principal_id")))
        for bell in self._streams.get(who, ()):
            bell.set()


async def _next(bell: asyncio.Event) -> bytes:
    try:
        async with asyncio.timeout(_SIGN_OF_LIFE_S):
            await bell.wait()
    except TimeoutError:
        return _ALIVE
    bell.clear()
    return _NEWS
