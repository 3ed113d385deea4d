"""Carries a database to the present schema, by Alembic with explicit operations.

A change of ``store.schema`` needs a module in ``versions`` and its revision as ``HEAD``; a test compares the migrated
database with the schema. Revisions are never edited once released.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0012"


class SchemaTooNew(RuntimeError):
    """A newer version of the program has already migrated this database."""


def migrate(connection: Connection) -> None:
    """Brings the database to ``HEAD`` within the connection's transaction. Raises ``SchemaTooNew``."""
    version = _version(connection)
    if version != HEAD:
        _upgrade(connection, version)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _upgrade(connection: Connection, version: str | None) -> None:
    # Importing Alembic takes a fifth of a second, which a database that is up to date need not pay.
    from alembic.command import upgrade  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    try:
        upgrade(config, "head")
    except CommandError as error:
        raise SchemaTooNew(
            f"the database has revision {version}, this program knows {HEAD}: run a newer one"
        ) from error
