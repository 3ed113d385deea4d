"""A database is carried to the schema, and only as far as this program knows it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.database import open_database
from store.migrations import HEAD, SchemaTooNew
from store.schema import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database

PROJECT = Path(__file__).parents[2]


async def test_the_migrated_database_is_the_schema(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await database.write(differences) == []


def test_head_is_the_newest_revision() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory(str(PROJECT / "store" / "migrations")).get_current_head() == HEAD


def test_a_current_database_opens_without_alembic(database: Database, database_url: str) -> None:
    program = f"""
import asyncio, sys
from store.database import open_database

async def main():
    await (await open_database({database_url!r})).close()

asyncio.run(main())
assert "alembic" not in sys.modules
if {database_url!r}.startswith("sqlite"):
    assert not {{"asyncpg", "greenlet", "sqlalchemy.dialects.postgresql"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, timeout=60)


async def test_a_database_of_a_newer_program_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()

    with pytest.raises(SchemaTooNew, match=f"revision 9999, this program knows {HEAD}"):
        await open_database(f"sqlite:///{path}")

    after = sqlite3.connect(path)
    assert [row[0] for row in after.execute("SELECT name FROM sqlite_master")] == ["alembic_version"]
    after.close()
