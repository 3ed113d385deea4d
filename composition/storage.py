"""The database that the settings name: opening it, and copies of its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from composition.settings import SettingsError
from store.database import DatabaseUnavailable, UnsupportedDatabase, open_database
from store.migrations import SchemaTooNew

if TYPE_CHECKING:
    from store.database import Database

_FILE = "sqlite:///"


async def open_configured(database_url: str) -> Database:
    """Opens it, with the folder of a SQLite file made first. Raises ``SettingsError`` when it cannot be opened."""
    try:
        if database_url.startswith(_FILE):
            Path(database_url.removeprefix(_FILE)).parent.mkdir(parents=True, exist_ok=True)
        return await open_database(database_url)
    except (UnsupportedDatabase, DatabaseUnavailable, SchemaTooNew, DBAPIError, OSError) as error:
        cause = getattr(error, "orig", error)
        raise SettingsError(f"DATABASE_URL: {cause}") from None


def back_up(database_url: str, copy: Path) -> str:
    """Copies the SQLite file, in use or not; answers what to tell. Raises ``SettingsError``."""
    from store import backup  # noqa: PLC0415 - the server does not need it

    try:
        backup.back_up(_file(database_url, "pg_dump --format=custom --file=FILE"), copy)
    except (backup.BackupRefused, OSError) as error:
        raise SettingsError(str(error)) from None
    return f"{copy} is a copy of the database. Keep the key of its secrets too (SECRETS_KEY, or secrets.key)."


async def restore(database_url: str, copy: Path) -> str:
    """Puts a copy in the place of the SQLite file; answers what to tell. Raises ``SettingsError``."""
    from store import backup  # noqa: PLC0415 - the server does not need it

    database = _file(database_url, "pg_restore --clean --if-exists --dbname=NAME FILE")
    try:
        kept = await backup.restore(copy, database)
    except (backup.BackupRefused, SchemaTooNew, OSError) as error:
        raise SettingsError(str(error)) from None
    return f"{database} is restored from {copy}." + (f" {kept} is what it replaced." if kept else "")


def _file(database_url: str, instead: str) -> Path:
    from store.backup import path_of  # noqa: PLC0415 - as above

    path = path_of(database_url)
    if path is None:
        raise SettingsError(f"DATABASE_URL names no SQLite file; for PostgreSQL use its own tool: {instead}")
    return path
