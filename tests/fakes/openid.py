"""The keys of a token issuer: RS256, published as a JWK set, rotated as issuers do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Mapping


def new_private_key() -> rsa.RSAPrivateKey:
    """RSA of 2048 bits, which takes a core for a twentieth of a second."""
    return rsa.generate_private_key(65537, 2048)


@cache
def first_private_key() -> rsa.RSAPrivateKey:
    """What every issuer signs with until it rotates its keys; no forger has it."""
    return new_private_key()


@dataclass(frozen=True)
class Key:
    """A signing key as its issuer holds it. Nobody can check its tokens unless it is published."""

    key_id: str
    private: rsa.RSAPrivateKey = field(default_factory=new_private_key, repr=False)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return public | {"kid": self.key_id, "x5t": self.key_id, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        """The public half, as a forger finds it."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, claims: Mapping[str, object], **header: object) -> str:
        """A token. ``header`` replaces or adds header fields."""
        return jwt.encode(dict(claims), self.private, algorithm="RS256", headers={"kid": self.key_id} | header)


class Keyring:
    """``published`` keys, of which the first one signs."""

    def __init__(self) -> None:
        self.published = [Key(secrets.token_urlsafe(20), first_private_key())]

    @property
    def current(self) -> Key:
        """The key that signs."""
        return self.published[0]

    def rotate(self) -> Key:
        """A new key signs from now on; the old ones stay published."""
        self.published.insert(0, Key(secrets.token_urlsafe(20)))
        return self.current

    def retire(self) -> None:
        """Only the key that signs stays published."""
        del self.published[1:]
