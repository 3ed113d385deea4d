"""Certificates of an application at Entra ID, with their private keys."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption

    Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Presence")])


@cache
def rsa_key(bits: int = 2048, which: int = 0) -> rsa.RSAPrivateKey:
    """Made once for all tests, since that takes a while; ``which`` tells several apart."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def certificate(key: Key, now: datetime, *, days: int = 365) -> bytes:
    """Self-signed, PEM; from long ago to ``days`` ahead."""
    made = x509.CertificateBuilder(_NAME, _NAME, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=days))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def private_key(key: Key, encryption: KeySerializationEncryption | None = None) -> bytes:
    """PEM, as OpenSSL writes it today."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def bundle(now: datetime, *, days: int = 365) -> str:
    """A good certificate and its key."""
    key = rsa_key()
    return (certificate(key, now, days=days) + private_key(key)).decode()
