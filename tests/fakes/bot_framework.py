"""The Bot Framework's token issuer on loopback: OpenID metadata, a key set with rotation, and its tokens.

It can be told to fail, to answer garbage, or to take its time.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes import openid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

ISSUER = "https://api.botframework.com"
METADATA = "/v1/.well-known/openidconfiguration"
KEYS = "/v1/.well-known/keys"


@dataclass(frozen=True)
class Key(openid.Key):
    """A signing key. Not published until it is in ``BotFramework.keys``."""

    endorsements: Sequence[str] = ("msteams", "webchat")

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half with Bot Framework's ``endorsements``."""
        return super().jwk | {"endorsements": list(self.endorsements)}


class BotFramework:
    """``keys`` are published, the first one signs. ``status`` and ``body`` stand in for good answers when set.

    ``asked`` is set by every fetch; ``open`` cleared makes it wait for its answer.
    """

    def __init__(self) -> None:
        self.keys = [Key("first", openid.first_private_key())]
        self.fetches = 0
        self.status = 200
        self.body: str | None = None
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.metadata_url = ""
        self.keys_url = ""

    def rotate(self, key_id: str) -> None:
        """A new key signs from now on; the old ones stay published."""
        self.keys.insert(0, Key(key_id))

    def token(
        self,
        app_id: str,
        service_url: str,
        *,
        key: Key | None = None,
        valid_for: float = 3600,
        changes: Mapping[str, object] | None = None,
    ) -> str:
        """A token of the Connector. ``changes`` replace claims; one changed to ``None`` is left out."""
        key = key or self.keys[0]
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": app_id, "serviceurl": service_url, "nbf": now, "exp": int(now + valid_for)}
        claims = {name: value for name, value in (usual | dict(changes or {})).items() if value is not None}
        return key.sign(claims, x5t=key.key_id)

    async def _metadata(self, request: web.Request) -> web.Response:
        self.fetches += 1
        self.asked.set()
        return await self._answer({"issuer": ISSUER, "jwks_uri": self.keys_url})

    async def _keys(self, request: web.Request) -> web.Response:
        return await self._answer({"keys": [key.jwk for key in self.keys]})

    async def _answer(self, document: Mapping[str, Any]) -> web.Response:
        await self.open.wait()
        text = json.dumps(document) if self.body is None else self.body
        return web.Response(text=text, status=self.status, content_type="application/json")


@asynccontextmanager
async def bot_framework() -> AsyncIterator[BotFramework]:
    """A running issuer."""
    issuer = BotFramework()
    app = web.Application()
    app.router.add_get(METADATA, issuer._metadata)
    app.router.add_get(KEYS, issuer._keys)
    async with TestServer(app) as server:
        issuer.metadata_url, issuer.keys_url = str(server.make_url(METADATA)), str(server.make_url(KEYS))
        yield issuer
        issuer.open.set()
