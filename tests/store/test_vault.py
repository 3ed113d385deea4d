"""What is encrypted comes back with a key that is still held, and only then."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from store.vault import UnreadableSecret, Vault, key_of_file, new_key

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_comes_back_and_is_not_stored_as_it_is() -> None:
    vault = Vault([new_key()])
    stored = vault.encrypt("s\u00e9cret")

    assert "cret" not in stored
    assert vault.decrypt(stored) == "s\u00e9cret"
    assert vault.encrypt("s\u00e9cret") != stored


def test_keys_rotate_without_losing_what_an_older_one_encrypted() -> None:
    old, new = new_key(), new_key()
    stored = Vault([old]).encrypt("secret")

    assert Vault([new, old]).decrypt(stored) == "secret"
    with pytest.raises(UnreadableSecret):
        Vault([new]).decrypt(stored)


def test_a_fingerprint_is_the_same_for_the_same_text_and_key_alone() -> None:
    key = new_key()
    vault = Vault([key, new_key()])

    assert vault.fingerprint("123456") == Vault([key]).fingerprint("123456")
    assert vault.fingerprint("123456") != vault.fingerprint("123457")
    assert vault.fingerprint("123456") != Vault([new_key()]).fingerprint("123456")


@pytest.mark.parametrize("keys", [[], ["short"], [""]])
def test_what_is_not_a_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(UnreadableSecret):
        Vault(keys)


def test_a_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    key = key_of_file(path)

    assert key_of_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    Vault([key])
