"""The database that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from composition.settings import SettingsError
from store.database import UnsupportedDatabase, open_database
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
    except (UnsupportedDatabase, SchemaTooNew, DatabaseError, OSError) as error:
        cause = getattr(error, "orig", error)
        raise SettingsError(f"DATABASE_URL: {cause}") from None
