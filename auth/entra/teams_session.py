"""``POST /console/teams-session``: our own pages inside Teams exchange Teams' token for a bearer of ours.

In: ``{"token": …}`` as ``getAuthToken`` gave it. Out: 200 ``{"token": …}``; 400 for another body, 413 for a long one,
401 for a token that is not good, 403 with ``{"reason": …}`` when nobody here is meant by it, 429, 503. No cookie is set
or read.
"""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.entra.teams_tokens import TokenRefused
from auth.json_exchange import answer, read_texts
from cloudlink.identity import AuthProvider, NotLinked, SessionKind
from cloudlink.port import CloudLinkUnavailable, UnknownId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.entra.teams_tokens import TeamsTokens
    from cloudlink.identity import EntraSignIn, Sessions
    from store.attempts import Attempts

logger = logging.getLogger(__name__)

PATH = "/console/teams-session"


class TeamsSessions:
    """The route. ``attempts`` slow down an address whose tokens are refused."""

    def __init__(self, tokens: TeamsTokens, entra: EntraSignIn, sessions: Sessions, attempts: Attempts) -> None:
        self._tokens = tokens
        self._entra = entra
        self._sessions = sessions
        self._attempts = attempts

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What the server adds to its routes."""
        return [web.post(PATH, self._exchange)]

    async def _exchange(self, request: web.Request) -> web.Response:
        (token,) = await read_texts(request, "token")
        address = request.remote or ""
        if wait := await self._attempts.begin(address):
            return answer(HTTPStatus.TOO_MANY_REQUESTS, {}, retry_after=math.ceil(wait))
        try:
            user = await self._entra.user_of(await self._tokens.verify(token))
            secret = await self._sessions.open(user.principal, SessionKind.TEAMS, AuthProvider.ENTRA, address=address)
        except TokenRefused:
            return answer(HTTPStatus.UNAUTHORIZED, {"reason": "token"})
        except (NotLinked, UnknownId) as refusal:
            await self._attempts.take_back(address)
            logger.info("no user for a person of Teams", extra={"cause": str(refusal)})
            return answer(HTTPStatus.FORBIDDEN, {"reason": "notLinked"})
        except CloudLinkUnavailable:
            await self._attempts.take_back(address)
            return answer(HTTPStatus.SERVICE_UNAVAILABLE, {})
        await self._attempts.take_back(address)
        return answer(HTTPStatus.OK, {"token": secret})
