"""The keys that sign our tokens: RS256 with 2048 bits, stored encrypted, shared by all processes on the database.

The first to need a key makes it; a key signs for 90 days, then a new one does. A retired key stays in the JWK set, and
verifies, until no token that it signed can be good any more: an access token lives 24 hours at most. The processes look
at the database when they meet an unknown key, and once a minute before they sign.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import bindparam, delete, insert, select, update

from cloudlink.service.identity.jws import ALGORITHM
from store.clock import Clock, utc_now
from store.schema import signing_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database
    from store.vault import Vault

logger = logging.getLogger(__name__)

SIGNS_FOR = timedelta(days=90)
KEPT_AFTER = timedelta(days=2)
_LOOK_AGAIN = timedelta(minutes=1)
_BITS = 2048

_c = signing_keys.c
_ALL = select(_c.kid, _c.private_key_encrypted, _c.created_on, _c.retired_on).order_by(_c.created_on, _c.kid)
_YOUNG = select(_c.kid).where(_c.retired_on.is_(None), _c.created_on > bindparam("after"))
_RETIRE = update(signing_keys).where(_c.retired_on.is_(None)).values(retired_on=bindparam("at"))
_FORGET_OLD = delete(signing_keys).where(_c.retired_on < bindparam("before"))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair with its public half as a JWK."""

    kid: str
    private: rsa.RSAPrivateKey
    public: rsa.RSAPublicKey
    jwk: Mapping[str, Any]
    created_on: datetime
    retired_on: datetime | None


def generate() -> tuple[str, str]:
    """A private key as PEM, and its id: the thumbprint of RFC 7638."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), _thumbprint(private)


class Keys:
    """The present keys; ``new`` makes one, which takes a core for a twentieth of a second."""

    def __init__(
        self, database: Database, vault: Vault, now: Clock = utc_now, *, new: Callable[[], tuple[str, str]] = generate
    ) -> None:
        self._database = database
        self._vault = vault
        self._now = now
        self._new = new
        self._keys: Mapping[str, SigningKey] = {}
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def signing(self) -> SigningKey:
        """The key that signs now; made when there is none that is young enough."""
        now = self._now()
        if self._looked_at is None or now - self._looked_at >= _LOOK_AGAIN:
            await self._look()
        if (key := self._newest(now)) is None:
            await self._replace(now - SIGNS_FOR)
            key = self._newest(now)
        if key is None:
            raise RuntimeError("the new signing key is not in the database")
        return key

    async def verifying(self, kid: str) -> SigningKey | None:
        """The key of that id, retired ones too while their tokens may be good."""
        if kid not in self._keys:
            await self._look()
        return self._keys.get(kid)

    async def public(self) -> Mapping[str, Any]:
        """The JWK set (RFC 7517); it holds at least the key that signs."""
        await self.signing()
        return {"keys": [dict(key.jwk) for key in self._keys.values()]}

    async def rotate(self) -> None:
        """Has a new key sign from now on, whatever the age of the present one."""
        await self._replace(self._now())

    def _newest(self, now: datetime) -> SigningKey | None:
        young = [key for key in self._keys.values() if key.retired_on is None and now - key.created_on < SIGNS_FOR]
        return young[-1] if young else None

    async def _look(self) -> None:
        async with self._looking:
            now = self._now()
            rows = await self._database.read(_ALL)
            good = [row for row in rows if row[3] is None or row[3] + KEPT_AFTER > now]
            self._keys = {row[0]: self._opened(row) for row in good}
            self._looked_at = now

    async def _replace(self, made_after: datetime) -> None:
        """Makes a key, unless another process was faster: there is one that was made after that time."""
        pem, kid = await asyncio.to_thread(self._new)
        now = self._now()
        row = {
            "kid": kid,
            "algorithm": ALGORITHM,
            "private_key_encrypted": self._vault.encrypt(pem),
            "created_on": now,
            "retired_on": None,
        }

        def work(connection: Connection) -> bool:
            if connection.execute(_YOUNG, {"after": made_after}).first() is not None:
                return False
            connection.execute(_RETIRE, {"at": now})
            connection.execute(_FORGET_OLD, {"before": now - KEPT_AFTER})
            connection.execute(insert(signing_keys), row)
            return True

        if await self._database.write(work, durable=True):
            logger.info("a new key signs tokens", extra={"kid": kid})
        await self._look()

    def _opened(self, row: Sequence[Any]) -> SigningKey:
        kid, encrypted, created_on, retired_on = row
        if (known := self._keys.get(kid)) is not None:
            return replace(known, retired_on=retired_on)
        private = _load(self._vault.decrypt(encrypted))
        return SigningKey(kid, private, private.public_key(), _jwk(private, kid), created_on, retired_on)


def _load(pem: str) -> rsa.RSAPrivateKey:
    # The vault has told that we wrote it: to test its primes again would take as long as to find them.
    key = serialization.load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("a signing key is not RSA")
    return key


def _numbers(private: rsa.RSAPrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {name: jwk[name] for name in ("e", "kty", "n")}


def _thumbprint(private: rsa.RSAPrivateKey) -> str:
    canonical = json.dumps(_numbers(private), sort_keys=True, separators=(",", ":")).encode()
    return urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()


def _jwk(private: rsa.RSAPrivateKey, kid: str) -> Mapping[str, Any]:
    return {**_numbers(private), "kid": kid, "use": "sig", "alg": ALGORITHM}
