"""What Mitel posts to our webhook, and the fresh read that follows.

Nothing in a post is believed: how it is signed is not public. It only says whose calls to read again, through the port
and with that person's own token; records that are new become ``call.recorded`` events, as from a gateway of ours. A
post about somebody who has not signed in here is answered alike and forgotten.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
from aiohttp import web

from cloudlink.model import Principal
from cloudlink.port import CloudLinkError
from cloudlink.topics import CALL_RECORDED
from store import outbox
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.hosted.hosted import HostedCloudLink
    from cloudlink.hosted.tokens import UserTokens
    from cloudlink.model import Call
    from store.database import Database

logger = logging.getLogger(__name__)

PATH = "/cloudlink/notifications/{secret}"
MAX_BYTES = 256_000
# As many people may wait to be read again; whoever comes on top is read at their next question.
_LONGEST_QUEUE = 10_000
_PAGE = 20


class Notifications:
    """The webhook and its reader. Records from before the start are not news."""

    def __init__(
        self,
        cloudlink: HostedCloudLink,
        tokens: UserTokens,
        database: Database,
        events: outbox.Outbox,
        *,
        secret: str,
        now: Clock = utc_now,
    ) -> None:
        self._cloudlink = cloudlink
        self._tokens = tokens
        self._database = database
        self._events = events
        self._secret = secret
        self._now = now
        self._started = now()
        self._newest: dict[Principal, tuple[datetime, frozenset[str]]] = {}
        self._waiting: dict[Principal, None] = {}
        self._bell = asyncio.Event()

    def routes(self) -> Sequence[web.RouteDef]:
        """Where Mitel posts to: 204 whatever the post says, 404 for an address that is not ours."""
        return [web.post(PATH, self._receive)]

    async def run(self) -> NoReturn:
        """Reads again the calls of those whom posts have named, one person after another, until cancelled."""
        while True:
            self._bell.clear()
            # First, since somebody may have been left waiting when this ended before.
            while self._waiting:
                who = next(iter(self._waiting))
                del self._waiting[who]
                try:
                    await self._read_again(who)
                except BaseException:
                    # The database is away, or we are stopped: nobody is forgotten for that.
                    self._waiting[who] = None
                    raise
            await self._bell.wait()

    async def _receive(self, request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.match_info["secret"].encode(), self._secret.encode()):
            raise web.HTTPNotFound
        try:
            told = orjson.loads(await request.clone(client_max_size=MAX_BYTES).read())
        except orjson.JSONDecodeError:
            raise web.HTTPBadRequest(text="not JSON") from None
        for who in _named(told):
            if len(self._waiting) < _LONGEST_QUEUE and await self._tokens.known(who):
                self._waiting[who] = None
        self._bell.set()
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _read_again(self, who: Principal) -> None:
        try:
            page = await self._cloudlink.calls(who, limit=_PAGE)
        except CloudLinkError as error:
            logger.info("calls not read again", extra={"account_id": who.account_id, "error": str(error)})
            return
        since, known = self._newest.get(who, (self._started, frozenset()))
        new = [call for call in page.items if _ended(call) >= since and call.call_id not in known]
        if not new:
            return
        await self._tell(who, list(reversed(new)))
        newest = max(map(_ended, new))
        # Records that ended in the same instant as the newest may come one by one.
        self._newest[who] = (newest, frozenset(call.call_id for call in page.items if _ended(call) >= newest))

    async def _tell(self, who: Principal, calls: Sequence[Call]) -> None:
        now = self._now()

        def work(connection: Connection) -> None:
            for call in calls:
                payload = {"principal_id": who.principal_id, "call_id": call.call_id, "missed": call.missed}
                outbox.append(connection, who.account_id, CALL_RECORDED, payload, now)

        await self._database.write(work)
        self._events.wake()


def _ended(call: Call) -> datetime:
    return call.end_time or call.created_on


def _named(told: Any) -> Iterator[Principal]:
    """The people whom a post, alone or a list of publications, may be about."""
    posts = told.get("publications", [told]) if isinstance(told, dict) else told
    for post in posts if isinstance(posts, list) else []:
        match post:
            case {"content": {"accountId": str(account_id), "principalId": str(principal_id)}}:
                yield Principal(account_id, principal_id)
            case {"publisher": {"accountId": str(account_id), "principalId": str(principal_id)}}:
                yield Principal(account_id, principal_id)
