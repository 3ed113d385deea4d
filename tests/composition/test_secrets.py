"""A server finds its keys again, or says which setting is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from composition.secrets import open_vault
from composition.settings import ServerSettings, SettingsError
from store.vault import Vault, new_key

if TYPE_CHECKING:
    from pathlib import Path


def settings(**values: object) -> ServerSettings:
    return ServerSettings(_env_file=None, **values)  # type: ignore[arg-type]


def test_a_sqlite_server_makes_its_key_once(tmp_path: Path) -> None:
    here = settings(database_url=f"sqlite:///{tmp_path / 'var' / 'store.db'}")
    stored = open_vault(here).encrypt("secret")

    assert open_vault(here).decrypt(stored) == "secret"


def test_keys_of_the_settings_are_used_newest_first(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    here = settings(database_url="postgresql://localhost/x", secrets_key=f"{new},{old}")

    assert open_vault(here).decrypt(Vault([old]).encrypt("secret")) == "secret"
    assert Vault([new]).decrypt(open_vault(here).encrypt("secret")) == "secret"
    assert new not in repr(here)


@pytest.mark.parametrize("values", [{"database_url": "postgresql://h/x"}, {"secrets_key": "short"}])
def test_a_missing_or_wrong_key_is_named(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="SECRETS_KEY"):
        open_vault(settings(**values))
