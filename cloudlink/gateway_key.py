"""A gateway's key pair (Ed25519, RFC 8032), and how it proves that it has the private one.

Keys are written as unpadded base64url of their 32 octets. The private key stays where it was made; CloudLink knows the
public one.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_OCTETS = 32
_PURPOSE = "mitel-assistant gateway proof 1"


class BadKey(ValueError):
    """A text that is no key."""


class GatewayKey:
    """The private key; ``repr`` does not show it. Raises ``BadKey`` for a text that is none."""

    def __init__(self, private: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(_octets(private))
        self.private = private
        self.public = _text(self._private.public_key().public_bytes_raw())

    @classmethod
    def new(cls) -> GatewayKey:
        """A key that nobody else has."""
        return cls(_text(Ed25519PrivateKey.generate().private_bytes_raw()))

    def prove(self, *about: str) -> str:
        """The signature that ``proven`` checks."""
        return _text(self._private.sign(_statement(about)))


def is_public_key(text: str) -> bool:
    """Whether it is one in its only spelling."""
    try:
        Ed25519PublicKey.from_public_bytes(_octets(text))
    except (BadKey, ValueError):
        return False
    return True


def proven(public: str, signature: str, *about: str) -> bool:
    """Whether the holder of the private key has signed exactly this."""
    try:
        Ed25519PublicKey.from_public_bytes(_octets(public)).verify(_decoded(signature), _statement(about))
    except (BadKey, InvalidSignature, ValueError):
        return False
    return True


def audience(url: str) -> str:
    """Scheme, host and port of CloudLink as a gateway reaches it: what a proof is for, and good for nowhere else."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}" + ("" if parts.port in {None, usual} else f":{parts.port}")


def _statement(about: tuple[str, ...]) -> bytes:
    return "\n".join((_PURPOSE, *about)).encode(errors="surrogatepass")


def _octets(text: str) -> bytes:
    octets = _decoded(text)
    if len(octets) != _OCTETS or _text(octets) != text:
        raise BadKey("a key has 32 octets, as base64url")
    return octets


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        raise BadKey("no base64url") from None


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
