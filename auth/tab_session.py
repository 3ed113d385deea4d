"""``POST /tabs/session``, ``/console/session``: our pages inside Teams exchange the code of a sign-in for a bearer.

In: ``{"code": …, "verifier": …}`` (``tab_sign_in``). Out: 200 ``{"token": …}``; 400 for another body, 413 for a long
one, 401 for a code that is not good, 429. No cookie is set or read. Who uses the personal pages stays signed in for
weeks, as in the chat; the console asks again after an hour.
"""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.json_exchange import answer, read_texts
from cloudlink.identity import SessionKind
from cloudlink.port import UnknownId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auth.tab_sign_in import TabSignIns
    from cloudlink.identity import Sessions
    from store.attempts import Attempts

logger = logging.getLogger(__name__)

PATHS: Mapping[str, SessionKind] = {"/tabs/session": SessionKind.TAB, "/console/session": SessionKind.TEAMS}


class TabSessions:
    """The routes. ``attempts`` slow down an address whose codes are refused."""

    def __init__(self, tabs: TabSignIns, sessions: Sessions, attempts: Attempts) -> None:
        self._tabs = tabs
        self._sessions = sessions
        self._attempts = attempts

    def routes(self, paths: Sequence[str] = tuple(PATHS)) -> Sequence[web.AbstractRouteDef]:
        """What the server adds to its routes."""
        return [web.post(path, self._exchange) for path in paths]

    async def _exchange(self, request: web.Request) -> web.Response:
        code, verifier = await read_texts(request, "code", "verifier")
        address = request.remote or ""
        if wait := await self._attempts.begin(address):
            return answer(HTTPStatus.TOO_MANY_REQUESTS, {}, retry_after=math.ceil(wait))
        redeemed = await self._tabs.redeem(code, verifier)
        if redeemed is None:
            return answer(HTTPStatus.UNAUTHORIZED, {"reason": "code"})
        await self._attempts.take_back(address)
        who, provider = redeemed
        try:
            secret = await self._sessions.open(who, PATHS[request.path], provider, address=address)
        except UnknownId:
            # The user or the account was deactivated since the password was typed.
            return answer(HTTPStatus.UNAUTHORIZED, {"reason": "code"})
        logger.info("somebody signed in to a tab", extra={"account_id": who.account_id})
        return answer(HTTPStatus.OK, {"token": secret})
