"""The public keys of a token issuer: OpenID metadata names a JWK set, the set holds the keys.

botbuilder's own cache fetches on the event loop and fails on a key that was rotated in since; this one does neither.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientTimeout
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import ClientSession

logger = logging.getLogger(__name__)

_DAY = 24 * 3600.0
_MINUTE = 60.0
# Without any key nothing can be served, so the first fetch is repeated sooner.
_FIRST_RETRY = 5.0
_TIMEOUT = ClientTimeout(total=5)
_LARGEST_DOCUMENT = 1024 * 1024
_MOST_KEYS = 100
_SMALLEST_KEY_BITS = 2048


class KeysUnavailable(Exception):
    """The issuer's keys were never fetched; the same token may verify later."""


class RefusedDocument(ValueError):
    """The issuer answers with a ``status`` other than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, the channels that it may speak for (Bot Framework's extension of the JWK) and its issuer (Entra ID's).

    ``issuer`` may hold ``{tenantid}`` for whichever tenant a token names; ``None`` where the key set does not say.
    """

    public_key: RSAPublicKey
    endorsements: frozenset[str]
    issuer: str | None = None


class SigningKeys:
    """The keys of one issuer, kept for a day, and fetched again for an unknown key id, at most once a minute.

    Old keys go on working while the issuer cannot be reached. ``clock`` is monotonic seconds.
    """

    def __init__(self, session: ClientSession, metadata_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._metadata_url = metadata_url
        self._clock = clock
        self._keys: Mapping[str, SigningKey] = {}
        self._old_at = self._next_fetch_at = clock()
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> SigningKey | None:
        """The key of that id; ``None`` when the issuer has no such key. Raises ``KeysUnavailable``."""
        key = self._keys.get(key_id)
        if key is not None and (self._clock() < self._old_at or self._fetching.locked()):
            return key
        async with self._fetching:
            await self._refresh()
        if not self._keys:
            raise KeysUnavailable("the signing keys could not be fetched")
        return self._keys.get(key_id)

    async def _refresh(self) -> None:
        if self._clock() < self._next_fetch_at:
            return
        try:
            self._keys = await self._fetch()
            self._old_at = self._clock() + _DAY
        except (ClientError, TimeoutError, ValueError, RecursionError) as error:
            logger.warning("the signing keys could not be fetched", extra={"cause": repr(error)[:200]})
        self._next_fetch_at = self._clock() + (_MINUTE if self._keys else _FIRST_RETRY)

    async def _fetch(self) -> Mapping[str, SigningKey]:
        metadata = await fetch_document(self._session, self._metadata_url)
        keys_url = metadata.get("jwks_uri")
        if not isinstance(keys_url, str) or not keys_url.startswith(("https:", self._metadata_url.split("//")[0])):
            raise ValueError("the metadata names no https jwks_uri")
        listed = (await fetch_document(self._session, keys_url)).get("keys")
        if not isinstance(listed, list) or not (keys := _signing_keys(listed[:_MOST_KEYS])):
            raise ValueError("the key set holds no RSA key")
        return keys


async def fetch_document(session: ClientSession, url: str) -> Mapping[str, Any]:
    """A JSON object that an issuer publishes.

    Raises ``RefusedDocument``, ``ValueError`` for anything else, ``ClientError``, ``TimeoutError``.
    """
    # A redirect could leave https, or Microsoft.
    async with session.get(url, timeout=_TIMEOUT, allow_redirects=False) as response:
        if response.status != 200:
            raise RefusedDocument(response.status)
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > _LARGEST_DOCUMENT:
                raise ValueError("the document is too large")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("the document is no JSON object")  # noqa: TRY004 - bad data, not a bad call
    return document


def _signing_keys(listed: list[Any]) -> Mapping[str, SigningKey]:
    """The usable keys by id; one that is malformed, weak or for another algorithm does not spoil the others."""
    keys = {jwk.get("kid"): _signing_key(jwk) for jwk in listed if isinstance(jwk, dict)}
    return {key_id: key for key_id, key in keys.items() if isinstance(key_id, str) and key is not None}


def _signing_key(jwk: Mapping[str, Any]) -> SigningKey | None:
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig" or "d" in jwk:
        return None
    try:
        public_key = PyJWK(dict(jwk), algorithm="RS256").key
    except (PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(public_key, RSAPublicKey) or public_key.key_size < _SMALLEST_KEY_BITS:
        return None
    endorsements = jwk.get("endorsements")
    names = endorsements if isinstance(endorsements, list) else []
    issuer = jwk.get("issuer")
    return SigningKey(
        public_key,
        frozenset(name for name in names if isinstance(name, str)),
        issuer if isinstance(issuer, str) else None,
    )
