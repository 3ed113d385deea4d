"""Event streams of open pages (WHATWG HTML, "Server-sent events"): new calls of one's own, lines of colleagues.

- ``GET /tabs/calls/events``     ``calls`` without data: there are new ones, which the page reads as it does otherwise
- ``GET /tabs/contacts/events``  ``lines`` with ``{principal id: line state}`` of the account, and never with whom;
                               without data: a gateway is away or back, and the page reads the lines that it shows

A stream that was broken off needs no place to go on from, since a page asks for what it shows when it is there again;
and nobody sees by it what their session no longer allows.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from aiohttp import web

from cloudlink.model import LineState, Principal
from cloudlink.port import CloudLinkError
from cloudlink.topics import CALL_RECORDED, LINE_CHANGED, LINES_KNOWN
from tabs.visitors import SignedOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from cloudlink.port import CloudLink
    from store.outbox import Event, Outbox
    from tabs.visitors import Visitors

    Key = Principal | str

# Proxies close what is silent for a minute; each time it is also asked whether the session still stands.
_SIGN_OF_LIFE_S = 20.0
# Streams of one person: two devices with a few windows each, and not a way to fill the memory.
_MOST_STREAMS = 12
# Lines of a busy company change many times a second; a page is told at most so often.
_PAUSE_S = 0.5
_ALIVE = b": alive\n\n"


@dataclass(eq=False, slots=True)
class _Stream:
    """What one open page is still to be told."""

    bell: asyncio.Event = field(default_factory=asyncio.Event)
    news: dict[str, str] = field(default_factory=dict)
    # All may be new, so that the page has to read it: what is new besides need not be told.
    all_new: bool = False
    told_at: float = -_PAUSE_S

    def tell(self, news: dict[str, str]) -> None:
        self.news |= news
        self.all_new |= not news
        self.bell.set()

    async def next(self, name: str) -> bytes:
        """The next block of the stream; what is new meanwhile, or within ``_PAUSE_S`` of the last, comes together."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self.told_at + _PAUSE_S - clock())
        try:
            async with asyncio.timeout(_SIGN_OF_LIFE_S):
                await self.bell.wait()
        except TimeoutError:
            return _ALIVE
        self.bell.clear()
        self.told_at = clock()
        data = "" if self.all_new else json.dumps(self.news, separators=(",", ":"))
        self.news, self.all_new = {}, False
        return f"event: {name}\ndata:{data}\n\n".encode()


class _Channel:
    """The open streams of one kind. ``key_of`` says whose news somebody is told: their own, or the account's."""

    def __init__(self, name: str, key_of: Callable[[Principal], Key]) -> None:
        self.name = name
        self.key_of = key_of
        self.streams: defaultdict[Key, set[_Stream]] = defaultdict(set)

    def tell(self, key: Key, news: dict[str, str]) -> None:
        """``news`` is empty where all may be new."""
        for stream in self.streams.get(key, ()):
            stream.tell(news)

    def open(self, key: Key) -> _Stream:
        stream = _Stream()
        self.streams[key].add(stream)
        return stream

    def close(self, key: Key, stream: _Stream) -> None:
        self.streams[key].discard(stream)
        if not self.streams[key]:
            del self.streams[key]


class LiveStreams:
    """Tells open pages what is new."""

    def __init__(self, cloudlink: CloudLink, outbox: Outbox, visitors: Visitors) -> None:
        self._cloudlink = cloudlink
        self._outbox = outbox
        self._visitors = visitors
        self._calls = _Channel("calls", lambda who: who)
        self._lines = _Channel("lines", lambda who: who.account_id)
        self._of_person: defaultdict[Principal, int] = defaultdict(int)
        self._closing = False

    async def run(self) -> NoReturn:
        """Tells the streams of what happens, until cancelled."""
        await self._outbox.follow(self._on_event, after=await self._outbox.end())

    async def close(self, _: web.Application) -> None:
        """Ends all streams, which the server would wait for otherwise when it stops; pages take them up again."""
        self._closing = True
        for channel in (self._calls, self._lines):
            for key in channel.streams:
                channel.tell(key, {})

    @property
    def calls(self) -> Handler:
        """Handler of the stream that tells of new calls."""
        return self._handler(self._calls)

    @property
    def lines(self) -> Handler:
        """Handler of the stream that tells of colleagues' lines."""
        return self._handler(self._lines)

    def _handler(self, channel: _Channel) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            """200 with the stream; 401 for nobody, 429 for too many streams of one person."""
            try:
                who = (await self._visitors.who(request)).session.user.principal
            except SignedOut:
                return web.Response(status=HTTPStatus.UNAUTHORIZED)
            if self._of_person.get(who, 0) >= _MOST_STREAMS:
                return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
            return await self._opened(request, who, channel)

        return handle

    async def _opened(self, request: web.Request, who: Principal, channel: _Channel) -> web.StreamResponse:
        key = channel.key_of(who)
        stream = channel.open(key)
        self._of_person[who] += 1
        try:
            return await self._tell(request, channel.name, stream)
        finally:
            channel.close(key, stream)
            self._of_person[who] -= 1
            if not self._of_person[who]:
                del self._of_person[who]

    async def _tell(self, request: web.Request, name: str, stream: _Stream) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        told = _ALIVE
        # The page may be closed at any time.
        with suppress(ConnectionResetError):
            while not self._closing and await self._allowed(request):
                await response.write(told)
                told = await stream.next(name)
        return response

    async def _allowed(self, request: web.Request) -> bool:
        try:
            await self._visitors.who(request)
        except SignedOut:
            return False
        return True

    async def _on_event(self, event: Event) -> None:
        about = event.payload.get("principal_id")
        if event.topic == CALL_RECORDED:
            self._calls.tell(Principal(event.account_id, str(about)), {})
        elif event.topic == LINE_CHANGED and about and event.account_id in self._lines.streams:
            await self._tell_line(Principal(event.account_id, str(about)))
        elif event.topic == LINES_KNOWN:
            self._lines.tell(event.account_id, {})

    async def _tell_line(self, of: Principal) -> None:
        """How the line is now, read once for all who look on. Without CloudLink it is not known."""
        try:
            states = await self._cloudlink.line_states(of, [of.principal_id])
        except CloudLinkError:
            states = {}
        state = states.get(of.principal_id, LineState.UNKNOWN)
        self._lines.tell(of.account_id, {of.principal_id: state.value})
