"""The keys that stored secrets are encrypted with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from composition.settings import SettingsError
from store.vault import UnreadableSecret, Vault, key_of_file

if TYPE_CHECKING:
    from composition.settings import ServerSettings

_FILE = "sqlite:///"
_KEY_FILE = "secrets.key"


def open_vault(settings: ServerSettings) -> Vault:
    """With the keys of the settings, else with that of a file beside the SQLite database, made when it is not there.

    Raises ``SettingsError`` for a key that is none, or when there is neither a key nor a folder to keep one in.
    """
    keys = [key.get_secret_value() for key in settings.secrets_key]
    try:
        return Vault(keys or [key_of_file(_folder(settings.database_url) / _KEY_FILE)])
    except (UnreadableSecret, OSError) as error:
        raise SettingsError(f"SECRETS_KEY: {error}") from None


def _folder(database_url: str) -> Path:
    if not database_url.startswith(_FILE):
        raise SettingsError("SECRETS_KEY: this database has no folder to keep a key in; set one (`app.py new-key`)")
    folder = Path(database_url.removeprefix(_FILE)).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder
