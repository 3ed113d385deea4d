"""Signed JSON (RFC 7515) as we write it ourselves: RS256, a key id and a type, nothing else.

The signature is PyJWT's, with a key that is prepared once; ``jwt.decode`` reads header and claims several times, and
takes three times as long in all.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import orjson
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ALGORITHM = "RS256"
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


class NotOurs(ValueError):
    """What is no token of ours; the text quotes nothing of it."""


def sign(private: RSAPrivateKey, kid: str, kind: str, claims: Mapping[str, Any]) -> str:
    """The token; ``kind`` is its ``typ``."""
    header = {"alg": ALGORITHM, "kid": kid, "typ": kind}
    signed = f"{_encoded(orjson.dumps(header))}.{_encoded(orjson.dumps(claims))}"
    return f"{signed}.{_encoded(_RS256.sign(signed.encode(), private))}"


def key_id(token: str, kind: str) -> str:
    """Which key a token of this type claims, to be believed once that key verifies it.

    Raises ``NotOurs`` for any other algorithm, type or header than those that ``sign`` writes.
    """
    header = _object(token.partition(".")[0])
    kid = header.pop("kid", None)
    if header != {"alg": ALGORITHM, "typ": kind} or not isinstance(kid, str):
        raise NotOurs("another header")
    return kid


def verify(token: str, public: RSAPublicKey) -> Mapping[str, Any]:
    """The claims. Raises ``NotOurs`` when the key did not sign them."""
    signed, _, signature = token.rpartition(".")
    if not _RS256.verify(signed.encode(), public, _decoded(signature)):
        raise NotOurs("another signature")
    return _object(signed.partition(".")[2])


def half_hash(token: str) -> str:
    """``at_hash`` of OpenID Connect Core: the left half of the token's SHA-256."""
    return _encoded(hashlib.sha256(token.encode()).digest()[:16])


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise NotOurs("not base64") from None


def _object(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(_decoded(text))
    except orjson.JSONDecodeError:
        raise NotOurs("not JSON") from None
    if not isinstance(found, dict):
        raise NotOurs("no JSON object")
    return found
