"""Secrets that must be read again: encrypted at rest, with keys that can be rotated.

Fernet (AES-128-CBC with HMAC-SHA256) of ``cryptography``. The first key encrypts, all of them decrypt.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.fernet import MultiFernet


class UnreadableSecret(RuntimeError):
    """A stored secret that none of the keys opens, or a key that is none."""


class Vault:
    """Encrypts and decrypts short texts. Raises ``UnreadableSecret`` for what is not a key."""

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - OpenSSL can wait until it is needed

        if not keys:
            raise UnreadableSecret("there is no key to encrypt secrets with")
        try:
            self._fernet: MultiFernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise UnreadableSecret(
                "a key must be 32 bytes in URL-safe base64, as `app.py new-key` prints one"
            ) from None
        self._newest = keys[0].encode()

    def encrypt(self, text: str) -> str:
        """The text as it may be stored; twice the same text gives two different ones."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, stored: str) -> str:
        """The text. Raises ``UnreadableSecret``."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        try:
            return self._fernet.decrypt(stored.encode()).decode()
        except InvalidToken:
            raise UnreadableSecret("a stored secret was encrypted with another key") from None

    def fingerprint(self, text: str) -> str:
        """A keyed SHA-256, in hexadecimal, to compare a secret by that is too short for a plain one (a code of digits).

        It is made with the newest key: a new one makes earlier fingerprints match nothing.
        """
        return hmac.new(self._newest, b"fingerprint:" + text.encode(), hashlib.sha256).hexdigest()


def new_key() -> str:
    """A key for ``Vault``."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

    return Fernet.generate_key().decode()


def key_of_file(path: Path) -> str:
    """The key in the file; made, readable by its owner alone, when it is not there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key := new_key())
    return key
