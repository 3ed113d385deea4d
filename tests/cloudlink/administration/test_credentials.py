"""A certificate is refused before Microsoft would refuse it, and tells its own end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.service.administration.credentials import read_certificate, read_secret
from graph.tokens import known_by
from tests.certificates import bundle, certificate, private_key, rsa_key

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def refused(text: str) -> Reason:
    with pytest.raises(Refused) as problem:
        read_certificate(text, NOW)
    assert problem.value.field == "certificate"
    return problem.value.reason


def test_a_certificate_is_kept_with_its_key_and_tells_its_end() -> None:
    read = read_certificate(bundle(NOW, days=90), NOW)
    kept = known_by("app", "https://login.example.com", read.text)
    assert (read.expires_on, kept.secret) == (NOW + timedelta(days=90), "")
    assert kept.certificate
    assert load_pem_x509_certificate(kept.certificate.certificate.encode()).public_key() == rsa_key().public_key()
    assert len(bytes.fromhex(read.thumbprint)) == 20
    assert "PRIVATE" not in repr(read)


def test_what_stands_around_and_before_it_is_left_out() -> None:
    old = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    issuer = certificate(rsa_key(which=1), NOW).decode()
    own = certificate(rsa_key(), NOW).decode()
    read = read_certificate(f"Bag Attributes: mine\n{old}\n{issuer}{own}".replace("\n", "\r\n"), NOW)
    assert read.text == own + private_key(rsa_key()).decode()


def test_a_key_must_be_there_fit_and_be_strong() -> None:
    own = certificate(rsa_key(), NOW).decode()
    curve = ec.generate_private_key(ec.SECP256R1())
    locked = private_key(rsa_key(), BestAvailableEncryption(b"password")).decode()
    assert refused(own) is Reason.NO_CERTIFICATE
    assert refused(private_key(rsa_key()).decode()) is Reason.NO_CERTIFICATE
    assert refused(own + private_key(rsa_key(which=1)).decode()) is Reason.KEY_OF_ANOTHER
    assert refused(own + locked) is Reason.KEY_LOCKED
    assert refused((certificate(curve, NOW) + private_key(curve)).decode()) is Reason.KEY_TOO_WEAK
    weak = rsa_key(1024)
    assert refused((certificate(weak, NOW) + private_key(weak)).decode()) is Reason.KEY_TOO_WEAK


def test_a_key_that_takes_seconds_to_check_is_refused_before_that() -> None:
    # No primes: it is their length alone that counts.
    numbers = RSAPublicNumbers(65537, (1 << 4095 | 1) * (1 << 4095 | 3))
    long = RSAPrivateNumbers(1 << 4095 | 1, 1 << 4095 | 3, 3, 3, 3, 3, numbers)
    key = long.private_key(unsafe_skip_rsa_key_validation=True)
    assert refused(certificate(rsa_key(), NOW).decode() + private_key(key).decode()) is Reason.TOO_LONG


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN \N{SNOWMAN}",
    ],
)
def test_what_cannot_be_read_is_no_certificate(text: str) -> None:
    assert refused(text + private_key(rsa_key()).decode() * text.startswith("-----BEGIN C")) is Reason.NO_CERTIFICATE


def test_it_must_be_within_its_time() -> None:
    assert refused(bundle(NOW, days=0)) is Reason.CERTIFICATE_OUT_OF_TIME
    assert refused(bundle(NOW + timedelta(days=500))) is Reason.CERTIFICATE_OUT_OF_TIME
    assert refused(bundle(NOW) + "x" * 20_000) is Reason.TOO_LONG


def test_a_secret_is_a_short_text() -> None:
    assert read_secret("s3cret~value").expires_on is None
    for text, reason in (("", Reason.REQUIRED), ("x" * 401, Reason.TOO_LONG)):
        with pytest.raises(Refused) as problem:
            read_secret(text)
        assert (problem.value.reason, problem.value.field) == (reason, "secret")
