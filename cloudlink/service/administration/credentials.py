"""What a customer's application is known by at Entra ID: a client secret, or a certificate with its private key.

A certificate is refused here rather than by Microsoft a month later: with another's key, a key that is locked or weak,
or outside its time. What is kept is the certificate and the key alone, in PEM, as ``graph.tokens.known_by`` tells them
from a secret; a chain around them is dropped, since Entra ID knows the certificate itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloudlink.administration.refusals import Reason, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

_LONGEST_SECRET = 400
# A chain of six with a key of 4,096 bits.
_LONGEST_BUNDLE = 16 * 1024
# Entra ID's assertions are signed with RSA alone (certificate credentials: PS256); below that, nobody should.
_LEAST_BITS = 2048
# OpenSSL checks a key each time that it reads one, and nothing else of the process runs meanwhile: half a second for
# this many bits, and eight for twice as many. MSAL reads it again for each token.
_MOST_BITS = 4096
_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate tells its own end, and its ``thumbprint`` as the pages of Entra ID show it: SHA-1, in capitals."""

    text: str = field(repr=False)
    expires_on: datetime | None = None
    thumbprint: str = ""


def read_secret(text: str) -> Credential:
    """A client secret. Raises ``Refused`` about ``secret``."""
    if not 0 < len(text) <= _LONGEST_SECRET:
        raise Refused(Reason.TOO_LONG if text else Reason.REQUIRED, "secret")
    return Credential(text)


def read_certificate(bundle: str, now: datetime) -> Credential:
    """A certificate and its key in PEM, in any order. Raises ``Refused`` about ``certificate``.

    Checking a long key takes a good part of a second: only for somebody who may have it done.
    """
    if len(bundle) > _LONGEST_BUNDLE:
        raise _refused(Reason.TOO_LONG)
    key = _key_in(bundle)
    certificate = _certificate_of(key, bundle)
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise _refused(Reason.CERTIFICATE_OUT_OF_TIME)
    return _kept(certificate, key)


def _key_in(bundle: str) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - OpenSSL can wait until it is needed
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    found = _PRIVATE_KEY.search(bundle)
    if found is None:
        raise _refused(Reason.NO_CERTIFICATE)
    pem = found[0].encode()
    try:
        if _is_long(load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)):
            raise _refused(Reason.TOO_LONG)
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        # The library's word for a key with a password.
        raise _refused(Reason.KEY_LOCKED) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _refused(Reason.NO_CERTIFICATE) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise _refused(Reason.KEY_TOO_WEAK)
    return key


def _is_long(unchecked: PrivateKeyTypes) -> bool:
    """By its primes too, which are what takes time to check."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415

    if not isinstance(unchecked, RSAPrivateKey):
        return False
    told = unchecked.private_numbers()
    return unchecked.key_size > _MOST_BITS or max(told.p, told.q).bit_length() > _MOST_BITS // 2


def _certificate_of(key: RSAPrivateKey, bundle: str) -> Certificate:
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    try:
        certificates = load_pem_x509_certificates(bundle.encode())
        fitting = [each for each in certificates if each.public_key() == key.public_key()]
    except ValueError:
        raise _refused(Reason.NO_CERTIFICATE) from None
    if not fitting:
        raise _refused(Reason.KEY_OF_ANOTHER)
    return fitting[0]


def _kept(certificate: Certificate, key: RSAPrivateKey) -> Credential:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415

    pem = certificate.public_bytes(Encoding.PEM)
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a name, not a proof
    return Credential(pem.decode(), certificate.not_valid_after_utc, thumbprint)


def _refused(reason: Reason) -> Refused:
    return Refused(reason, "certificate")
