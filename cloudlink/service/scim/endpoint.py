"""A request whose secret is known, answered as SCIM has it, with an error too."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson
from aiohttp import web
from scim2_models import InvalidValueException, SCIMException
from scim2_server.requests import ScimRequest

from cloudlink import correlation
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.model import Role
from cloudlink.service.scim.paths import reader
from cloudlink.service.scim.service import Service
from cloudlink.service.scim.storage import Storage
from cloudlink.service.scim.sync import Sync
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from scim2_server.responses import ScimResponse

    from cloudlink.service.administration.users import Invite
    from cloudlink.service.scim.tokens import Opened
    from store.clock import Clock
    from store.database import Database
    from store.outbox import Outbox

logger = logging.getLogger(__name__)

EXTENSION_ATTRIBUTE = 'phoneNumbers[type eq "work"].value'
"""Where a user's extension stands unless the integration's configuration says otherwise, as ``extensionAttribute``."""
_ACTOR = "Microsoft Entra ID Sync"


class Endpoint:
    """Serves all accounts."""

    def __init__(self, database: Database, outbox: Outbox, invite: Invite, public_url: str, now: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._invite = invite
        self._public_url = public_url
        self._now = now
        self._service = Service()

    async def answer(self, request: web.Request, opened: Opened, body: bytes) -> web.Response:
        """The answer to a request with this body."""
        try:
            answer = await self._served(request, opened, body)
        except SCIMException as refusal:
            logger.info("refused", extra={"status": refusal.status, "scim_type": refusal.scim_type})
            answer = self._service.error_response(refusal)
        except DatabaseUnavailable:
            # Told by whoever tells it of every address; Entra ID asks again.
            raise
        except Exception as failure:
            logger.exception("a SCIM request failed")
            answer = self._service.error_response(failure)
        return _response(answer)

    async def _served(self, request: web.Request, opened: Opened, body: bytes) -> ScimResponse:
        _refuse_nul(request, body)
        sync = self._sync(opened, request)
        asked = ScimRequest(
            method=request.method,
            base_url=sync.base_url,
            path=request.match_info["path"],
            query=dict(request.query),
            headers=request.headers,
            body=body,
        )
        return await self._service.answer(asked, Storage(self._database, self._outbox, sync))

    def _sync(self, opened: Opened, request: web.Request) -> Sync:
        actor = Actor(
            ActorKind.SYNC,
            _ACTOR,
            opened.account_id,
            opened.token_id,
            Role.ACCOUNT_ADMIN,
            address=request.remote or "",
            correlation_id=correlation.current(),
        )
        attribute = opened.configuration.get("extensionAttribute") or EXTENSION_ATTRIBUTE
        return Sync(
            account_id=opened.account_id,
            actor=actor,
            base_url=f"{self._public_url}/scim/v2/{opened.account_id}",
            extension=reader(attribute),
            region=opened.region,
            invite=self._invite,
            now=self._now(),
        )


def _refuse_nul(request: web.Request, body: bytes) -> None:
    """JSON and URLs allow the character, no database keeps it in a text."""
    if b"\\u0000" in body or b"\x00" in body or "\x00" in request.path_qs or "%00" in request.raw_path:
        raise InvalidValueException(detail="a value holds a NUL character")


def _response(answer: ScimResponse) -> web.Response:
    headers = {**answer.headers, "Cache-Control": "no-store"}
    if answer.body is None:
        del headers["Content-Type"]
        return web.Response(status=answer.status, headers=headers)
    return web.Response(status=answer.status, body=orjson.dumps(answer.body), headers=headers)
